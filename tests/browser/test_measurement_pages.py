from __future__ import annotations

from datetime import timedelta

import pytest

from attribution.actions.credit.model_rest import model_rest
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Calibration, Deal, DealRefresh, LedgerEntry, MatchingSettings
from attribution.row_fields import DEAL, TOUCHPOINT
from stratum.core.clock import now
from stratum.core.models import AuditEntry
from stratum.core.rows import read_row
from tests.browser.conftest import add_person

BINS = [
    {"said_from": low / 10, "said_to": (low + 1) / 10, "said": low / 10 + 0.05, "was": low / 10 + 0.06, "pairs": 1200 - 100 * low}
    for low in range(10)
]  # fmt: skip


@pytest.fixture
def measured(town, earning_ad):
    """Sixty days of leads, every second one two days after its click, by cookie, fingerprint and nothing; won ten days later."""
    today = now()
    clicks = [
        {"touchpoint_id": f"t{n}", "occurred_at": (today - timedelta(days=61 - n + 2 * (n % 2), hours=6)).isoformat(), "kind": "ad_click", "ad_id": earning_ad.external_id,
         "anonymous_id": f"p{n}", "fingerprint": f"f{n}", "consent": 2}
        for n in range(60)
    ]  # fmt: skip
    record_touchpoints(town.workspace, [read_row(row, TOUCHPOINT) for row in clicks])
    for won in (False, True):
        leads = []
        for n in range(60):
            lead = today - timedelta(days=61 - n)
            changed = lead + timedelta(days=10 * won)
            key = ({"anonymous_id": f"p{n}", "email": f"p{n}@example.com"}, {"fingerprint": f"f{n}"}, {})[n % 3]
            state = {"stage": "won", "is_won": True} if won else {"stage": "open", "stage_probability": "0.4"}
            if changed < today:
                leads.append({"deal_id": f"d{n}", "created_at": lead.isoformat(), "updated_at": changed.isoformat(), "amount": "250.00", **state, **key})  # fmt: skip
        import_deals(town.workspace, [read_row(row, DEAL) for row in leads])
    refresh_due_deals(town.workspace, now=today)
    model_rest(town.workspace, now=today)
    return town


def test_the_measurement_page_says_what_was_measured_and_what_was_not(reader, measured):
    reader.sign_in()
    reader.follow("Measurement")
    page = reader.page
    text = page.locator("main").inner_text()
    assert "The starting table is in use" in text and "It was measured elsewhere" in text
    assert "Nobody has measured how many leads ads bring" in text
    page.wait_for_selector("[data-figure=maturity-figure] svg .scatterlayer .trace .js-line")
    Calibration.objects.update(reliability=BINS, deals=20, pairs=6500)
    reader.open("/measurement/?days=90")
    page.wait_for_selector("[data-figure=reliability-figure] svg .scatterlayer .trace .js-line")
    text = page.locator("main").inner_text()
    assert "On average a chance was 1.00 % off" in text
    assert "whose click it was, not what brought the lead" in text
    assert page.get_by_role("row", name="10.00 % – 20.00 %").locator("td").all_inner_texts() == [
        "15.00 %",
        "16.00 %",
        "1,100",
    ]
    roas = [float(cell.rstrip("×")) for cell in page.locator("td.strong", has_text="×").all_inner_texts()]
    certain, fingerprint, _, every, without_probable = roas
    assert certain < fingerprint <= every and certain <= without_probable < every
    assert page.locator(".card.lead .figure").inner_text() == f"{every:.2f}×"


def test_an_owner_sets_the_anchor_and_the_switches_and_the_trail_tells_it(reader, measured):
    reader.sign_in()
    reader.open("/measurement/")
    page = reader.page
    page.get_by_label("Share of leads that ads brought").fill("0.6")
    page.get_by_label("Match by IP address").uncheck()
    page.get_by_label("Countries without fingerprint and IP").fill("de, Fr")
    reader.expected = ("Failed to load resource: the server responded with a status of 400",)
    page.get_by_role("button", name="Save").click()
    assert "Say who measured the share, and when." in page.locator(".errorlist").inner_text()
    assert not MatchingSettings.objects.exists()
    page.get_by_label("Who measured it, and when").fill("Holdout in <October>")
    page.get_by_role("button", name="Save").click()
    assert "deals of the last 180 days are matched again" in page.locator(".flash").inner_text()
    kept = MatchingSettings.objects.get()
    assert (kept.ad_driven_share, kept.use_ip, kept.use_fingerprint, kept.regions_without_probable) == (0.6, False, True, ["DE", "FR"])  # fmt: skip
    assert DealRefresh.objects.filter(reread=False).count() == Deal.objects.count()
    told = AuditEntry.objects.get(action="matching set")
    assert told.actor == "owner@example.com" and told.data["after"]["use_ip"] is False
    assert "use_fingerprint" not in told.data["after"]
    model_rest(measured.workspace, now=now())
    reader.open("/measurement/")
    text = page.locator("main").inner_text()
    assert "Holdout in <October> measured that ads brought 60.00 % of leads" in text
    assert "Switched off here: IP address. Never by fingerprint or IP in DE, FR." in text


def test_a_viewer_reads_the_measurement_and_cannot_set_it(reader, measured):
    add_person(measured, "viewer@example.com", "viewer")
    reader.sign_in("viewer@example.com")
    reader.open("/measurement/")
    assert reader.page.get_by_role("button", name="Save").count() == 0
    token = reader.page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    answer = reader.page.request.post(
        f"{measured.url}/measurement/", form={"csrfmiddlewaretoken": token, "use_ip": "on"}
    )
    assert answer.status == 403 and not MatchingSettings.objects.exists()


def test_a_deal_tells_its_journey_from_the_ads_page(reader, measured, earning_ad):
    reader.sign_in()
    page = reader.page
    reader.open(f"/ads/{earning_ad.pk}/?days=90")
    page.get_by_role("link", name="d0", exact=True).click()
    assert page.locator("h1").inner_text() == "d0"
    text = page.locator("main").inner_text()
    assert "The same cookie; clicked 6 hours before the lead" in text
    first = page.locator(".revision").last
    assert "Revision 1" in first.inner_text() and "Probability 40 %" in first.inner_text()
    newest = page.locator(".revision").first.inner_text()
    assert "100.00 USD → 250.00 USD" in newest and "Probability 40 % → 100 %" in newest
    assert LedgerEntry.objects.filter(deal__external_id="d0").count() == sum(
        int(one.split()[1]) for one in page.locator(".revision summary").all_inner_texts()
    )


def test_deals_are_searched_by_name_and_id(reader, measured):
    Deal.objects.filter(external_id="d7").update(name="<b>Harbor</b> 50 %")
    Deal.objects.filter(external_id="d8").update(external_id="a/b?c #1\n%2e")
    reader.sign_in()
    reader.follow("Deals")
    page = reader.page
    assert page.locator("tbody tr").count() == 50
    page.get_by_role("link", name="Older deals").click()
    assert page.locator("tbody tr").count() == Deal.objects.count() - 50
    page.get_by_label("Name or id").fill("harbor</b> 50 %")
    page.get_by_role("button", name="Search").click()
    assert page.locator("tbody th").all_inner_texts() == ["<b>Harbor</b> 50 %"]
    page.get_by_role("link", name="<b>Harbor</b> 50 %").click()
    assert page.locator("h1").inner_text() == "<b>Harbor</b> 50 %"
    reader.open("/deals/a%2Fb%3Fc%20%231%0A%252e/")
    assert "Id a/b?c #1" in page.locator("main").inner_text()
    reader.expected = ("Failed to load resource: the server responded with a status of 404",)
    reader.open("/deals/nobody's/")


def test_nothing_of_it_scrolls_sideways_on_a_telephone(reader, measured):
    Calibration.objects.update(reliability=BINS, deals=20, pairs=6500)
    reader.page.set_viewport_size({"width": 360, "height": 740})
    reader.sign_in()
    for path in ("/measurement/?days=90", "/deals/", "/deals/d0/", "/deals/d1/"):
        reader.open(path)
        assert reader.overflows() <= 0, path
