"""What a deal is worth in the workspace's currency. A rate is frozen on the day of the amount it was applied to."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from attribution.domain.deal_value import booked_value
from attribution.models import Deal, ExchangeRate, PipelineStage
from stratum.core.models import Workspace
from stratum.core.money import to_major, to_minor

MOST_MINOR = 10**15
RATE_STEP, MOST_RATE = Decimal("0.000000001"), Decimal(10**9)
NO_PROBABILITY, TOO_LARGE = "its stage has no probability", "its amount is too large to be meant"


@dataclass(frozen=True)
class ToldAmount:
    """An amount as its source tells it on a day. `at_home`: the source's own figure in the workspace's currency, if it has one."""

    amount: Decimal | None
    currency: str
    day: date
    at_home: Decimal | None = None
    source: str = ""
    missing: str = "it has no amount"


def price_deal(workspace: Workspace, deal: Deal, told: ToldAmount) -> None:
    """Sets the deal's amount in both currencies, its rate, and why it has none.

    An unchanged amount in an unchanged currency keeps the rate that it once got, whatever rates have done since. A new one
    takes the source's own, else the newest stored one of that day or earlier.
    """
    if told.amount is None:
        _unpriced(deal, told.currency, None, None, told.missing)
        return
    minor = minor_of(told.amount, told.currency)
    if minor is None:
        _unpriced(deal, told.currency, None, None, TOO_LARGE)
    elif told.currency == workspace.currency:
        _unpriced(deal, told.currency, minor, None, "")
        deal.amount = minor
    elif (deal.currency, deal.amount_in_currency) == (told.currency, minor) and deal.amount is not None:
        deal.unvalued_because = ""
    else:
        _unpriced(
            deal, told.currency, minor, told.day, f"its amount in {told.currency} has no value in {workspace.currency}"
        )
        _exchange(workspace, deal, told)


def minor_of(amount: Decimal | None, currency: str) -> int | None:
    """Minor units of an amount; None where there is none that can be meant."""
    minor = None if amount is None else to_minor(amount, currency)
    return minor if minor is not None and abs(minor) < MOST_MINOR else None


def _unpriced(deal: Deal, currency: str, minor: int | None, day: date | None, why: str) -> None:
    deal.currency, deal.amount_in_currency, deal.amount, deal.unvalued_because = currency, minor, None, why
    deal.fx_rate, deal.fx_date, deal.fx_source = None, day, ""


def _exchange(workspace: Workspace, deal: Deal, told: ToldAmount) -> None:
    if told.amount and told.at_home is not None and RATE_STEP <= (rate := told.at_home / told.amount) < MOST_RATE:
        _priced(workspace, deal, told.at_home)
        deal.fx_rate, deal.fx_source = rate.quantize(RATE_STEP), told.source
    elif stored := rate_on(told.currency, told.day):
        value_in_currency(workspace, deal, stored)
    elif not told.amount:
        _priced(workspace, deal, Decimal(0))


def value_in_currency(workspace: Workspace, deal: Deal, rate: ExchangeRate) -> None:
    """Gives the deal's amount in its own currency this rate."""
    _priced(workspace, deal, to_major(deal.amount_in_currency or 0, deal.currency) * rate.rate)
    deal.fx_rate, deal.fx_date, deal.fx_source = rate.rate, rate.day, rate.source


def _priced(workspace: Workspace, deal: Deal, worth: Decimal) -> None:
    deal.amount = minor_of(worth, workspace.currency)
    deal.unvalued_because = TOO_LARGE if deal.amount is None else ""


def rate_on(currency: str, day: date) -> ExchangeRate | None:
    """The newest stored rate of a currency that was known on a day."""
    return ExchangeRate.objects.filter(currency=currency, day__lte=day).order_by("-day", "id").first()


def value_deal(deal: Deal) -> None:
    """Sets what is booked, and why it is nothing yet, from the deal's amount, probability and state."""
    deal.value = booked_value(
        None if deal.removed_at else deal.amount, deal.probability, is_won=deal.is_won, is_closed=deal.is_closed
    )
    if deal.amount is not None:
        deal.unvalued_because = NO_PROBABILITY if deal.probability is None and not deal.is_closed else ""


def value_again(workspace: Workspace, deal: Deal, stage: PipelineStage | None) -> None:
    """Values a stored deal by today's probability of its stage, and by a rate that came late."""
    if stage and not deal.is_closed:
        deal.probability = stage.probability_in_force
    if deal.amount is None and deal.amount_in_currency is not None and deal.fx_date:
        amount = to_major(deal.amount_in_currency, deal.currency)
        price_deal(workspace, deal, ToldAmount(amount, deal.currency, deal.fx_date))
    value_deal(deal)
