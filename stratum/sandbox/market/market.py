"""The market as it stands: everything that is true, and the few ways in which it changes."""

from __future__ import annotations

import heapq
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.crm.events import WebhookEvent
from stratum.sandbox.crm.records import RecordStore
from stratum.sandbox.market.auction import Auction
from stratum.sandbox.market.build import build_account
from stratum.sandbox.market.facts import FactBook
from stratum.sandbox.market.people import Click, Population, Touch, new_click_id
from stratum.sandbox.market.structure import Account, Ad, AdSet, Campaign, Edit

HOUR = timedelta(hours=1)
BLOCKED_TAG_SHARE = 0.06
LANDING_PATHS = ("/", "/offer", "/pricing", "/book")


@dataclass(frozen=True)
class Origin:
    """The truth about a deal: the ad that caused it, or none."""

    account_id: str
    ad_id: str | None
    click_id: str | None
    touchpoint_id: str | None
    kind: str


class Market:
    """Deterministic in the seed, the first instant and the acts performed on it."""

    def __init__(self, config: SandboxConfig, opened_at: datetime) -> None:
        self.config, self.seed, self.opened_at = config, config.seed, opened_at
        self.tick = 0
        self.accounts = [build_account(p, config.seed, n, opened_at) for n, p in enumerate(config.accounts)]
        self.auctions = [Auction(account, config.seed) for account in self.accounts]
        self.facts = FactBook(config.seed)
        self.people = Population()
        self.crm = RecordStore(config.home_currency, config.search_lag_seconds)
        self.crm.listener = self._hear
        self.clicks: list[Click] = []
        self.touches: list[Touch] = []
        self.events: list[WebhookEvent] = []
        self.edits: list[Edit] = []
        self.origins: dict[str, Origin] = {}
        self.contact_of_person: dict[int, str] = {}
        self.agenda: list[tuple[datetime, int, str, Any]] = []
        self._planned = 0
        self._index()

    def _index(self) -> None:
        self.campaigns: dict[str, Campaign] = {c.id: c for a in self.accounts for c in a.campaigns}
        self.ad_sets: dict[str, AdSet] = {s.id: s for a in self.accounts for s in a.ad_sets}
        self.ads: dict[str, Ad] = {ad.id: ad for a in self.accounts for ad in a.ads}
        self.account_by_id: dict[str, Account] = {a.id: a for a in self.accounts}

    @property
    def edge(self) -> datetime:
        """The end of the last simulated hour."""
        return self.opened_at + self.tick * HOUR

    def plan(self, at: datetime, what: str, payload: Any) -> None:
        self._planned += 1
        heapq.heappush(self.agenda, (at, self._planned, what, payload))

    def make_click(self, ad: Ad, at: datetime, rng: np.random.Generator, **given: Any) -> Click:
        """One landing of somebody on the shop, by way of `ad`. `given` overrides what would be drawn."""
        person = given.pop("person", None) or self.people.visitor(rng)
        kind = "gclid" if self.account_by_id[ad.account_id].platform == "google" else "fbclid"
        drawn = {
            "touchpoint_id": f"tp-{rng.bytes(10).hex()}",
            "click_id": new_click_id(rng, kind),
            "device": person.device,
            "consent": person.consent,
            "landing_path": LANDING_PATHS[int(rng.integers(len(LANDING_PATHS)))],
            "seen": bool(rng.random() >= BLOCKED_TAG_SHARE),
        }
        tagged = ad.is_tagged and not self.campaigns[ad.campaign_id].has_asset_groups
        known = {
            "is_tagged": tagged,
            "ad_id": ad.id,
            "campaign_id": ad.campaign_id,
            "occurred_at": at,
            "click_id_kind": kind,
        }
        return Click(number=0, person=person, **{**known, **drawn, **given})

    def arrive(self, click: Click) -> Click:
        """Takes a click in; it gets the next number, so that numbers follow the order of arrival."""
        numbered = replace(click, number=len(self.clicks) + 1)
        self.clicks.append(numbered)
        return numbered

    def claim(self, ad: Ad, at: datetime, **added: float) -> None:
        """Adds to what the platform claims for an ad on the local day of `at`."""
        day = at.astimezone(self.account_by_id[ad.account_id].zone()).date()
        facts = self.facts.of(ad.id, day)
        for name, value in added.items():
            setattr(facts, name, getattr(facts, name) + value)
