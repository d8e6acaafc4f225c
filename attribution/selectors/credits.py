"""Who is credited for what: every deal's lines as they stand, layer 3 expanded, summing to one and to its value to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any, NamedTuple

import numpy as np
from django.db import connection

from attribution.domain.expand import WHOLE, expand
from attribution.expansion import Expansion, expansion_of
from attribution.models import Layer, Rule
from attribution.selectors.words import because
from stratum.core.models import Ad, Workspace
from stratum.core.money import split
from stratum.core.tenancy import current_workspace_id

STANDING = """
    WITH asked AS (
        SELECT deal.id, deal.external_id, (deal.created_at AT TIME ZONE %(timezone)s)::date AS day, deal.form_id, deal.created_at FROM attribution_deal deal
        WHERE deal.workspace_id = %(workspace)s AND deal.external_id > %(after)s
          AND CASE WHEN %(deal)s::text IS NULL THEN deal.removed_at IS NULL OR deal.removed_at > %(as_of)s ELSE deal.external_id = %(deal)s END
          AND EXISTS (SELECT FROM attribution_ledgerentry entry WHERE entry.workspace_id = %(workspace)s AND entry.deal_id = deal.id
              AND (%(as_of)s::timestamptz IS NULL OR entry.posted_at <= %(as_of)s)
              AND (%(start)s::date IS NULL OR entry.click_date >= %(start)s) AND (%(end)s::date IS NULL OR entry.click_date <= %(end)s)
              AND (%(layer)s::text IS NULL OR entry.layer = %(layer)s) AND (%(ads)s::bigint[] IS NULL OR entry.ad_id = ANY(%(ads)s::bigint[])))
        ORDER BY deal.external_id LIMIT %(most)s
    )
    SELECT asked.id, asked.external_id, asked.day, asked.form_id, entry.layer, coalesce(ad.external_id, ''), coalesce(ad.name, ''), coalesce(touch.touchpoint_id, ''),
           (array_agg(entry.rule ORDER BY entry.revision DESC))[1], (array_agg(entry.sharing ORDER BY entry.revision DESC))[1],
           (array_agg(entry.confidence ORDER BY entry.revision DESC))[1], asked.created_at - touch.occurred_at, min(entry.click_date), (sum(entry.credit) * 100000000)::bigint, sum(entry.amount)::bigint
    FROM asked
    JOIN attribution_ledgerentry entry ON entry.workspace_id = %(workspace)s AND entry.deal_id = asked.id
      AND (%(as_of)s::timestamptz IS NULL OR entry.posted_at <= %(as_of)s)
    LEFT JOIN core_ad ad ON ad.id = entry.ad_id LEFT JOIN attribution_touchpoint touch ON touch.id = entry.touchpoint_id
    GROUP BY asked.id, asked.external_id, asked.day, asked.form_id, entry.layer, entry.ad_id, ad.external_id, ad.name, entry.touchpoint_id, touch.touchpoint_id, asked.created_at, touch.occurred_at
    HAVING sum(entry.credit) <> 0 OR sum(entry.amount) <> 0 OR entry.layer = 'unattributed'
    ORDER BY asked.external_id, (entry.layer = 'unattributed'), sum(entry.credit) DESC, entry.ad_id, entry.touchpoint_id
"""


@dataclass(frozen=True)
class CreditFilter:
    deal: str | None = None
    ad: str | None = None
    layer: Layer | None = None
    start: date | None = None
    end: date | None = None
    as_of: datetime | None = None
    """As the ledger stood then. What was modelled is not told apart for the past: it is part of the unattributed line."""

    @property
    def expands(self) -> bool:
        return self.as_of is None and self.layer in (None, Layer.MODELLED, Layer.UNATTRIBUTED)

    def keeps(self, line: CreditLine) -> bool:
        return (
            (self.ad is None or line.ad == self.ad)
            and (self.layer is None or line.layer == self.layer)
            and (self.start is None or line.day >= self.start)
            and (self.end is None or line.day <= self.end)
        )


class CreditLine(NamedTuple):
    """Of these there are millions in an export, hence no dataclass."""

    deal: str
    ad: str
    ad_name: str
    touchpoint: str
    layer: Layer
    rule: Rule
    sharing: int
    """Sessions that shared the key before the lead."""
    confidence: float
    delay: timedelta | None
    """From the click to the lead."""
    day: date
    """Of the click; the lead's where there is none."""
    units: int
    """Credit in hundred-millionths."""
    amount: int
    """Minor units of the workspace's currency."""

    @property
    def credit(self) -> Decimal:
        return Decimal(self.units).scaleb(-8)

    @property
    def because(self) -> str:
        return because(self.layer, self.rule, self.sharing, self.delay)


@dataclass(frozen=True)
class CreditPage:
    """Lines of some deals, never a part of a deal's; `next` is the deal after which the others come, None at the end."""

    lines: list[CreditLine]
    next: str | None


def credits(only: CreditFilter, *, after: str = "", most: int = 200) -> CreditPage:
    """Credits of up to `most` deals that come after `after`, in the order of their ids.

    Deals that the CRM no longer has are left out, unless one is asked for by its id.
    """
    workspace = Workspace.objects.get(pk=current_workspace_id())
    return _page(workspace, only, expansion_of(workspace) if only.expands else None, after, most)


def stored_credits(deal: str) -> list[CreditLine]:
    """The lines of one deal's own ledger, the unattributed one last and whole."""
    workspace = Workspace.objects.get(pk=current_workspace_id())
    return _page(workspace, CreditFilter(deal=deal), None, "", 1).lines


def every_credit() -> Iterator[CreditLine]:
    """All credits as they stand, deal by deal."""
    after: str | None = ""
    while after is not None:
        page = credits(CreditFilter(), after=after, most=2_000)
        yield from page.lines
        after = page.next


def _page(workspace: Workspace, only: CreditFilter, expansion: Expansion | None, after: str, most: int) -> CreditPage:
    ads = list(Ad.objects.filter(external_id=only.ad).values_list("pk", flat=True)) if only.ad else None
    stored = Layer.UNATTRIBUTED if only.layer == Layer.MODELLED else only.layer
    values = {
        "workspace": workspace.pk,
        "timezone": workspace.timezone,
        "after": after,
        "most": most,
        "as_of": only.as_of,
        "deal": only.deal,
        "start": only.start,
        "end": only.end,
        "layer": stored and str(stored),
        # A modelled part may fall to the ad on any deal that is not wholly explained.
        "ads": None if expansion else ads,
    }
    with connection.cursor() as cursor:
        cursor.execute(STANDING, values)
        rows = cursor.fetchall()
    names = _names(expansion)
    deals = [list(of_deal) for _, of_deal in groupby(rows, key=lambda row: row[0])]
    lines = [line for of_deal in deals for line in _of_deal(of_deal, expansion, names) if only.keeps(line)]
    return CreditPage(lines, deals[-1][0][1] if len(deals) == most else None)


def _names(expansion: Expansion | None) -> list[tuple[str, str]]:
    if expansion is None:
        return []
    ads = Ad.objects.filter(pk__in=expansion.ads.tolist()).values_list("pk", "external_id", "name")
    known = {ad: (external_id, name) for ad, external_id, name in ads}
    return [known.get(ad, ("", "")) for ad in expansion.ads.tolist()]


def _of_deal(
    rows: list[tuple[Any, ...]], expansion: Expansion | None, names: list[tuple[str, str]]
) -> Iterable[CreditLine]:
    _, deal, day, form, *_ = rows[0]
    lines = [
        CreditLine(deal, ad, name, touch, Layer(layer), Rule(rule), *rest)
        for _, _, _, _, layer, ad, name, touch, rule, *rest in rows
    ]
    on_ads = [line for line in lines if line.layer != Layer.UNATTRIBUTED]
    yield from on_ads
    # The rest of one, whatever became of the unattributed lines on the way.
    open_units = WHOLE - sum(line.units for line in on_ads)
    open_amount = sum(line.amount for line in lines if line.layer == Layer.UNATTRIBUTED)
    rest = CreditLine(deal, "", "", "", Layer.UNATTRIBUTED, Rule.NONE, 0, 1.0, None, day, open_units, open_amount)
    yield from _expanded(rest, expansion.of(day, form), names) if expansion and open_units > 0 else [rest]


def _expanded(rest: CreditLine, shares: np.ndarray, names: list[tuple[str, str]]) -> list[CreditLine]:
    places, parts = expand(rest.units, shares)
    units = [*parts.tolist(), rest.units - int(parts.sum())]
    amounts = split(rest.amount, [Decimal(part) / rest.units for part in units])
    deal, day = rest.deal, rest.day
    modelled = [
        CreditLine(deal, *names[place], "", Layer.MODELLED, Rule.NONE, 0, chance, None, day, part, amount)
        for place, chance, part, amount in zip(places.tolist(), shares[places].tolist(), units, amounts, strict=False)
    ]
    return [*modelled, rest._replace(units=units[-1], amount=amounts[-1])]
