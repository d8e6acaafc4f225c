"""Why a budget should move, in lines that a person can check one by one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Direction = Literal["up", "down", "neutral"]
WORN = 0.95


@dataclass(frozen=True)
class Reason:
    """One line of the because list: `value` is the signal's figure, `direction` where it pulls the budget."""

    signal: str
    value: float
    direction: Direction
    sentence: str


@dataclass(frozen=True)
class Case:
    """What is known of one budget holder when its budget is planned. Returns and rates as floats; `above` a probability."""

    mean: float
    account_mean: float
    drawn: float
    """The return that decided: the mean with a part of one draw."""
    account_drawn: float
    above: float
    own_weight: float
    clicks: float
    conversions: float
    click_rate: float
    account_click_rate: float
    decay: float
    results: str = "leads"
    """What clicks bring: leads or conversions."""


def because(case: Case) -> list[Reason]:
    """The reasons, the strongest signal first."""
    higher = case.mean >= case.account_mean
    lines = [
        Reason(
            "return",
            case.mean,
            "up" if higher else "down",
            f"Expected to return {case.mean:.2f}× at today's budget; the account averages {case.account_mean:.2f}×.",
        ),
        Reason(
            "certainty",
            case.above,
            "up" if case.above >= 0.5 else "down",
            f"Beats the account's average with a probability of {chance(case.above)}.",
        ),
        Reason("evidence", case.own_weight, "neutral", _evidence(case)),
        Reason("click rate", case.click_rate, _against(case.click_rate, case.account_click_rate), _clicks(case)),
    ]
    if case.decay < WORN:
        lines.append(
            Reason(
                "wear", case.decay, "down", f"Its click rate lately is {100 * case.decay:.0f} % of what it used to be."
            )
        )
    return lines


def would_change_our_mind(case: Case, *, raised: bool) -> str:
    """What would turn the move round; for a move against the expected return, why the plan makes it all the same."""
    if raised != (case.mean >= case.account_mean):
        return _although(case, raised=raised)
    side, probability = ("less", 1 - case.above) if raised else ("more", case.above)
    would = f"This would change if it returned {side} than the account's {case.account_mean:.2f}× over the coming days"
    return f"{would}; the chance of that is put at {chance(probability)}."


def _although(case: Case, *, raised: bool) -> str:
    moved, returns = ("Raised", "less") if raised else ("Cut", "more")
    against = f"{moved} although it is expected to return {returns} than the account"
    if raised == (case.drawn >= case.account_drawn):
        return (
            f"{against}: what is uncertain is tried out, and this turn's draw put it at {case.drawn:.2f}×, "
            f"against {case.account_drawn:.2f}× for the account."
        )
    others = "better budgets may not be raised" if raised else "weaker budgets may not be cut"
    rest = "what is left of the total goes here" if raised else "what they keep is missing here"
    return f"{against}: {others} further than their largest step, and {rest}."


def chance(probability: float) -> str:
    """Whole percents; what a few hundred draws cannot tell from certain is not called certain."""
    if probability < 0.01:
        return "below 1 %"
    return "above 99 %" if probability > 0.99 else f"{100 * probability:.0f} %"


def _evidence(case: Case) -> str:
    seen = f"{case.conversions:,.{0 if case.conversions >= 100 else 1}f} {case.results} from {case.clicks:,.0f} clicks, older ones counting less"
    if case.own_weight >= 0.995:
        return f"Judged by its own record alone: {seen}."
    return f"Judged {100 * case.own_weight:.0f} % by its own record ({seen}), the rest by what a click is worth in the whole account."


def _clicks(case: Case) -> str:
    return f"Its click rate (CTR) is {100 * case.click_rate:.2f} %; the account's is {100 * case.account_click_rate:.2f} %."


def _against(value: float, average: float) -> Direction:
    return "neutral" if average <= 0 or abs(value / average - 1) < 0.05 else "up" if value > average else "down"


def of_all(best: float, count: int) -> tuple[Reason, ...]:
    """How likely it is that this budget is the one whose next unit returns most; nothing is said of a budget that is alone."""
    if count < 2:
        return ()
    sentence = (
        f"Of {count} budgets this is the one with the highest marginal ROAS with a probability of {chance(best)}."
    )
    return (Reason("best of all", best, "up" if best > 1 / count else "neutral", sentence),)
