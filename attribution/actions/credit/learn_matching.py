"""A new version of what is known about matching, from the workspace's own deals: nightly, and whenever asked."""

from __future__ import annotations

from dataclasses import asdict, dataclass, fields
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Min
from psycopg import Cursor

from attribution.actions.credit.keep_calibration import Learnt, keep_calibration
from attribution.domain.calibration import Pairs, learn_table, reliability
from attribution.domain.delays import BINS, EDGES, WINDOW
from attribution.domain.form_fit import form_lifts, usual_forms
from attribution.domain.hazard import Conversions, Exposure, Hazard, learn_hazard
from attribution.models import Calibration, MatchingSettings, Touchpoint
from attribution.sql import statement
from stratum.core.models import Ad, Workspace

LEARN_FROM = timedelta(days=180)
ENOUGH_DEALS = 30

CLICKS = """
    SELECT ad_id, floor(extract(epoch FROM %(until)s - occurred_at) / 86400)::int AS age, count(*)
    FROM attribution_touchpoint
    WHERE workspace_id = %(workspace)s AND ad_id IS NOT NULL AND anonymous_hash IS NOT NULL
      AND occurred_at >= %(since)s - interval '45 days' AND occurred_at < %(until)s
    GROUP BY 1, 2
"""
PERSON_DAYS = """
    SELECT count(*) FROM (
        SELECT DISTINCT anonymous_hash, (occurred_at::date + step) AS day
        FROM attribution_touchpoint CROSS JOIN generate_series(0, 44, 4) AS step
        WHERE workspace_id = %(workspace)s AND ad_id IS NOT NULL AND anonymous_hash IS NOT NULL
          AND occurred_at >= %(since)s - interval '45 days' AND occurred_at < %(until)s
          AND occurred_at + step * interval '1 day' BETWEEN %(since)s AND %(until)s
    ) AS watched
"""
LEADS_WITH_KEY = """
    SELECT count(*) FROM attribution_deal
    WHERE workspace_id = %(workspace)s AND created_at >= %(since)s AND created_at < %(until)s AND removed_at IS NULL
      AND coalesce(click_hash, other_click_hash, anonymous_hash, email_hash, phone_hash, contact_hash) IS NOT NULL
"""


def learn_matching(workspace: Workspace, *, until: datetime) -> Calibration | None:
    """Learns from deals that came before `until`; None where too few of them have a known person."""
    values = {"workspace": workspace.pk, "since": _since(until), "until": until}
    known = _Known(*_columns(statement("known_clicks"), values, 6))
    if np.unique(known.deal[known.is_after == 0]).size < ENOUGH_DEALS:
        return None
    leads = float(_columns(LEADS_WITH_KEY, values, 1)[0][0])
    settings = MatchingSettings.objects.first()
    measured = settings and settings.ad_driven_share
    hazard, ads = _hazard(values, known, np.inf if measured is None else measured * leads)
    known = known.before()
    lifts = _form_lifts(known, hazard, ads)
    pairs, deal = _pairs(values, lifts)
    notes = {
        "since": values["since"],
        "until": until,
        "pairs": pairs.rule.size,
        "deals": int(np.unique(known.deal).size),
        "ad_driven_share": min(hazard.driven / leads, 1.0) if leads else None,
        "measured_share": measured,
        "reliability": [asdict(one) for one in reliability(pairs, deal)],
    }
    pulls = dict(zip(ads.tolist(), hazard.pull.tolist(), strict=True))
    learnt = Learnt(learn_table(pairs), hazard, pulls, lifts, notes)
    return keep_calibration(workspace, learnt, learnt_at=until)


def _since(until: datetime) -> datetime:
    """Leads are learnt from when a whole window of clicks before them can be seen, if a good part of the data remains."""
    first = Touchpoint.objects.filter(ad__isnull=False).aggregate(first=Min("occurred_at"))["first"] or until
    with_history = first + timedelta(days=WINDOW)
    return max(until - LEARN_FROM, with_history if until - with_history > timedelta(days=WINDOW / 2) else first)


@dataclass(frozen=True)
class _Known:
    """Clicks of known people around their leads, a row for each."""

    deal: np.ndarray
    ad: np.ndarray
    delay: np.ndarray
    form: np.ndarray
    device: np.ndarray
    is_after: np.ndarray
    """1 where the click came after the lead."""

    def before(self) -> _Known:
        """Only the clicks that may have brought their lead."""
        return _Known(*(getattr(self, field.name)[self.is_after == 0] for field in fields(self)))


def _columns(text: str, values: dict[str, Any], count: int) -> list[np.ndarray]:
    with Cursor(connection.connection) as cursor:
        cursor.execute(text, values)
        rows = cursor.fetchall()
    return [np.array(column) for column in zip(*rows, strict=True)] or [np.array([], dtype=int)] * count


def _hazard(values: dict[str, Any], known: _Known, most_driven: float) -> tuple[Hazard, np.ndarray]:
    """The hazard, and the ids of the ads in the order of its pulls."""
    ad, age, count = _columns(CLICKS, values, 3)
    ads = np.union1d(ad, known.ad)
    at, count = np.searchsorted(ads, ad), count.astype(float)
    clicks = np.bincount(at, count, minlength=ads.size)
    starts, ends = np.array([0.0, *EDGES]), np.array([*EDGES, WINDOW])
    # A click of that age was watched while leads were: not before the first of them, not after the last.
    lead_days = (values["until"] - values["since"]) / timedelta(days=1)
    oldest, youngest = age[:, None] + 0.5, np.maximum(age[:, None] + 0.5 - lead_days, 0)
    share = np.clip((np.minimum(ends, oldest) - np.maximum(starts, youngest)) / (ends - starts), 0, 1)
    watched = np.zeros((ads.size, BINS))
    np.add.at(watched, at, share * count[:, None])
    watched /= np.maximum(clicks, 1)[:, None]
    # Before it, as far back as leads were watched.
    before = (np.clip((np.minimum(ends, lead_days - age[:, None] - 0.5) - starts) / (ends - starts), 0, 1).T) @ count
    person_days = 4.0 * float(_columns(PERSON_DAYS, values, 1)[0][0])
    deal = np.unique(known.deal, return_inverse=True)[1]
    conversions = Conversions(deal, np.searchsorted(ads, known.ad), known.delay, known.device, known.is_after == 1)
    exposure = Exposure(clicks, watched, before, person_days)
    return learn_hazard(conversions, exposure, most_driven), ads


def _form_lifts(known: _Known, hazard: Hazard, ads: np.ndarray) -> dict[tuple[str, int], float]:
    """By form and ad, from the click that most likely brought each deal."""
    pull = hazard.pull[np.searchsorted(ads, known.ad)] * hazard.decay[known.device, known.delay]
    order = np.lexsort((-pull, known.deal))
    first = order[np.r_[True, np.diff(known.deal[order]) != 0]]
    first = first[usual_forms(known.form[first])]
    if not first.size:
        return {}
    forms, form = np.unique(known.form[first], return_inverse=True)
    campaign_of = dict(Ad.objects.filter(pk__in=ads.tolist()).values_list("pk", "ad_set__campaign_id"))
    campaign = np.unique([campaign_of[ad] for ad in ads.tolist()], return_inverse=True)[1]
    lifts = form_lifts(form, np.searchsorted(ads, known.ad[first]), campaign)
    return {(str(forms[i]), int(ads[j])): float(lift) for (i, j), lift in np.ndenumerate(lifts)}


def _pairs(values: dict[str, Any], lifts: dict[tuple[str, int], float]) -> tuple[Pairs, np.ndarray]:
    deal, rule, sharing, delay, ad, form, same = _columns(statement("masked_pairs"), values, 7)
    fit = [lifts.get(pair) for pair in zip(form.tolist(), ad.tolist(), strict=True)]
    forms = np.array([0 if lift is None else 1 if lift >= 1 else 2 for lift in fit], dtype=int)
    return Pairs(rule, sharing, delay, forms, same, np.ones(rule.size)), deal
