"""Versions of what was learnt about matching: the newest is used, older ones stay because ledger lines name them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Max

from attribution.domain.calibration import RULES, Table, starting_table
from attribution.domain.hazard import Hazard, starting_hazard
from attribution.models import AdPull, Calibration, CalibrationCell, FormFit
from stratum.core.clock import now
from stratum.core.models import Workspace


@dataclass(frozen=True)
class Learnt:
    table: Table
    hazard: Hazard
    pulls: dict[int, float] = field(default_factory=dict)
    """By ad id."""
    form_lifts: dict[tuple[str, int], float] = field(default_factory=dict)
    """By form and ad id."""
    notes: dict[str, Any] = field(default_factory=dict)
    """Further fields of the version: since, until, pairs, deals, reliability, ad_driven_share, measured_share."""


def start_calibration(workspace: Workspace) -> None:
    """A workspace that has learnt nothing yet starts with what was measured elsewhere, as version 1."""
    if not Calibration.objects.exists():
        keep_calibration(workspace, Learnt(starting_table(), starting_hazard()), learnt_at=now())


@transaction.atomic
def keep_calibration(workspace: Workspace, learnt: Learnt, *, learnt_at: datetime) -> Calibration:
    """Stores a new version whole; from now on it is the one that is used."""
    # Not FOR UPDATE: rows that point to the workspace must come in meanwhile.
    Workspace.objects.select_for_update(no_key=True).get(pk=workspace.pk)
    version = (Calibration.objects.aggregate(newest=Max("version"))["newest"] or 0) + 1
    hazard = learnt.hazard
    kept = Calibration.objects.create(
        workspace=workspace,
        version=version,
        learnt_at=learnt_at,
        organic_rate=hazard.organic,
        organic_rate_of_click=hazard.organic_of_click.ravel().tolist(),
        mean_pull=float(np.mean(hazard.pull)),
        decay=hazard.decay.ravel().tolist(),
        **learnt.notes,
    )
    CalibrationCell.objects.bulk_create(_cells(workspace, version, learnt.table))
    AdPull.objects.bulk_create(
        AdPull(workspace=workspace, version=version, ad_id=ad, pull=pull) for ad, pull in learnt.pulls.items()
    )
    FormFit.objects.bulk_create(
        FormFit(workspace=workspace, version=version, form_id=form, ad_id=ad, lift=lift)
        for (form, ad), lift in learnt.form_lifts.items()
    )
    return kept


def _cells(workspace: Workspace, version: int, table: Table) -> list[CalibrationCell]:
    return [
        CalibrationCell(
            workspace=workspace,
            version=version,
            rule=RULES[rule],
            sharing=sharing,
            delay=delay,
            form=form,
            confidence=float(confidence),
            pairs=float(table.pairs[rule, sharing, delay, form]),
        )
        for (rule, sharing, delay, form), confidence in np.ndenumerate(table.confidence)
    ]
