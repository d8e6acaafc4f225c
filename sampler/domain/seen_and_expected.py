"""What a budget really returned lately beside what is expected of it, and why the two differ."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sampler.domain.reasons import WORN

DAYS = 7
NOTICED = 0.05
OWN = 0.95


@dataclass(frozen=True)
class Lately:
    """Of the last full days, money in major units. `matured`: the return once all of it is booked; None where nobody knows yet."""

    first: date
    last: date
    spend: float
    booked: float
    matured: float | None

    @property
    def best_known(self) -> float:
        return self.booked if self.matured is None else self.matured


@dataclass(frozen=True)
class Grounds:
    """What a forecast of a budget rests on; factors are 1 as usual. `own`: the return of the budget's own record, `account` of all."""

    day: date
    weekday: float = 1.0
    season: float = 1.0
    fatigue: float = 1.0
    own_weight: float = 1.0
    account: float = 0.0
    broke: str = ""


def why_they_differ(lately: Lately | None, expected: float, grounds: Grounds) -> tuple[str, ...]:
    """`expected` at today's budget. Empty where nothing sets the two apart."""
    if lately is None or lately.spend <= 0:
        return (
            f"It spent nothing in the last {DAYS} full days: what is expected comes from older days and its account.",
        )
    known = [*_of_age(lately), *_of_the_day(grounds), *_of_its_account(lately, grounds)]
    if grounds.broke:
        known.append(grounds.broke)
    apart = abs(expected / lately.best_known - 1) > 2 * NOTICED if lately.best_known > 0 else expected > 0
    if apart and not known:
        return (f"{DAYS} days are few: days before them count too, older ones less.",)
    return tuple(known)


def _of_age(lately: Lately) -> list[str]:
    if lately.matured is None or lately.matured <= 0 or lately.booked / lately.matured > 1 - NOTICED:
        return []
    return [f"Young clicks: {lately.booked / lately.matured:.0%} of what these days will earn is booked."]


def _of_the_day(grounds: Grounds) -> list[str]:
    lines = []
    if abs(grounds.weekday - 1) > NOTICED:
        lines.append(
            f"Weekday: on a {grounds.day:%A} a click is worth {_apart(grounds.weekday)} than on the mean of the week."
        )
    if abs(grounds.season - 1) > NOTICED:
        lines.append(
            f"Demand: the account's clicks convert {_apart(grounds.season)} lately than its budgets' own pasts say."
        )
    if grounds.fatigue < WORN:
        lines.append(f"Frequency: {grounds.fatigue:.0%} of its clicks are left.")
    return lines


def _of_its_account(lately: Lately, grounds: Grounds) -> list[str]:
    if grounds.own_weight >= OWN:
        return []
    pulled = f"Few conversions of its own: pulled {1 - grounds.own_weight:.0%} of the way to what its account promises"
    return [f"{pulled} ({grounds.account:.2f}×)." if grounds.account > 0 else f"{pulled}."]


def _apart(factor: float) -> str:
    return f"{100 * abs(factor - 1):.0f} % {'more' if factor > 1 else 'less'}"
