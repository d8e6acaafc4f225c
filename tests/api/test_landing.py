"""What an address tells, in every way in: the tag's collector, bulk calls, files, the CRM."""

from __future__ import annotations

import json

import pytest
from django.core.management import call_command
from django.test import Client

from attribution.actions.crm.store_contacts import store_crm_contacts
from attribution.actions.deals.import_deals import import_deals
from attribution.models import Contact, LedgerEntry, Touchpoint
from attribution.payloads import person_of_contact
from attribution.row_fields import DEAL
from attribution.selectors import intake_notes
from attribution.selectors.channel_names import source_of
from stratum.core.clock import now
from stratum.core.models import Ad, AdAccount, AdSet, AuditEntry, Campaign
from stratum.core.rows import read_row
from stratum.platforms.hubspot_objects import CrmContact
from tests.attribution.test_bots import CHROME

FB, G = "IwAR0aBcDeF", "Cj0KCQjwAbCd"
MACRO = f"https://shop.example/p?utm_content=%7B%7Bad.id%7D%7D&utm_id=c1&utm_medium=paid&fbclid={FB}"


def by_tag(mine, caller, tmp_path, url):
    body = {"write_key": mine.workspace.write_key, "touchpoint_id": "t1", "url": url, "consent": 2, "anonymous_id": "x"}
    assert Client().post(
        "/collect", json.dumps(body), content_type="text/plain", headers={"User-Agent": CHROME}
    ).status_code in (200, 204)


def by_call(mine, caller, tmp_path, url):
    row = {
        "touchpoint_id": "t1",
        "occurred_at": now().isoformat(),
        "kind": "ad_click",
        "landing_path": url,
        "consent": 2,
        "anonymous_id": "x",
    }
    assert caller.post("touchpoints", {"touchpoints": [row]}).json()["stored"] == 1


def by_file(mine, caller, tmp_path, url):
    path = tmp_path / "t.csv"
    path.write_text(
        f"touchpoint_id,occurred_at,kind,landing_path,consent,anonymous_id\nt1,{now().isoformat()},ad_click,{url},2,x\n"
    )
    call_command("import_touchpoints", str(path), workspace="Mine", no_progress=True)


@pytest.fixture
def campaign(mine, caller):
    account = AdAccount.objects.create(
        workspace=mine.workspace, platform="meta", external_id="9", name="Meta", currency="USD"
    )
    campaign = Campaign.objects.create(workspace=mine.workspace, account=account, external_id="c1", name="Spring")
    ad_set = AdSet.objects.create(
        workspace=mine.workspace, account=account, external_id="s1", name="s", campaign=campaign
    )
    Ad.objects.create(workspace=mine.workspace, account=account, external_id="a1", name="a", ad_set=ad_set)
    return campaign


@pytest.mark.parametrize("way", [by_tag, by_call, by_file])
def test_a_macro_names_no_ad_credits_its_campaign_and_is_said(mine, caller, campaign, tmp_path, way):
    way(mine, caller, tmp_path, MACRO)
    stored = Touchpoint.objects.get()
    assert (stored.ad_external_id, stored.campaign_external_id, stored.landing_path, stored.click_id_kind) == (
        "",
        "c1",
        "/p",
        "fbclid",
    )
    assert stored.ad.ad_set.campaign == campaign
    assert "Ads of campaign “Spring” send {{ad.id}}" in intake_notes(now())[0].text
    assert AuditEntry.objects.get(action="macro not filled in").data == {"campaign": "Spring", "macro": "{{ad.id}}"}
    won = {"deal_id": "d", "created_at": now().isoformat(), "amount": "100", "is_won": True, "anonymous_id": "x"}
    import_deals(mine.workspace, [read_row(won, DEAL)])
    assert LedgerEntry.objects.exclude(ad=None).get().ad.ad_set.campaign == campaign


@pytest.mark.parametrize("way", [by_tag, by_call, by_file])
def test_only_a_campaigns_id_credits_the_campaign_until_the_ad_is_known(mine, caller, campaign, tmp_path, way):
    way(mine, caller, tmp_path, f"https://shop.example/?fbclid={FB}&utm_id=c1&utm_content=blue-banner")
    assert Touchpoint.objects.get().ad.ad_set.campaign == campaign
    from attribution.actions.credit.match_again import match_again_for_ads

    real = Ad.objects.create(
        workspace=mine.workspace,
        account=campaign.account,
        external_id="blue-banner",
        name="b",
        ad_set=AdSet.objects.get(external_id="s1"),
    )
    match_again_for_ads(["blue-banner"])
    assert Touchpoint.objects.get().ad == real


@pytest.mark.parametrize(
    ("query", "kind", "source"),
    [
        (f"utm_medium=social&fbclid={FB}", "web", "Social"),
        (f"utm_medium=email&gclid={G}", "web", "E-mail"),
        ("msclkid=0123456789abcdef0123456789abcdef", "ad_click", "Microsoft ads"),
        ("ttclid=E.C.P.abcdef", "ad_click", "TikTok ads"),
        ("li_fat_id=12345678-1234-1234-1234-123456789abc", "ad_click", "LinkedIn ads"),
    ],
)
def test_visits_have_the_name_of_what_brought_them(mine, caller, tmp_path, query, kind, source):
    by_tag(mine, caller, tmp_path, f"https://shop.example/?{query}")
    stored = Touchpoint.objects.get()
    assert (stored.kind, source_of(stored.kind, stored.channel, stored.click_id_kind, None, "").channel) == (
        kind,
        source,
    )


@pytest.mark.parametrize(
    ("properties", "kind"),
    [
        ({"hs_facebook_click_id": G}, "gclid"),
        ({"hs_google_click_id": FB}, "fbclid"),
        ({"stratum_click_id": G, "stratum_click_id_kind": "fbclid"}, "gclid"),
        ({"hs_analytics_last_url": f"https://shop.example/?utm_id=1&amp;gclid={G}"}, "gclid"),
        ({"hs_analytics_first_url": f"https://shop.example/#fbclid={FB}"}, "fbclid"),
        ({"hs_analytics_last_url": f"https://shop.example/?utm_medium=email&gclid={G}"}, ""),
    ],
)
def test_the_crm_may_hold_a_click_id_in_any_field(mine, caller, properties, kind):
    store_crm_contacts(mine.workspace, None, [CrmContact("5", properties)], now=now())
    contact = Contact.objects.get()
    assert (contact.click_id_kind or "") == kind
    told = person_of_contact(contact).known
    assert {"fbclid", "gclid"} & set(told) == ({kind} if kind else set())


def test_a_later_source_that_names_the_kind_corrects_a_guess(mine, caller, tmp_path):
    lead = {"deal_id": "d", "created_at": "2026-11-01T00:00:00Z", "email": "a@b.c", "click_id": "of no known form"}
    import_deals(mine.workspace, [read_row(lead, DEAL)])
    assert not {"fbclid", "gclid"} & set(person_of_contact(Contact.objects.get()).known), "nobody knows whose it is"
    import_deals(
        mine.workspace, [read_row(lead | {"click_id_kind": "wbraid", "updated_at": "2026-11-02T00:00:00Z"}, DEAL)]
    )
    assert person_of_contact(Contact.objects.get()).known["wbraid"] == ("of no known form",)
    import_deals(mine.workspace, [read_row(lead | {"click_id": FB, "updated_at": "2026-11-03T00:00:00Z"}, DEAL)])
    assert person_of_contact(Contact.objects.get()).known["fbclid"] == (FB,)
