"""What the ad platform takes credit for: most of what its ads did, some of what they did not, and some things twice."""

from __future__ import annotations

from datetime import datetime

import numpy as np

from stratum.sandbox.crm.records import Record
from stratum.sandbox.market import money
from stratum.sandbox.market.market import Market
from stratum.sandbox.market.randomness import stream
from stratum.sandbox.market.structure import Account, Ad

SEEN_SHARE, ORGANIC_CLAIMED_SHARE, TWICE_SHARE, VALUE_MARK_UP = 0.85, 0.4, 0.12, 1.08


def claim_lead(world: Market, account: Account, ad: Ad | None, at: datetime, rng: np.random.Generator) -> None:
    """A lead is claimed for its ad, or as a view-through for an ad that was merely shown."""
    claimed = _claimant(world, account, ad, rng)
    if claimed:
        world.claim(claimed, at, leads=1 + int(rng.random() < TWICE_SHARE))


def claim_sale(world: Market, record: Record, at: datetime) -> None:
    """A won deal is claimed the same way, with its value in the account's currency."""
    origin = world.origins.get(record.id)
    if origin is None:
        return
    account = world.account_by_id[origin.account_id]
    rng = stream(world.seed, "sale", int(record.id))
    claimed = _claimant(world, account, world.ads.get(origin.ad_id or ""), rng)
    amount = float(record.properties.get("amount") or 0)
    currency = record.properties.get("deal_currency_code") or world.config.home_currency
    if claimed and amount:
        count = 1 + int(rng.random() < TWICE_SHARE)
        value = money.convert(amount, currency, account.currency) * count * VALUE_MARK_UP
        world.claim(claimed, at, purchases=count, purchase_value=value)


def _claimant(world: Market, account: Account, ad: Ad | None, rng: np.random.Generator) -> Ad | None:
    if ad is not None:
        return ad if rng.random() < SEEN_SHARE else None
    if rng.random() >= ORGANIC_CLAIMED_SHARE:
        return None
    auction = next(auction for auction in world.auctions if auction.account is account)
    shown = auction.exposures + 1e-9
    return account.ads[int(rng.choice(len(account.ads), p=shown / shown.sum()))]
