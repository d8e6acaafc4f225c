"""The market itself: hour by hour it spends, is clicked on, wins leads and moves deals."""

from __future__ import annotations

import heapq
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np

from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.crm.events import WebhookEvent, is_subscribed, webhook_event
from stratum.sandbox.crm.records import Record, RecordStore, Source
from stratum.sandbox.market import claims, leads
from stratum.sandbox.market.auction import Auction, HourOfAds
from stratum.sandbox.market.build import build_account
from stratum.sandbox.market.facts import FactBook
from stratum.sandbox.market.people import Click, Population, new_click_id
from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.seasons import HOUR_SHARE
from stratum.sandbox.market.structure import Account, Ad, AdSet, Campaign

HOUR = timedelta(hours=1)
BLOCKED_TAG_SHARE = 0.06
LANDING_PATHS = ("/", "/offer", "/pricing", "/book")


class World:
    """Everything that is true. Deterministic in the seed, the first instant and the acts performed on it."""

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
        self.events: list[WebhookEvent] = []
        self.origins: dict[str, leads.Origin] = {}
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

    def run_tick(self) -> None:
        """Simulates the next hour."""
        starts_at, ends_at = self.edge, self.edge + HOUR
        rng = stream(self.seed, "tick", self.tick)
        arrivals: list[Click] = []
        for auction in self.auctions:
            hour = auction.run_hour(starts_at, self.tick)
            self._record(auction.account, hour)
            arrivals += self._arrivals(auction.account, hour, starts_at, rng)
            self._plan_organic(auction.account, hour, starts_at, rng)
        arrivals.sort(key=lambda click: click.occurred_at)
        for click in arrivals:
            leads.maybe_lead(self, self.arrive(click), rng)
        self.run_agenda(ends_at)
        self.tick += 1

    def run_agenda(self, until: datetime) -> None:
        while self.agenda and self.agenda[0][0] < until:
            at, _, what, payload = heapq.heappop(self.agenda)
            leads.HAPPENINGS[what](self, at, payload)

    def _record(self, account: Account, hour: HourOfAds) -> None:
        for index, ad in enumerate(account.ads):
            if hour.impressions[index] or hour.spend[index] > 0:
                facts = self.facts.of(ad.id, hour.local_date)
                facts.spend += float(hour.spend[index])
                facts.impressions += int(hour.impressions[index])
                facts.link_clicks += int(hour.clicks[index])
                facts.clicks += int(hour.clicks[index]) * 1.22

    def _arrivals(
        self, account: Account, hour: HourOfAds, starts_at: datetime, rng: np.random.Generator
    ) -> list[Click]:
        found = []
        for index in np.repeat(np.arange(len(account.ads)), hour.clicks).tolist():
            found.append(self.make_click(account.ads[index], starts_at + HOUR * float(rng.random()), rng))
        return found

    def make_click(self, ad: Ad, at: datetime, rng: np.random.Generator, **given: Any) -> Click:
        """One landing of somebody on the shop, by way of `ad`. `given` overrides what would be drawn."""
        person = given.pop("person", None) or self.people.visitor(rng)
        drawn = {
            "touchpoint_id": f"tp-{rng.bytes(10).hex()}",
            "click_id": new_click_id(rng),
            "device": person.device,
            "consent": person.consent,
            "landing_path": LANDING_PATHS[int(rng.integers(len(LANDING_PATHS)))],
            "seen": bool(rng.random() >= BLOCKED_TAG_SHARE),
        }
        return Click(
            number=0, ad_id=ad.id, campaign_id=ad.campaign_id, occurred_at=at, person=person, **{**drawn, **given}
        )

    def arrive(self, click: Click) -> Click:
        """Takes a click in; it gets the next number, so that numbers follow the order of arrival."""
        numbered = replace(click, number=len(self.clicks) + 1)
        self.clicks.append(numbered)
        return numbered

    def _plan_organic(self, account: Account, hour: HourOfAds, starts_at: datetime, rng: np.random.Generator) -> None:
        local = starts_at.astimezone(account.zone())
        for _ in range(int(rng.poisson(account.organic_leads_a_day * HOUR_SHARE[local.hour]))):
            self.plan(starts_at + HOUR * float(rng.random()), "organic", (account, rng.bytes(8)))

    def claim(self, ad: Ad, at: datetime, **added: float) -> None:
        """Adds to what the platform claims for an ad on the local day of `at`."""
        day = at.astimezone(self.account_by_id[ad.account_id].zone()).date()
        facts = self.facts.of(ad.id, day)
        for name, value in added.items():
            setattr(facts, name, getattr(facts, name) + value)

    def _hear(self, record: Record, what: str, extra: dict[str, Any], at: datetime, source: Source) -> None:
        if (
            record.kind == "deals"
            and extra.get("propertyName") == "dealstage"
            and record.properties["hs_is_closed_won"] == "true"
        ):
            claims.claim_sale(self, record, at)
        if is_subscribed(record, what, extra):
            number, config = len(self.events), self.config
            self.events.append(
                webhook_event(
                    number, record, what, extra, at, source, seed=self.seed, portal=config.portal_id, app=config.app_id
                )
            )
