"""Which keys may match, how much they say, and what a workspace allows."""

from __future__ import annotations

from datetime import timedelta

import pytest

from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Calibration, Contact, Deal, LedgerEntry, MatchingSettings, Rule
from attribution.sql import TOO_MANY
from tests.attribution.test_ledger import LEAD_AT, ads, click, deal

__all__ = ["ads"]


def credit(deal_id="d1"):
    """What ads get of a deal."""
    return float(
        sum(LedgerEntry.objects.filter(deal__external_id=deal_id, ad__isnull=False).values_list("credit", flat=True))
    )


def again(workspace):
    bookings = [Booking(pk, "again") for pk in Deal.objects.values_list("pk", flat=True)]
    return attribute_deals(workspace, bookings, now=LEAD_AT)


def test_a_key_says_the_less_the_more_share_it(workspace, ads):
    found = []
    for sharers in (1, 4, 40):
        name = f"f{sharers}"
        others = [
            click(f"{name}-{n}", days_before=9, fingerprint=name, anonymous_id=f"{name}{n}", ad="ad-2")
            for n in range(sharers - 1)
        ]
        record_touchpoints(workspace, [click(name, days_before=1, fingerprint=name, anonymous_id=name), *others])
        import_deals(workspace, [deal("won", deal_id=name, fingerprint=name)])
        mine = LedgerEntry.objects.filter(deal__external_id=name, ad__external_id="ad-1")
        found.append(float(sum(mine.values_list("credit", flat=True))))
    assert found[0] > 2 * found[1] > 4 * found[2]


def test_a_hot_key_says_nothing(workspace, ads):
    record_touchpoints(
        workspace, [click(n, days_before=1, ip="10.0.0.1", anonymous_id=f"v{n}") for n in range(TOO_MANY)]
    )
    import_deals(workspace, [deal("won", ip="10.0.0.1")])
    assert credit() == 0


def test_fingerprint_and_address_together_say_more_than_each(workspace, ads):
    record_touchpoints(workspace, [click(1, days_before=3, fingerprint="f", ip="10.0.0.1", anonymous_id="a")])
    import_deals(
        workspace,
        [
            deal("won", deal_id="both", fingerprint="f", ip="10.0.0.1"),
            deal("won", deal_id="print", fingerprint="f", ip="10.0.0.2"),
            deal("won", deal_id="address", fingerprint="g", ip="10.0.0.1"),
        ],
    )
    assert credit("both") > credit("print") > credit("address") > 0
    rules = dict(LedgerEntry.objects.filter(ad__isnull=False).values_list("deal__external_id", "rule"))
    assert rules == {"both": Rule.FINGERPRINT_AND_IP, "print": Rule.FINGERPRINT, "address": Rule.IP}


@pytest.mark.parametrize(
    ("switches", "keys", "matches"),
    [
        ({}, {"fingerprint": "f"}, True),
        ({"use_fingerprint": False}, {"fingerprint": "f"}, False),
        ({"use_fingerprint": False}, {"ip": "10.0.0.1"}, True),
        ({"use_ip": False}, {"ip": "10.0.0.1"}, False),
        ({"regions_without_probable": ["DE"]}, {"fingerprint": "f"}, False),
        ({"regions_without_probable": ["FR"]}, {"fingerprint": "f"}, True),
        ({"use_fingerprint": False, "use_ip": False}, {"anonymous_id": "a"}, True),
    ],
)
def test_layers_can_be_switched_off_for_all_or_for_a_country(workspace, ads, switches, keys, matches):
    record_touchpoints(workspace, [click(1, days_before=1, fingerprint="f", ip="10.0.0.1", anonymous_id="a")])
    import_deals(workspace, [deal("won", **keys)])
    Deal.objects.update(region="DE")
    MatchingSettings.objects.create(workspace=workspace, **switches)
    again(workspace)
    assert (credit() > 0) == matches


@pytest.mark.parametrize(
    ("needs_ads_consent", "consent", "matches"), [(True, 2, True), (True, 1, False), (False, 1, True)]
)
def test_consent_decides_whether_probable_keys_match(workspace, ads, needs_ads_consent, consent, matches):
    MatchingSettings.objects.create(workspace=workspace, probable_needs_ads_consent=needs_ads_consent)
    record_touchpoints(workspace, [click(1, days_before=1, fingerprint="f", consent=consent)])
    import_deals(workspace, [deal("won", fingerprint="f")])
    assert (credit() > 0) == matches


def test_a_visitor_from_a_closed_country_is_not_recognised_and_shares_no_key(workspace, ads):
    MatchingSettings.objects.create(workspace=workspace, regions_without_probable=["DE"])
    visits = [click(n, days_before=1, fingerprint="f", anonymous_id=n, region=n) for n in ("de", "FR")]
    record_touchpoints(workspace, visits)
    import_deals(workspace, [deal("won", fingerprint="f")])
    line = LedgerEntry.objects.get(ad__isnull=False)
    assert (line.touchpoint.region, line.sharing) == ("FR", 1)


@pytest.mark.parametrize(
    ("needs_ads_consent", "told", "matches"),
    [(True, 0, False), (True, 1, False), (True, 2, True), (True, None, True), (False, 0, False), (False, 1, True)],
)
@pytest.mark.parametrize("keys", [{"fingerprint": "f"}, {"ip": "10.0.0.1"}])
def test_a_lead_that_said_no_is_not_recognised(workspace, ads, keys, needs_ads_consent, told, matches):
    MatchingSettings.objects.create(workspace=workspace, probable_needs_ads_consent=needs_ads_consent)
    record_touchpoints(workspace, [click(1, days_before=1, **keys)])
    import_deals(workspace, [deal("won", email="ann@acme.com", **keys)])
    Contact.objects.update(consent=told)
    again(workspace)
    assert (credit() > 0) == matches


def test_a_colleagues_click_counts_only_where_that_is_wanted(workspace, ads):
    record_touchpoints(workspace, [click(1, days_before=2, anonymous_id="ann", email="ann@acme.com", company="Acme")])
    import_deals(workspace, [deal("won", email="bob@acme.com", company="acme ")])
    assert credit() == 0
    MatchingSettings.objects.create(workspace=workspace, use_company=True)
    again(workspace)
    line = LedgerEntry.objects.get(ad__isnull=False)
    assert (line.rule, line.layer) == (Rule.COMPANY, "deterministic")
    assert 0 < credit() < 0.55


@pytest.mark.parametrize(
    ("keys", "strangers", "certainty"),
    [
        (
            {"company": "Acme"},
            [{"anonymous_id": f"c{n}", "email": f"c{n}@x.com", "company": "Acme"} for n in range(5)],
            0.5,
        ),
        ({"anonymous_id": "library"}, [{"anonymous_id": "library", "email": f"p{n}@x.com"} for n in range(20)], 1 / 22),
    ],
    ids=["colleagues", "a library's browser"],
)
def test_own_clicks_outrank_what_may_be_somebody_elses(workspace, ads, keys, strangers, certainty):
    MatchingSettings.objects.create(workspace=workspace, use_company=True)
    own = click("own", days_before=3, ad="ad-1", anonymous_id="own", email="ann@x.com")
    others = [click(n, days_before=3, ad="ad-2", **stranger) for n, stranger in enumerate(strangers)]
    record_touchpoints(workspace, [own, *others])
    people = {
        "own": {"email": "ann@x.com"},
        "both": {"email": "ann@x.com", **keys},
        "others": {"email": "bo@x.com", **keys},
    }
    import_deals(workspace, [deal("won", deal_id=name, **told) for name, told in people.items()])
    lines = LedgerEntry.objects.filter(ad__isnull=False).values_list(
        "deal__external_id", "ad__external_id", "credit", "confidence"
    )
    found = {(name, ad): (float(credit), confidence) for name, ad, credit, confidence in lines}
    assert found["own", "ad-1"][0] > found["both", "ad-1"][0] > found["both", "ad-2"][0]
    assert found["both", "ad-2"][0] <= found["others", "ad-2"][0] <= certainty
    assert [found["both", ad][1] for ad in ("ad-1", "ad-2")] == pytest.approx([0.995, certainty])


def test_what_is_said_to_be_certain_is_what_was_used(workspace, ads):
    """Four browsers with the same fingerprint, one of which clicked twice: none can be surer than its part of all."""
    visits = [
        click(n, days_before=1 + n / 9, ad=f"ad-{n}", fingerprint="f", ip="10.0.0.1", anonymous_id=f"v{n}")
        for n in range(4)
    ]
    record_touchpoints(
        workspace, [*visits, click("old", days_before=20, ad="ad-0", fingerprint="f", anonymous_id="v0")]
    )
    import_deals(workspace, [deal("won", fingerprint="f", ip="10.0.0.1")])
    lines = LedgerEntry.objects.filter(ad__isnull=False)
    assert len(lines) == 4 and sum(line.confidence for line in lines) <= 0.98 + 1e-9
    assert all(line.credit <= line.confidence for line in lines)


def test_another_device_of_the_same_person_is_found_by_what_was_linked_later(workspace, ads):
    record_touchpoints(workspace, [click(1, days_before=5, anonymous_id="phone")])
    import_deals(workspace, [deal("won", anonymous_id="laptop", email="ann@acme.com")])
    assert credit() == 0
    later = click(2, days_before=-3, anonymous_id="phone", email="ann@acme.com") | {"kind": "email", "ad_id": ""}
    record_touchpoints(workspace, [later])
    again(workspace)
    assert LedgerEntry.objects.get(ad__isnull=False).rule == Rule.PERSON


def test_a_browser_of_many_people_is_believed_less(workspace, ads):
    record_touchpoints(
        workspace, [click(1, days_before=1, anonymous_id="own"), click(2, days_before=1, anonymous_id="shared")]
    )
    for n in range(4):
        visit = click(f"v{n}", days_before=2, anonymous_id="shared", email=f"p{n}@x.com") | {"kind": "web", "ad_id": ""}
        record_touchpoints(workspace, [visit])
    import_deals(
        workspace,
        [deal("won", deal_id="own", anonymous_id="own"), deal("won", deal_id="shared", anonymous_id="shared")],
    )
    assert credit("shared") < 0.3 < 0.7 < credit("own")


def test_recent_clicks_of_a_person_weigh_more_and_a_month_old_one_nothing(workspace, ads):
    clicks = [click(n, days_before=days, ad=f"ad-{n}", anonymous_id="x") for n, days in ((0, 0.01), (1, 6), (2, 33))]
    record_touchpoints(workspace, clicks)
    import_deals(workspace, [deal("won", anonymous_id="x")])
    shares = dict(LedgerEntry.objects.filter(ad__isnull=False).values_list("ad__external_id", "credit"))
    assert set(shares) == {"ad-0"} or shares["ad-0"] > 10 * shares["ad-1"]
    assert "ad-2" not in shares


def test_every_line_says_what_it_was_learnt_from(workspace, ads):
    record_touchpoints(workspace, [click(n, days_before=n, fingerprint="f", anonymous_id=f"v{n}") for n in (1, 2, 3)])
    import_deals(workspace, [deal("won", fingerprint="f")])
    line = LedgerEntry.objects.get(ad__isnull=False)
    assert (line.sharing, line.calibration) == (3, Calibration.objects.get().version)
    assert 0 < line.confidence < 1
    assert line.click_date == (LEAD_AT - timedelta(days=1)).date()
