"""Everything but ads that people come by: visits of their own, newsletters, text messages, and the form they fill in."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np

from stratum.sandbox.market.market import HOUR, LANDING_PATHS, Market, Origin
from stratum.sandbox.market.people import Capture, Device, Person, Touch, new_device
from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.seasons import HOUR_SHARE

VISITS_A_DAY, LETTERS_A_DAY, TEXTS_A_DAY = 140, 45, 14
"""People of the last weeks who come back by themselves, by a newsletter, by a text message."""
WAYS = (("web", "organic"), ("web", ""), ("email", "email"), ("sms", "sms"))
WAYS_OF_LEADS = (0.35, 0.25, 0.28, 0.12)
RETURN_VISIT_SHARE, HOURS_BEFORE = 0.25, 5.0
FORMS = ("form-contact", "form-offer", "form-pricing", "form-booking")
USUAL_FORM_SHARE = 0.75
LETTERS = ("Monday letter", "Autumn offer", "Customer stories")
SHARED_DEVICES, SHARED_DEVICE_SHARE = 3, 0.04


def come_back(world: Market, starts_at: datetime) -> None:
    """An hour of people who return without becoming a lead."""
    rng = stream(world.seed, "own channels", world.tick)
    known = world.people.recent
    local = starts_at.astimezone(world.accounts[0].zone())
    for (kind, channel), a_day in zip(
        WAYS, (VISITS_A_DAY / 2, VISITS_A_DAY / 2, LETTERS_A_DAY, TEXTS_A_DAY), strict=True
    ):
        for _ in range(int(rng.poisson(a_day * HOUR_SHARE[local.hour])) if known else 0):
            person = known[int(rng.integers(len(known)))]
            _touch(world, starts_at + HOUR * float(rng.random()), kind, channel, person, person.device, rng)


def fill_in_form(world: Market, at: datetime, person: Person, capture: Capture, origin: Origin, number: int) -> Capture:
    """The visit before a lead, and the form; returns what the form captured, sometimes on a device that many use."""
    rng = stream(world.seed, "form", number)
    device = capture.device
    if device is None:
        return capture
    if rng.random() < SHARED_DEVICE_SHARE:
        device = new_device(stream(world.seed, "shared device", int(rng.integers(SHARED_DEVICES))))
        capture = replace(capture, device=device, click_id=None, clicked_at=None)
    if origin.ad_id is None or rng.random() < RETURN_VISIT_SHARE:
        kind, channel = WAYS[int(rng.choice(len(WAYS), p=WAYS_OF_LEADS))]
        _touch(
            world, at - timedelta(hours=0.05 + float(rng.exponential(HOURS_BEFORE))), kind, channel, person, device, rng
        )
    form = _form(world, origin, rng)
    _touch(world, at, "form", "", person, device, rng, form)
    return replace(capture, form_id=form)


def _form(world: Market, origin: Origin, rng: np.random.Generator) -> str:
    """Most ads of a campaign lead to one form; whoever comes by himself takes any."""
    ad = world.ads.get(origin.ad_id or "")
    if ad and rng.random() < USUAL_FORM_SHARE:
        return FORMS[sorted(world.campaigns).index(ad.campaign_id) % len(FORMS)]
    return FORMS[int(rng.integers(len(FORMS)))]


def _touch(
    world: Market,
    at: datetime,
    kind: str,
    channel: str,
    person: Person,
    device: Device,
    rng: np.random.Generator,
    form: str = "",
) -> None:
    campaign = LETTERS[int(rng.integers(len(LETTERS)))] if kind in ("email", "sms") else ""
    path = LANDING_PATHS[int(rng.integers(len(LANDING_PATHS)))]
    world.touches.append(
        Touch(
            len(world.touches) + 1,
            f"tp-{rng.bytes(10).hex()}",
            kind,
            channel,
            campaign,
            at,
            person,
            device,
            person.consent,
            path,
            form,
        )
    )
