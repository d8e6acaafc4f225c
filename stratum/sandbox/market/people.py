"""People and their browsers: cookies that get lost, addresses that are shared, fingerprints that are not unique."""

from __future__ import annotations

import base64
import hashlib
from collections import deque
from dataclasses import dataclass, field
from datetime import datetime

import numpy as np

USER_AGENTS = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 17_6 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Mobile/15E148 [FBAN/FBIOS]",
    "Mozilla/5.0 (Linux; Android 14; Pixel 8) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Linux; Android 14; SM-S918B) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/129.0.0.0 Mobile Safari/537.36",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/130.0.0.0 Safari/537.36",
    "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/18.0 Safari/605.1.15",
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:132.0) Gecko/20100101 Firefox/132.0",
)
AGENT_SHARES = np.array([0.26, 0.16, 0.16, 0.12, 0.16, 0.08, 0.06])
FIRST_NAMES = (
    "Ana",
    "Ben",
    "Chloe",
    "Dev",
    "Elif",
    "Femi",
    "Grace",
    "Hugo",
    "Ines",
    "Jun",
    "Kofi",
    "Lena",
    "Mara",
    "Noah",
    "Olga",
    "Paul",
)
LAST_NAMES = (
    "Abbott",
    "Brandt",
    "Costa",
    "Dubois",
    "Eriksen",
    "Fischer",
    "Gupta",
    "Haddad",
    "Ito",
    "Jensen",
    "Kim",
    "Lopez",
    "Moreau",
    "Novak",
)
SHARED_ADDRESS_SHARE = 0.25
RETURNING_SHARE = 0.15


@dataclass(frozen=True)
class Device:
    anonymous_id: str
    fingerprint: str
    ip: str
    user_agent: str


@dataclass
class Person:
    number: int
    first_name: str
    last_name: str
    email: str
    phone: str
    consent: int
    device: Device


@dataclass(frozen=True)
class Click:
    """One landing from an ad. `seen` is False when the browser blocked the tag. `click_id_kind`: fbclid or gclid."""

    number: int
    touchpoint_id: str
    click_id: str
    ad_id: str
    campaign_id: str
    occurred_at: datetime
    person: Person
    device: Device
    consent: int
    landing_path: str
    seen: bool = True
    click_id_kind: str = "fbclid"
    is_tagged: bool = True
    """Whether its address tells the ad and the campaign."""


@dataclass(frozen=True)
class Touch:
    """One touch that no ad brought. `channel` is what the visit's utm_medium says."""

    number: int
    touchpoint_id: str
    kind: str
    channel: str
    campaign: str
    occurred_at: datetime
    person: Person
    device: Device
    consent: int
    landing_path: str
    form_id: str = ""
    seen: bool = True


@dataclass(frozen=True)
class Capture:
    """What the lead form knew of the browser it was filled in on."""

    device: Device | None
    click_id: str | None
    clicked_at: datetime | None = None
    form_id: str | None = None
    click_id_kind: str = "fbclid"


@dataclass
class Population:
    """The last few thousand visitors, some of whom come back."""

    recent: deque[Person] = field(default_factory=lambda: deque(maxlen=4000))
    count: int = 0

    def visitor(self, rng: np.random.Generator) -> Person:
        """Someone new, or (15 %) someone seen before."""
        if self.recent and rng.random() < RETURNING_SHARE:
            return self.recent[int(rng.integers(len(self.recent)))]
        person = self.newcomer(rng)
        self.recent.append(person)
        return person

    def newcomer(self, rng: np.random.Generator) -> Person:
        self.count += 1
        first, last = FIRST_NAMES[int(rng.integers(len(FIRST_NAMES)))], LAST_NAMES[int(rng.integers(len(LAST_NAMES)))]
        choice = rng.random()
        return Person(
            number=self.count,
            first_name=first,
            last_name=last,
            email=f"{first}.{last}{self.count}@example.com".lower(),
            phone=f"+1{int(rng.integers(2_010_000_000, 9_890_000_000))}",
            consent=0 if choice < 0.10 else 1 if choice < 0.15 else 2,
            device=new_device(rng),
        )


def new_device(rng: np.random.Generator, ip: str | None = None) -> Device:
    """A browser: few user agents and screen sizes, so that several people carry the same fingerprint."""
    agent = int(rng.choice(len(USER_AGENTS), p=AGENT_SHARES))
    trait = int(rng.zipf(1.25)) % 900
    return Device(
        anonymous_id=rng.bytes(16).hex(),
        fingerprint=hashlib.sha256(f"{agent}:{trait}".encode()).hexdigest()[:32],
        ip=ip or new_address(rng),
        user_agent=USER_AGENTS[agent],
    )


def new_address(rng: np.random.Generator) -> str:
    if rng.random() < SHARED_ADDRESS_SHARE:
        place = int(rng.zipf(1.4)) % 250
        return f"198.51.100.{place}"
    # Blocks of access providers: visitors out of a hoster's networks would pass for machines.
    return ".".join(str(part) for part in (int(rng.integers(66, 78)), *rng.integers(1, 255, 3).tolist()))


def without_cookie(device: Device, rng: np.random.Generator) -> Device:
    """The same browser after its cookie was deleted."""
    return Device(rng.bytes(16).hex(), device.fingerprint, device.ip, device.user_agent)


def new_click_id(rng: np.random.Generator, kind: str) -> str:
    """An fbclid or a gclid, each as its platform writes it: upper and lower case matter."""
    return ("IwY2xjaw" if kind == "fbclid" else "Cj0KCQjw") + base64.urlsafe_b64encode(rng.bytes(39)).decode()
