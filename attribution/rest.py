"""What stayed unattributed, with all that is needed to spread its ad-driven part over ads: in aggregate, or for one deal."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
from django.db import connection
from psycopg import Cursor

from attribution.domain import modelled
from attribution.models import AdPull, Calibration, FormFit
from stratum.core.models import Workspace

LINES = """
    SELECT (deal.created_at AT TIME ZONE %(timezone)s)::date, deal.form_id, entry.booked_date, sum(entry.amount)::float8, sum(entry.credit)::float8
    FROM attribution_ledgerentry entry JOIN attribution_deal deal ON deal.id = entry.deal_id
    -- Dates that cannot be meant, of long ago or still to come, must not widen the arrays.
    CROSS JOIN (SELECT max(posted_at) - interval '3 years' AS first, max(posted_at) AS last
                FROM attribution_ledgerentry WHERE workspace_id = %(workspace)s) AS horizon
    WHERE entry.workspace_id = %(workspace)s AND entry.layer = 'unattributed' AND deal.removed_at IS NULL
      AND deal.created_at BETWEEN horizon.first AND horizon.last
    GROUP BY 1, 2, 3
"""
LEADS = """
    SELECT count(DISTINCT entry.deal_id), coalesce(sum(entry.credit) FILTER (WHERE entry.layer <> 'unattributed'), 0)::float8
    FROM attribution_ledgerentry entry JOIN attribution_deal deal ON deal.id = entry.deal_id
    WHERE entry.workspace_id = %(workspace)s AND deal.removed_at IS NULL
"""
CLICKS = """
    SELECT (occurred_at AT TIME ZONE %(timezone)s)::date, ad_id, count(*) FROM attribution_touchpoint
    CROSS JOIN (SELECT max(posted_at) - interval '3 years' AS first, max(posted_at) AS last
                FROM attribution_ledgerentry WHERE workspace_id = %(workspace)s) AS horizon
    WHERE workspace_id = %(workspace)s AND ad_id IS NOT NULL AND occurred_at BETWEEN horizon.first AND horizon.last GROUP BY 1, 2
"""


@dataclass(frozen=True)
class Rest:
    """Arrays by day (from `first_day`), form and ad, in the order of `ads` and `forms`."""

    first_day: date
    first_booking: date
    bookings: int
    ads: np.ndarray
    forms: list[str]
    clicks: np.ndarray
    """Shape (days, ads)."""
    pull: np.ndarray
    lift: np.ndarray
    """Shape (forms, ads)."""
    by_day: np.ndarray
    lines: modelled.Open
    leads: int
    explained: float
    """Leads that credits on ads add up to."""
    ad_driven_share: float

    @cached_property
    def expected(self) -> np.ndarray:
        return modelled.pressure(self.clicks, self.pull, self.by_day)

    @cached_property
    def chance(self) -> np.ndarray:
        """By day: what of an unattributed lead is modelled."""
        open_mass = np.bincount(self.lines.lead_day, self.lines.credit, minlength=self.clicks.shape[0])
        missing = self.ad_driven_share * self.leads - self.explained
        return modelled.ad_driven_chance(open_mass, self.expected.sum(axis=1), missing)

    @cached_property
    def shares(self) -> np.ndarray:
        return modelled.shares_of_ads(self.expected, self.lift)

    def spread(self) -> modelled.Spread:
        return modelled.spread(self.lines, self.chance, self.shares, self.clicks, self.by_day, self.bookings)

    def of_lead(self, day: date, form: str) -> np.ndarray:
        """What of an unattributed lead of that day and form goes to each ad; sums to less than one."""
        index = (day - self.first_day).days
        if not 0 <= index < self.chance.size:
            return np.zeros(self.ads.size)
        return self.chance[index] * self.shares[index, self.forms.index(form) if form in self.forms else 0]


def read_rest(workspace: Workspace, calibration: Calibration, anchor: float | None) -> Rest:
    """Everything from the ledger as it stands. `anchor` is the ad-driven share of leads that was measured, if it was."""
    values = {"workspace": workspace.pk, "timezone": workspace.timezone}
    lines, clicks, counts = (_rows(text, values) for text in (LINES, CLICKS, LEADS))
    leads, explained = counts[0]
    lead_days, bookings = [row[0] for row in lines], [row[2] for row in lines]
    first = min([*lead_days, *(row[0] for row in clicks)], default=date(2000, 1, 1))
    days = (max([*lead_days, *(row[0] for row in clicks)], default=first) - first).days + 1
    ads = np.unique(np.array([row[1] for row in clicks], dtype=np.int64))
    # A form of which nothing was learnt is like none.
    learnt = set(FormFit.objects.filter(version=calibration.version).values_list("form_id", flat=True))
    forms = sorted({"", *(row[1] for row in lines if row[1] in learnt)})
    counted = np.zeros((days, ads.size))
    np.add.at(
        counted,
        (
            np.array([(row[0] - first).days for row in clicks], dtype=int),
            np.searchsorted(ads, [row[1] for row in clicks]),
        ),
        [row[2] for row in clicks],
    )
    first_booking = min(bookings, default=first)
    form_index = {form: n for n, form in enumerate(forms)}
    opened = modelled.Open(
        np.array([(day - first).days for day in lead_days], dtype=int),
        np.array([form_index.get(row[1], 0) for row in lines], dtype=int),
        np.array([(day - first_booking).days for day in bookings], dtype=int),
        np.array([row[3] for row in lines], dtype=float),
        np.array([row[4] for row in lines], dtype=float),
    )
    share = anchor if anchor is not None else modelled.assumed_share(explained, leads)
    return Rest(
        first,
        first_booking,
        (max(bookings, default=first_booking) - first_booking).days + 1,
        ads,
        forms,
        counted,
        _pulls(calibration, ads),
        _lifts(calibration, ads, forms),
        modelled.decay_by_day(np.array(calibration.decay)),
        opened,
        leads,
        explained,
        share,
    )


def _rows(text: str, values: dict[str, object]) -> list[tuple]:
    connection.ensure_connection()
    with Cursor(connection.connection) as cursor:
        return cursor.execute(text, values).fetchall()


def _pulls(calibration: Calibration, ads: np.ndarray) -> np.ndarray:
    known = dict(AdPull.objects.filter(version=calibration.version).values_list("ad_id", "pull"))
    return np.array([known.get(ad, calibration.mean_pull) for ad in ads.tolist()])


def _lifts(calibration: Calibration, ads: np.ndarray, forms: list[str]) -> np.ndarray:
    lift = np.ones((len(forms), ads.size))
    ad_index, form_index = {ad: n for n, ad in enumerate(ads.tolist())}, {form: n for n, form in enumerate(forms)}
    for form, ad, value in FormFit.objects.filter(version=calibration.version).values_list("form_id", "ad_id", "lift"):
        if form in form_index and ad in ad_index:
            lift[form_index[form], ad_index[ad]] = value
    return lift
