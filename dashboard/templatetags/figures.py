"""How numbers look: money by its currency, ratios short, changes with an arrow and a word."""

from __future__ import annotations

from datetime import datetime
from decimal import ROUND_HALF_UP, Decimal

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString

from sampler.domain.curve_reasons import Curve
from stratum.core.clock import now
from stratum.core.money import exponent

register = template.Library()
NONE = "–"
NOTICED = 0.02
MEANINGS = {
    "change inspected": "the guardrails looked at it",
    "change waiting": "for a person to decide",
    "change sending": "taken up; in dry run nothing leaves",
    "change unknown": "no answer came; it is read back",
    "change superseded": "something newer took its place",
}


@register.filter
def money(amount: Decimal | None, currency: str) -> str:
    """`12,345.60 USD`: exact, for tables."""
    return NONE if amount is None else f"{plain_amount(amount, currency)} {currency}"


@register.filter(name="amount")
def plain_amount(amount: Decimal, currency: str) -> str:
    """`12,345.60`: for tables whose heading names the currency."""
    places = Decimal(1).scaleb(-exponent(currency))
    return f"{Decimal(amount).quantize(places, ROUND_HALF_UP):,}"


@register.filter
def minor(amount: int | None, currency: str) -> str:
    return NONE if amount is None else money(Decimal(amount).scaleb(-exponent(currency)), currency)


@register.filter
def short_money(amount: Decimal | None, currency: str) -> str:
    """`12.3k USD`: for cards; the exact amount belongs beside it."""
    if amount is None:
        return NONE
    size = abs(amount)
    for limit, unit in ((Decimal(10) ** 9, "bn"), (Decimal(10) ** 6, "m"), (Decimal(10) ** 4, "k")):
        if size >= limit:
            divisor = Decimal(1000) if unit == "k" else limit
            return f"{amount / divisor:,.1f}{unit} {currency}"
    return f"{amount:,.0f} {currency}"


@register.filter
def times(ratio: Decimal | float | None) -> str:
    return NONE if ratio is None else f"{ratio:,.2f}×"


@register.filter
def percent(share: float | None) -> str:
    return NONE if share is None else f"{100 * share:.2f} %"


@register.filter
def moved(amount: int, currency: str) -> str:
    """`+12.50 USD`: a difference in minor units, signed."""
    return ("+" if amount > 0 else "") + minor(amount, currency)


@register.filter
def points(credit: Decimal) -> str:
    """`+12.50 %`: a difference of credit, signed."""
    return f"{100 * credit:+.2f} %"


@register.filter
def meaning(action: str) -> str:
    """What an entry of the trail means, where its name does not say it."""
    return MEANINGS.get(action, "")


@register.filter
def step(share: float) -> str:
    return f"{100 * share:+.0f} %"


@register.simple_tag
def change(
    new: Decimal | float | None, old: Decimal | float | None, good: str = "up", ripening: Decimal | None = Decimal(1)
) -> SafeString:
    """How a figure moved against the period before: arrow, percent, and a class that says whether that is good.

    `ripening`: by how much more than the old one the new figure still grows; None where nobody knows, and nothing is compared.
    """
    if new is None or not old:
        return format_html('<span class="move flat">{}</span>', NONE)
    if ripening is None:
        return format_html('<span class="move flat" title="{}">{}</span>', "Too young to compare", NONE)
    moved = float(new) * float(ripening) / float(old) - 1
    if abs(moved) < 0.0005:
        return format_html('<span class="move flat">{}</span>', "unchanged")
    direction = "up" if moved > 0 else "down"
    tone = "plain" if good == "none" else "good" if direction == good else "bad"
    return format_html(
        '<span class="move {}">{} {} %</span>', tone, "▲" if moved > 0 else "▼", f"{abs(100 * moved):,.1f}"
    )


@register.filter
def ago(instant: datetime | None) -> str:
    if instant is None:
        return "never"
    seconds = max((now() - instant).total_seconds(), 0)
    for limit, size, unit in ((90, 1, "s"), (5400, 60, "min"), (172_800, 3600, "h")):
        if seconds < limit:
            return f"{seconds / size:.0f} {unit} ago"
    return f"{seconds / 86_400:.0f} days ago"


@register.filter
def strays(factor: float | None) -> str:
    """`8 % less`: how far a factor is from 1; empty where it hardly is."""
    if factor is None or abs(factor - 1) < NOTICED:
        return ""
    return f"{100 * abs(factor - 1):.0f} % {'more' if factor > 1 else 'less'}"


@register.filter
def tenth_more(curve: Curve) -> str:
    """By how much revenue grows with a tenth more budget."""
    return f"{100 * (1.1**curve.elasticity - 1):.1f} %"
