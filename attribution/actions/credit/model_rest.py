"""Layer 3: the ad-driven part of what stayed unattributed, over ads and days, as signed aggregates."""

from __future__ import annotations

from datetime import date, datetime, timedelta

import numpy as np
from django.db import connection, transaction
from django.db.models import Max

from attribution.domain.modelled import whole
from attribution.models import Calibration, LedgerEntry, MatchingSettings, ModelledEntry, ModelledRun
from attribution.rest import Rest, read_rest
from stratum.core.models import Workspace

KEEP = """
    INSERT INTO attribution_modelledentry (workspace_id, basis, day, ad_id, run, amount, deals, posted_at)
    SELECT %(workspace)s, %(basis)s, day, ad, %(run)s, sum(amount), sum(deals), %(now)s
    FROM (SELECT * FROM unnest(%(days)s::date[], %(ads)s::bigint[], %(amounts)s::bigint[], %(deals)s::float8[]) AS wanted(day, ad, amount, deals)
          UNION ALL
          SELECT day, ad_id, -amount, -deals FROM attribution_modelledentry WHERE workspace_id = %(workspace)s AND basis = %(basis)s) AS both_sides
    GROUP BY day, ad HAVING sum(amount) <> 0 OR abs(sum(deals)) > 1e-9
"""


@transaction.atomic
def model_rest(workspace: Workspace, *, now: datetime) -> ModelledRun | None:
    """Spreads the modelled revenue anew and posts the difference to what stands; None before there is a calibration."""
    # Not FOR UPDATE: rows that point to the workspace must come in meanwhile.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    calibration = Calibration.objects.order_by("-version").first()
    if calibration is None:
        return None
    newest = LedgerEntry.everywhere.aggregate(newest=Max("id"))["newest"] or 0
    settings = MatchingSettings.objects.first()
    rest = read_rest(workspace, calibration, settings.ad_driven_share if settings else None)
    spread = rest.spread()
    run = ModelledRun.objects.create(
        workspace=workspace,
        run=(ModelledRun.objects.aggregate(newest=Max("run"))["newest"] or 0) + 1,
        made_at=now,
        calibration=calibration.version,
        ad_driven_share=rest.ad_driven_share,
        source=settings.ad_driven_share_source if settings and settings.ad_driven_share is not None else "",
        anchored=bool(settings and settings.ad_driven_share is not None),
        leads=rest.leads,
        explained=rest.explained,
        amount=round(float(spread.cash.sum())),
        ledger_to=newest,
    )
    bases = ModelledEntry.Basis
    _keep(run, bases.CASH, rest.first_booking, rest, spread.cash, spread.cash_deals)
    _keep(run, bases.ACCRUAL, rest.first_day, rest, spread.accrual, spread.accrual_deals)
    return run


def _keep(run: ModelledRun, basis: str, first: date, rest: Rest, amounts: np.ndarray, deals: np.ndarray) -> None:
    cents = whole(amounts)
    day, ad = np.nonzero((cents != 0) | (deals > 1e-6))
    values = {
        "workspace": run.workspace_id,
        "basis": basis,
        "run": run.run,
        "now": run.made_at,
        "days": [first + timedelta(days=offset) for offset in day.tolist()],
        "ads": rest.ads[ad].tolist(),
        "amounts": cents[day, ad].tolist(),
        "deals": deals[day, ad].tolist(),
    }
    with connection.cursor() as cursor:
        cursor.execute(KEEP, values)
