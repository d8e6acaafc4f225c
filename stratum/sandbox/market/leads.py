"""Who becomes a lead, what the form captured of them, and what then happens to their deal."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from stratum.sandbox.crm.pipelines import PIPELINES
from stratum.sandbox.crm.records import Record, Source
from stratum.sandbox.market import money
from stratum.sandbox.market.claims import claim_lead
from stratum.sandbox.market.journeys import plan_journey
from stratum.sandbox.market.market import Market, Origin
from stratum.sandbox.market.own_channels import fill_in_form
from stratum.sandbox.market.people import Capture, Click, Device, Person, new_device, without_cookie
from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.seasons import WEEKDAY_LEADS
from stratum.sandbox.market.structure import Account, Ad
from stratum.sandbox.market.verticals import VERTICALS

SAME_SESSION_SHARE, OTHER_DEVICE_SHARE, LOST_COOKIE_SHARE = 0.45, 0.25, 0.45
CLICKED_BEFORE_SHARE = 0.3
FOREIGN_DEAL_SHARE = 0.08
CLICK_IDS = {"fbclid": ("PAID_SOCIAL", "hs_facebook_click_id"), "gclid": ("PAID_SEARCH", "hs_google_click_id")}
"""What HubSpot calls the source of such a click, and the property that holds its id."""
FORM = Source("FORM", "form:7f1c2f1e")


def maybe_lead(world: Market, click: Click, rng: np.random.Generator) -> None:
    """Decides once whether a click becomes a lead, and when."""
    local = click.occurred_at.astimezone(world.account_by_id[world.ads[click.ad_id].account_id].zone())
    if rng.random() >= world.ads[click.ad_id].lead_rate * WEEKDAY_LEADS[local.weekday()]:
        return
    same_session = bool(rng.random() < SAME_SESSION_SHARE)
    delay = (
        timedelta(minutes=float(rng.uniform(2, 25)))
        if same_session
        else timedelta(hours=float(rng.exponential(40.0)) + 1)
    )
    world.plan(click.occurred_at + delay, "lead", (click, same_session))


def _arrive_from_ad(world: Market, at: datetime, payload: tuple[Click, bool]) -> None:
    click, same_session = payload
    rng = stream(world.seed, "lead", click.number)
    device, kept = click.device, True
    if not same_session and rng.random() < OTHER_DEVICE_SHARE:
        device, kept = new_device(rng, click.device.ip if rng.random() < 0.5 else None), False
    elif not same_session and rng.random() < LOST_COOKIE_SHARE:
        device, kept = without_cookie(click.device, rng), False
    capture = captured_by(device, click if kept else None)
    ad = world.ads[click.ad_id]
    origin = Origin(ad.account_id, ad.id, click.click_id, click.touchpoint_id, "ad")
    open_deal(world, at, click.person, click.consent, capture, origin, rng)


def _arrive_by_themselves(world: Market, at: datetime, payload: tuple[Account, bytes]) -> None:
    account, salt = payload
    rng = stream(world.seed, "organic", int.from_bytes(salt, "big"))
    known = world.people.recent and rng.random() < CLICKED_BEFORE_SHARE
    person = world.people.recent[int(rng.integers(len(world.people.recent)))] if known else world.people.newcomer(rng)
    origin = Origin(account.id, None, None, None, "organic")
    open_deal(world, at, person, person.consent, Capture(person.device, None), origin, rng)


def open_deal(
    world: Market,
    at: datetime,
    person: Person,
    consent: int,
    capture: Capture,
    origin: Origin,
    rng: np.random.Generator,
) -> Record:
    """A contact (or the one already there) and a deal in its first stage, with its whole journey planned."""
    account, ad = world.account_by_id[origin.account_id], world.ads.get(origin.ad_id or "")
    vertical = VERTICALS[account.vertical]
    if world.config.own_channels:
        capture = fill_in_form(world, at, person, capture, origin, len(world.origins))
    contact = find_or_create_contact(world, at, person, consent, capture)
    value, currency = _worth(world, account, ad, rng)
    pipeline = PIPELINES[vertical.pipeline]
    known_amount = f"{value * float(rng.lognormal(0.0, 0.25)):.2f}" if rng.random() < 0.75 else None
    deal = create_deal(
        world, at, f"{person.first_name} {person.last_name}", known_amount, currency, pipeline.id, contact, origin
    )
    claim_lead(world, account, ad, at, rng)
    win_rate = ad.win_rate if ad else vertical.win_rate
    for step in plan_journey(rng, pipeline=pipeline, vertical=vertical, created_at=at, win_rate=win_rate, value=value):
        world.plan(step.at, step.what, (deal.id, step.changes))
    return deal


def create_deal(
    world: Market,
    at: datetime,
    name: str,
    amount: str | None,
    currency: str,
    pipeline_id: str,
    contact: Record,
    origin: Origin,
) -> Record:
    properties: dict[str, str | None] = {
        "dealname": f"{name} / {at:%b %d}",
        "amount": amount,
        "deal_currency_code": currency,
        "pipeline": pipeline_id,
        "dealstage": PIPELINES[pipeline_id].stages[0].id,
        "closedate": None,
    }
    deal = world.crm.create("deals", properties, at, FORM)
    world.crm.link("deals", deal.id, "contacts", contact.id)
    world.origins[deal.id] = origin
    return deal


def find_or_create_contact(world: Market, at: datetime, person: Person, consent: int, capture: Capture) -> Record:
    known = world.crm.find("contacts", world.contact_of_person.get(person.number, ""))
    captured = captured_properties(capture, consent)
    if known and not known.archived:
        world.crm.update(known, {name: value for name, value in captured.items() if value}, at, FORM)
        return known
    properties: dict[str, str | None] = {
        "email": person.email, "firstname": person.first_name, "lastname": person.last_name, "phone": person.phone, **captured,
    }  # fmt: skip
    contact = world.crm.create("contacts", properties, at, FORM)
    world.contact_of_person[person.number] = contact.id
    return contact


def captured_by(device: Device, click: Click | None) -> Capture:
    """What a form knows: the browser, and the click that it still remembers."""
    return (
        Capture(device, click.click_id, click.occurred_at, click_id_kind=click.click_id_kind)
        if click
        else Capture(device, None)
    )


def captured_properties(capture: Capture, consent: int) -> dict[str, str | None]:
    """Contact properties of the form's browser; nothing that identifies one without consent."""
    allowed = {"hs_data_privacy_ads_consent": str(consent == 2).lower()}
    if consent == 0 or capture.device is None:
        return {"hs_analytics_source": "OFFLINE", **allowed}
    source, held_in = CLICK_IDS[capture.click_id_kind]
    return {
        **allowed,
        "hs_analytics_source": source if capture.click_id else "DIRECT_TRAFFIC",
        held_in: capture.click_id,
        "stratum_click_id_seen_at": str(int(capture.clicked_at.timestamp() * 1000)) if capture.clicked_at else None,
        "stratum_anonymous_id": capture.device.anonymous_id,
        "stratum_fingerprint": capture.device.fingerprint,
        "stratum_ip": capture.device.ip,
        "stratum_user_agent": capture.device.user_agent,
        **({"stratum_form_id": capture.form_id} if capture.form_id else {}),
    }


def _worth(world: Market, account: Account, ad: Ad | None, rng: np.random.Generator) -> tuple[float, str]:
    """What the deal is worth if won, and in which currency it is written."""
    vertical = VERTICALS[account.vertical]
    median = ad.value_median if ad else vertical.value_median * money.UNITS_PER_USD[account.currency]
    value, currency = float(rng.lognormal(np.log(median), vertical.value_sigma)), account.currency
    if rng.random() < FOREIGN_DEAL_SHARE:
        foreign = "EUR" if currency != "EUR" else "USD"
        return money.convert(value, currency, foreign), foreign
    return value, currency


def _change(world: Market, at: datetime, payload: tuple[str, dict[str, str | None]]) -> None:
    deal = world.crm.find("deals", payload[0])
    if deal and not deal.archived:
        world.crm.update(deal, payload[1], at, Source())


def _delete(world: Market, at: datetime, payload: tuple[str, Any]) -> None:
    deal = world.crm.find("deals", payload[0])
    if deal and not deal.archived:
        world.crm.archive(deal, at, Source())


def _absorb(world: Market, at: datetime, payload: tuple[str, Any]) -> None:
    """Somebody entered the same deal by hand; an hour later the two are merged."""
    deal = world.crm.find("deals", payload[0])
    if deal is None or deal.archived:
        return
    origin = world.origins[deal.id]
    copied = ("dealname", "amount", "deal_currency_code", "pipeline", "dealstage", "closedate")
    twin = world.crm.create("deals", {name: deal.properties.get(name) for name in copied}, at, Source())
    world.origins[twin.id] = Origin(origin.account_id, None, None, None, "duplicate")
    world.plan(at + timedelta(hours=1), "merge", (deal.id, twin.id))


def merge_deals(world: Market, at: datetime, payload: tuple[str, str]) -> Record | None:
    """The first deal's truth carries over to the merged record."""
    primary, twin = (world.crm.find("deals", deal_id) for deal_id in payload)
    if primary is None or twin is None or primary is twin or primary.archived or twin.archived:
        return None
    merged = world.crm.merge(primary, twin, at, Source())
    world.origins[merged.id] = world.origins.get(primary.id) or world.origins[twin.id]
    return merged


HAPPENINGS: dict[str, Callable[..., Any]] = {
    "lead": _arrive_from_ad,
    "organic": _arrive_by_themselves,
    "change": _change,
    "delete": _delete,
    "absorb": _absorb,
    "merge": merge_deals,
}
