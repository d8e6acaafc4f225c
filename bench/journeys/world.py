"""People, their devices and addresses, and the keys that a device shows at a moment. Everything is an array over people."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from bench.journeys.scenarios import Scenario

DESKTOP, ANDROID, IOS = 0, 1, 2
NOTHING = 0
"""No key: the column is empty."""


def mixed(*parts: np.ndarray | int) -> np.ndarray:
    """A 63-bit hash of whole numbers, never zero: the keys of the data."""
    value = np.uint64(0x9E3779B97F4A7C15)
    with np.errstate(over="ignore"):
        for part in parts:
            value = value ^ np.asarray(part).astype(np.uint64)
            value = (value ^ (value >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
            value = (value ^ (value >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
            value = value ^ (value >> np.uint64(31))
    return (value >> np.uint64(1)).astype(np.int64) | 1


@dataclass(frozen=True)
class World:
    """Two devices a person: `kind[person, device]` and so on."""

    kind: np.ndarray
    loses_cookie: np.ndarray
    unique_print: np.ndarray
    common_print: np.ndarray
    known_from: np.ndarray
    """Day from which the device is known by e-mail; infinity if never."""
    household: np.ndarray
    company: np.ndarray
    """−1 for people without one."""
    consents: np.ndarray
    product: np.ndarray


def build(scenario: Scenario, rng: np.random.Generator) -> World:
    n = scenario.people
    kind = np.stack([rng.choice(3, n, p=(0.40, 0.25, 0.35)), rng.choice(3, n, p=(0.45, 0.25, 0.30))], axis=1)
    # Cookies die on iOS first: the loss of the whole is spread so that an iOS device loses them three times as often.
    weight = np.array([0.5, 0.6, 1.8])[kind]
    loses = rng.random((n, 2)) < np.clip(scenario.cookie_loss * weight / weight.mean(), 0, 1)
    unique = rng.random((n, 2)) < np.array(scenario.unique_prints)[kind]
    zipf = np.minimum(rng.zipf(1.3, (n, 2)), 4000)
    known_from = np.where(rng.random((n, 2)) < scenario.known_before, rng.uniform(-60, scenario.days, (n, 2)), np.inf)
    household = rng.integers(0, int(n / 1.6), n)
    company = np.where(rng.random(n) < 0.35, np.minimum(rng.zipf(1.5, n), n // 40), -1)
    company = np.where(company > 0, company * 7 + rng.integers(0, n // 60, n), -1)
    return World(
        kind,
        loses,
        unique,
        zipf,
        known_from,
        household,
        company,
        rng.random(n) >= scenario.no_consent,
        rng.integers(0, scenario.products, n),
    )


@dataclass(frozen=True)
class Keys:
    anonymous: np.ndarray
    fingerprint: np.ndarray
    ip: np.ndarray


def keys_at(world: World, person: np.ndarray, device: np.ndarray, day: np.ndarray, place: np.ndarray) -> Keys:
    """What a device shows on a (fractional) day. `place` is uniform noise that decides between home, office and mobile."""
    kind = world.kind[person, device]
    date = np.floor(day).astype(np.int64)
    cookie = np.where(world.loses_cookie[person, device], date + 1, 0)
    anonymous = mixed(person, device, cookie, 1)
    # A print drifts once in 54 days on average, at a day of its own.
    drift = ((date + mixed(person, device, 5) % 54) // 54).astype(np.int64)
    fingerprint = np.where(
        world.unique_print[person, device],
        mixed(person, device, drift, 2),
        mixed(world.common_print[person, device], kind, drift // 2, 3),
    )
    mobile = (kind != DESKTOP) & (place < 0.45)
    office = ~mobile & (world.company[person] >= 0) & (place > 0.65)
    month = (date + mixed(world.household[person], 6) % 150) // 150
    home = mixed(world.household[person], month, 7)
    v6 = place < 0.15
    carrier = np.where(v6, mixed(person, device, date, 8), mixed(mixed(person, date, 9) % 4000, 10))
    relay = (kind == IOS) & (mixed(person, 11) % 20 == 0)
    ip = np.where(mobile, carrier, np.where(office, mixed(world.company[person], 12), home))
    ip = np.where(relay, mixed(mixed(person, date, 13) % 300, 14), ip)
    silent = ~world.consents[person]
    return Keys(*(np.where(silent, NOTHING, key) for key in (anonymous, fingerprint, ip)))
