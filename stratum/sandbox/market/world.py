"""The market itself: hour by hour it spends, is clicked on, wins leads and moves deals."""

from __future__ import annotations

import heapq
from datetime import datetime
from typing import Any

import numpy as np

from stratum.sandbox.config import SandboxConfig
from stratum.sandbox.crm.events import is_subscribed, webhook_event
from stratum.sandbox.crm.records import Record, Source
from stratum.sandbox.market import claims, leads, own_channels
from stratum.sandbox.market.auction import HourOfAds
from stratum.sandbox.market.market import HOUR, Market
from stratum.sandbox.market.people import Click
from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.seasons import HOUR_SHARE
from stratum.sandbox.market.structure import Account


class World(Market):
    """The market with time running through it."""

    def __init__(self, config: SandboxConfig, opened_at: datetime) -> None:
        super().__init__(config, opened_at)
        self.crm.listener = self._hear

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
        if self.config.own_channels:
            own_channels.come_back(self, starts_at)
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

    def _plan_organic(self, account: Account, hour: HourOfAds, starts_at: datetime, rng: np.random.Generator) -> None:
        local = starts_at.astimezone(account.zone())
        for _ in range(int(rng.poisson(account.organic_leads_a_day * HOUR_SHARE[local.hour]))):
            self.plan(starts_at + HOUR * float(rng.random()), "organic", (account, rng.bytes(8)))

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
