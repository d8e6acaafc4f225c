"""Currencies of ISO 4217 that are money in use."""

from __future__ import annotations

from functools import lru_cache

import pycountry

NO_MONEY = frozenset(["XAD", "XAG", "XAU", "XBA", "XBB", "XBC", "XBD", "XDR", "XPD", "XPT", "XSU", "XTS", "XUA", "XXX"])
"""Codes of the table for metals, units of account, tests and "no currency"."""


@lru_cache(maxsize=1)
def currencies() -> frozenset[str]:
    return frozenset(entry.alpha_3 for entry in pycountry.currencies) - NO_MONEY
