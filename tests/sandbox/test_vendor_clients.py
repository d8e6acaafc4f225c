"""The vendors' own clients, pointed at the sandbox, get what they expect."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest
from facebook_business.adobjects.adaccount import AdAccount
from facebook_business.adobjects.adreportrun import AdReportRun
from facebook_business.adobjects.adset import AdSet
from facebook_business.adobjects.adspixel import AdsPixel
from facebook_business.adobjects.serverside.action_source import ActionSource
from facebook_business.adobjects.serverside.custom_data import CustomData
from facebook_business.adobjects.serverside.event import Event
from facebook_business.adobjects.serverside.event_request import EventRequest
from facebook_business.adobjects.serverside.user_data import UserData
from facebook_business.api import FacebookAdsApi
from facebook_business.exceptions import FacebookRequestError
from facebook_business.session import FacebookSession
from hubspot import HubSpot
from hubspot.crm.deals import BatchReadInputSimplePublicObjectId, PublicObjectSearchRequest, SimplePublicObjectInput
from hubspot.crm.deals.exceptions import NotFoundException

from stratum.sandbox import Sandbox

ACCOUNT = "act_1029384756"


@pytest.fixture
def meta(shared: Sandbox, monkeypatch: pytest.MonkeyPatch) -> Iterator[FacebookAdsApi]:
    monkeypatch.setattr(FacebookSession, "GRAPH", shared.graph_url)
    yield FacebookAdsApi.init(access_token=shared.config.access_token, crash_log=False, timeout=5)
    FacebookAdsApi.set_default_api(None)


@pytest.fixture
def hubspot(shared: Sandbox) -> HubSpot:
    return HubSpot(access_token=shared.config.crm_token, host=shared.crm_url)


def test_meta_reads_insights_page_by_page(meta: FacebookAdsApi) -> None:
    params = {"level": "ad", "time_increment": 1, "date_preset": "last_3d", "limit": 10}
    rows = list(AdAccount(ACCOUNT, api=meta).get_insights(fields=["ad_id", "spend", "actions"], params=params))
    assert len(rows) > 20
    assert len({(row["ad_id"], row["date_start"]) for row in rows}) == len(rows)


def test_meta_reads_an_asynchronous_report(meta: FacebookAdsApi) -> None:
    run = AdAccount(ACCOUNT, api=meta).get_insights(
        fields=["ad_id", "spend"], params={"level": "ad", "date_preset": "last_3d"}, is_async=True
    )
    while (state := run.api_get())[AdReportRun.Field.async_status] != "Job Completed":
        time.sleep(0.05)
    assert state[AdReportRun.Field.async_percent_completion] == 100
    assert len(list(run.get_result(params={"limit": 7}))) == 24


def test_meta_lists_ad_sets_and_writes_one(meta: FacebookAdsApi) -> None:
    ad_sets = AdAccount(ACCOUNT, api=meta).get_ad_sets(fields=["daily_budget", "campaign_id"], params={"limit": 3})
    chosen = next(ad_set for ad_set in ad_sets if ad_set["daily_budget"] != "0")
    AdSet(chosen["id"], api=meta).api_update(params={"daily_budget": 4321})
    assert AdSet(chosen["id"], api=meta).api_get(fields=["daily_budget"])["daily_budget"] == "4321"


def test_meta_writes_a_batch(meta: FacebookAdsApi, shared: Sandbox) -> None:
    chosen = {ad_set.campaign_id: ad_set for ad_set in shared.world.ad_sets.values() if ad_set.daily_budget}
    done, refused, batch = [], [], meta.new_batch()
    for place, ad_set in enumerate(chosen.values()):
        value = 5000 if place else 10
        AdSet(ad_set.id, api=meta).api_update(
            params={"daily_budget": value},
            batch=batch,
            success=lambda answer: done.append(answer),
            failure=lambda answer: refused.append(answer),
        )
    assert batch.execute() is None
    assert (len(done), len(refused)) == (len(chosen) - 1, 1)
    assert refused[0].error().api_error_code() == 1487901


def test_metas_batch_hands_back_what_is_unknown(meta: FacebookAdsApi, shared: Sandbox) -> None:
    shared.faults.add("batch_null_lost")
    batch = meta.new_batch()
    AdSet(next(iter(shared.world.ad_sets)), api=meta).api_get(fields=["name"], batch=batch)
    assert len(batch.execute()) == 1


def test_meta_takes_a_conversion(meta: FacebookAdsApi, shared: Sandbox) -> None:
    event = Event(
        event_name="Purchase", event_time=int(shared.now().timestamp()) - 5, action_source=ActionSource.SYSTEM_GENERATED,
        user_data=UserData(email="joe@example.com"), custom_data=CustomData(value=10.0, currency="USD"),
    )  # fmt: skip
    answer = EventRequest(
        pixel_id="880011223344556", events=[event, event], access_token=shared.config.access_token
    ).execute()
    assert answer.events_received == 2
    assert shared.conversions[-1]["custom_data"]["value"] == 10.0


def test_meta_understands_a_refusal(meta: FacebookAdsApi) -> None:
    with pytest.raises(FacebookRequestError) as refusal:
        AdsPixel("880011223344556", api=meta).create_event(params={"data": ['{"event_name": "Purchase"}']})
    assert refusal.value.api_error_code() == 100
    assert refusal.value.http_status() == 400


def test_hubspot_searches_deals(hubspot: HubSpot) -> None:
    wanted = PublicObjectSearchRequest(
        filter_groups=[{"filters": [{"propertyName": "hs_is_closed_won", "operator": "EQ", "value": "true"}]}],
        sorts=["hs_lastmodifieddate"], properties=["amount", "hs_is_closed_won"], limit=2,
    )  # fmt: skip
    page = hubspot.crm.deals.search_api.do_search(public_object_search_request=wanted)
    assert len(page.results) == 2
    assert page.paging.next.after == "2"
    assert all(deal.properties["hs_is_closed_won"] == "true" for deal in page.results)


def test_hubspot_lists_everything(hubspot: HubSpot, shared: Sandbox) -> None:
    assert len(hubspot.crm.deals.get_all()) == sum(1 for _ in shared.world.crm.alive("deals"))


def test_hubspot_reads_and_changes_a_deal(hubspot: HubSpot) -> None:
    deals = hubspot.crm.deals.basic_api
    known = deals.get_page(limit=1, associations=["contacts"]).results[0]
    deals.update(known.id, SimplePublicObjectInput(properties={"amount": "4242"}))
    assert deals.get_by_id(known.id, properties=["amount"]).properties["amount"] == "4242"
    with pytest.raises(NotFoundException):
        deals.get_by_id("1")


def test_hubspot_reads_in_batches_and_follows_associations(hubspot: HubSpot) -> None:
    known = hubspot.crm.deals.basic_api.get_page(limit=2).results
    wanted = BatchReadInputSimplePublicObjectId(
        inputs=[{"id": deal.id} for deal in known], properties=["amount"], properties_with_history=[]
    )
    assert len(hubspot.crm.deals.batch_api.read(batch_read_input_simple_public_object_id=wanted).results) == 2
    linked = hubspot.crm.associations.v4.basic_api.get_page("deals", known[0].id, "contacts").results
    contact = hubspot.crm.contacts.basic_api.get_by_id(str(linked[0].to_object_id), properties=["email"])
    assert "@" in contact.properties["email"]


def test_hubspot_reads_pipelines(hubspot: HubSpot) -> None:
    pipelines = hubspot.crm.pipelines.pipelines_api.get_all("deals").results
    assert {stage.metadata["isClosed"] for pipeline in pipelines for stage in pipeline.stages} == {"true", "false"}
