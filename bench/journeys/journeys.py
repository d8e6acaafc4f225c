"""Clicks, the leads that they bring, the leads that nobody's ad brought, and the e-mail links that tell devices apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.journeys.interest import clustered_clicks, organic_leads
from bench.journeys.scenarios import Scenario
from bench.journeys.world import Keys, World, build, keys_at, mixed

FORMS_OF_A_PRODUCT = 2


@dataclass(frozen=True)
class Clicks:
    """Time-ordered. Days are fractions since the start."""

    person: np.ndarray
    ad: np.ndarray
    day: np.ndarray
    keys: Keys
    seen: np.ndarray
    """Whether the collector heard of it."""


@dataclass(frozen=True)
class Leads:
    """Time-ordered, with the truth beside the data."""

    person: np.ndarray
    day: np.ndarray
    keys: Keys
    email: np.ndarray
    form: np.ndarray
    amount: np.ndarray
    """Minor units; booked when the deal is won, weeks later."""
    won_day: np.ndarray
    click: np.ndarray
    """The click that brought it, −1 for organic."""
    ad: np.ndarray


@dataclass(frozen=True)
class Links:
    """An e-mail link was opened on a device: cookie and address were seen together."""

    anonymous: np.ndarray
    email: np.ndarray
    day: np.ndarray


@dataclass(frozen=True)
class Journeys:
    scenario: Scenario
    clicks: Clicks
    leads: Leads
    links: Links
    campaign_of: np.ndarray
    product_of: np.ndarray


def simulate(scenario: Scenario, seed: int) -> Journeys:
    rng = np.random.default_rng(seed)
    world = build(scenario, rng)
    campaign_of = np.arange(scenario.ads) % scenario.campaigns
    product_of = campaign_of % scenario.products
    clicks, truth_device, interests = _clicks(scenario, world, product_of, rng)
    leads = _leads(scenario, world, clicks, truth_device, interests, product_of, rng)
    links = _links(scenario, world, clicks, truth_device, leads, rng)
    return Journeys(scenario, clicks, leads, links, campaign_of, product_of)


def _clicks(
    scenario: Scenario, world: World, product_of: np.ndarray, rng: np.random.Generator
) -> tuple[Clicks, np.ndarray, np.ndarray | None]:
    """Clicks, the device of each, and when people's interests begin where they have any."""
    n = scenario.clicks
    activity = rng.lognormal(0, 1.1, scenario.people)
    person = rng.choice(scenario.people, n, p=activity / activity.sum())
    spend = rng.lognormal(0, 1.0, scenario.ads)
    # An ad's spend moves from week to week, as budgets do.
    by_week = spend[:, None] * rng.lognormal(0, 0.5, (scenario.ads, scenario.days // 7 + 1))
    day = np.sort(rng.uniform(0, scenario.days, n))
    interests = None
    if scenario.interest:
        person, day, interests = clustered_clicks(scenario, person, day, rng)
    week = (day // 7).astype(int)
    wanted = np.where(rng.random(n) < 0.9, world.product[person], rng.integers(0, scenario.products, n))
    ad = np.empty(n, dtype=np.int64)
    for product in range(scenario.products):
        own = np.flatnonzero(product_of == product)
        cumulative = np.cumsum(by_week[own], axis=0) / by_week[own].sum(axis=0)
        mine = np.flatnonzero(wanted == product)
        ad[mine] = own[(rng.random(mine.size) > cumulative[:, week[mine]]).sum(axis=0)]
    device = (rng.random(n) < 0.25).astype(int)
    keys = keys_at(world, person, device, day, rng.random(n))
    return Clicks(person, ad, day, keys, rng.random(n) >= scenario.unseen), device, interests


def _leads(
    scenario: Scenario,
    world: World,
    clicks: Clicks,
    device: np.ndarray,
    interests: np.ndarray | None,
    product_of: np.ndarray,
    rng: np.random.Generator,
) -> Leads:
    quality = rng.lognormal(0, 0.6, scenario.ads)[clicks.ad]
    wanted = round(scenario.leads * (1 - scenario.organic))
    chance = quality / quality.sum() * wanted * 1.06
    cause = np.flatnonzero(rng.random(clicks.person.size) < chance)
    immediate = rng.random(cause.size) < scenario.same_session
    delay = np.where(
        immediate, rng.exponential(6 / 1440, cause.size), rng.exponential(scenario.mean_delay_days, cause.size) + 0.02
    )
    person, lead_device = clicks.person[cause].copy(), device[cause].copy()
    lead_device = np.where(~immediate & (rng.random(cause.size) < scenario.other_device), 1 - lead_device, lead_device)
    person = _or_colleague(scenario, world, person, ~immediate, rng)
    organic, organic_day = _organic(scenario, clicks, interests, scenario.leads - wanted, rng)
    person = np.concatenate([person, organic])
    day = np.concatenate([clicks.day[cause] + delay, organic_day])
    click = np.concatenate([cause, np.full(organic.size, -1)])
    lead_device = np.concatenate([lead_device, (rng.random(organic.size) < 0.3).astype(int)])
    # In a session the address and the cookie are those of the click; afterwards the place is drawn anew.
    session = np.concatenate([immediate, np.zeros(organic.size, bool)])
    keys = keys_at(world, person, lead_device, day, rng.random(day.size))
    keys = Keys(
        *(
            np.where(session, getattr(clicks.keys, name)[click], getattr(keys, name))
            for name in ("anonymous", "fingerprint", "ip")
        )
    )
    order = np.flatnonzero(day < scenario.days)
    order = order[np.argsort(day[order], kind="stable")]
    interest = np.where(click >= 0, product_of[clicks.ad[click]], world.product[person])
    form = np.where(
        rng.random(day.size) < 0.75,
        interest * FORMS_OF_A_PRODUCT + rng.integers(0, FORMS_OF_A_PRODUCT, day.size),
        1000 + rng.integers(0, 2, day.size),
    )
    amount = np.round(rng.lognormal(np.log(90_000), 1.0, day.size)).astype(np.int64)
    won_day = day + rng.lognormal(np.log(25), 0.5, day.size)
    return Leads(
        person[order],
        day[order],
        Keys(*(getattr(keys, name)[order] for name in ("anonymous", "fingerprint", "ip"))),
        mixed(person[order], 20),
        form[order],
        amount[order],
        won_day[order],
        click[order],
        np.where(click[order] >= 0, clicks.ad[click[order]], -1),
    )


def _organic(
    scenario: Scenario, clicks: Clicks, interests: np.ndarray | None, count: int, rng: np.random.Generator
) -> tuple[np.ndarray, np.ndarray]:
    """People and days of organic leads: some of the interested, half of the others by people who had clicked."""
    near = round(count * scenario.interested)
    clicker = rng.choice(clicks.person, (count - near) // 2)
    stranger = rng.integers(0, scenario.people, count - near - clicker.size)
    person, day = np.concatenate([clicker, stranger]), rng.uniform(0, scenario.days, count - near)
    if interests is None:
        return person, day
    interested = organic_leads(scenario, interests, clicks.person, clicks.day, near, rng)
    return np.concatenate([person, interested[0]]), np.concatenate([day, interested[1]])


def _or_colleague(
    scenario: Scenario, world: World, person: np.ndarray, may: np.ndarray, rng: np.random.Generator
) -> np.ndarray:
    """Some delayed leads are filled in by somebody who shares the company, or else the household."""
    group = np.where(world.company >= 0, world.company + world.household.max() + 1, world.household)
    by_group = np.argsort(group, kind="stable")
    starts = np.searchsorted(group[by_group], group[person])
    ends = np.searchsorted(group[by_group], group[person], side="right")
    other = by_group[starts + (rng.random(person.size) * (ends - starts)).astype(int)]
    return np.where(may & (rng.random(person.size) < scenario.colleague), other, person)


def _links(
    scenario: Scenario,
    world: World,
    clicks: Clicks,
    device: np.ndarray,
    leads: Leads,
    rng: np.random.Generator,
) -> Links:
    """Devices known beforehand are linked at each of their clicks from then on; after a lead, newsletters are opened."""
    known = (world.known_from[clicks.person, device] <= clicks.day) & (clicks.keys.anonymous != 0) & clicks.seen
    parts = [(clicks.keys.anonymous[known], mixed(clicks.person[known], 20), clicks.day[known])]
    opens = np.flatnonzero(rng.random(leads.person.size) < scenario.known_after)
    for other in (0, 1):
        later = leads.day[opens] + rng.exponential(10, opens.size)
        on = np.full(opens.size, other)
        keys = keys_at(world, leads.person[opens], on, later, rng.random(opens.size))
        heard = (
            (keys.anonymous != 0) & (rng.random(opens.size) < (0.8 if other == 0 else 0.5)) & (later < scenario.days)
        )
        parts.append((keys.anonymous[heard], leads.email[opens][heard], later[heard]))
    return Links(*(np.concatenate(columns) for columns in zip(*parts, strict=True)))
