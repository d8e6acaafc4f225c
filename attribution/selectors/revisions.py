"""Why a deal's numbers changed: its ledger, revision by revision, with the reason and the difference for every ad."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from itertools import groupby

from attribution.models import DealValuation, LedgerEntry
from stratum.core.money import to_major


@dataclass(frozen=True)
class LedgerLine:
    """One signed line as it was posted; `amount` in minor units of the workspace's currency."""

    line: int
    ad_id: int | None
    ad_name: str
    layer: str
    rule: str
    confidence: float
    credit: Decimal
    amount: int
    click_date: date


@dataclass(frozen=True)
class AdDifference:
    ad_id: int | None
    ad_name: str
    credit: Decimal
    amount: int


@dataclass(frozen=True)
class Revision:
    number: int
    posted_at: datetime
    booked_date: date
    reason: str
    calibration: int
    before: int
    after: int
    """The deal's value, minor units."""
    worth: str
    """What its value rests on, or what of that changed, in words; empty where nothing did."""
    lines: tuple[LedgerLine, ...]

    @property
    def by_ad(self) -> list[AdDifference]:
        """What the revision moved, net, for every ad and for nobody."""
        moved: dict[tuple[int | None, str], list[LedgerLine]] = {}
        for line in self.lines:
            moved.setdefault((line.ad_id, line.ad_name), []).append(line)
        found = [
            AdDifference(*ad, sum((line.credit for line in lines), Decimal(0)), sum(line.amount for line in lines))
            for ad, lines in moved.items()
        ]
        return [one for one in found if one.credit or one.amount]


def revisions(deal_id: int) -> list[Revision]:
    """Every revision of a deal's ledger, newest first."""
    entries = LedgerEntry.objects.filter(deal=deal_id).select_related("ad").order_by("revision", "line")
    told = DealValuation.objects.filter(deal=deal_id).order_by("revision", "id")
    valued = {one.revision: one for one in told}
    found, value, worth = [], 0, None
    for number, group in groupby(entries, key=lambda entry: entry.revision):
        posted = list(group)
        after = value + sum(entry.amount for entry in posted)
        now_worth = valued.get(number)
        first = posted[0]
        found.append(
            Revision(
                number,
                first.posted_at,
                first.booked_date,
                first.reason,
                first.calibration,
                value,
                after,
                _worth_in_words(worth, now_worth) if now_worth else "",
                tuple(_line(entry) for entry in posted),
            )
        )
        value, worth = after, now_worth or worth
    return found[::-1]


def valuations(deal_id: int) -> Sequence[DealValuation]:
    """What the deal was booked at from which revision on, oldest first."""
    return DealValuation.objects.filter(deal=deal_id).order_by("revision", "id")


def _line(entry: LedgerEntry) -> LedgerLine:
    return LedgerLine(
        entry.line,
        entry.ad_id,
        entry.ad.name if entry.ad else "",
        entry.layer,
        entry.get_rule_display(),
        entry.confidence,
        entry.credit,
        entry.amount,
        entry.click_date,
    )


def _worth_in_words(before: DealValuation | None, now: DealValuation) -> str:
    told = (
        ("probability", _percent(before and before.probability), _percent(now.probability)),
        ("amount", _amount(before), _amount(now)),
        ("exchange rate", _rate(before), _rate(now)),
    )
    if before is None:
        return ", ".join(f"{name} {new}" for name, _, new in told if new)
    return ", ".join(f"{name} {old or 'unknown'} → {new or 'unknown'}" for name, old, new in told if old != new)


def _percent(share: Decimal | None) -> str:
    return "" if share is None else f"{float(100 * share):.4g} %"


def _amount(valuation: DealValuation | None) -> str:
    if valuation is None or valuation.amount_in_currency is None:
        return ""
    return f"{to_major(valuation.amount_in_currency, valuation.currency):,} {valuation.currency}"


def _rate(valuation: DealValuation | None) -> str:
    return "" if valuation is None or valuation.fx_rate is None else f"{valuation.fx_rate.normalize():f}"
