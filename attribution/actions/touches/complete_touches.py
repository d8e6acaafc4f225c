from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from attribution.domain.click_ids import kind_of
from attribution.domain.landing_address import Landing, is_macro, read_address
from attribution.selectors.intake_notes import MACRO_NOT_FILLED
from stratum.core import audit
from stratum.core.clock import now
from stratum.core.models import AuditEntry, Campaign

ONCE_A = timedelta(days=1)
NAMES = ("ad_id", "campaign_id", "channel")


def complete_touches(rows: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The rows (fields of `row_fields.TOUCHPOINT`) with what their landing address tells beside them, and kinds of click ids by their form.

    A macro that nobody filled in names no ad; the audit trail says so with the campaign, once a day.
    """
    completed, unfilled = [], {}
    for row in rows:
        row = dict(row)
        address = row["landing_path"]
        landing = (
            read_address(address) if "?" in address or "#" in address or "://" in address else Landing(path=address)
        )
        macros = [*landing.macros, *(row[name] for name in NAMES if is_macro(row[name]))]
        row |= {name: "" for name in NAMES if is_macro(row[name])}
        told = {"ad_id": landing.ad_id[:160], "campaign_id": landing.campaign_id[:160], "channel": landing.medium[:40]}
        row |= {name: value for name, value in told.items() if value and not row[name]}
        if landing.click and not row["click_id"]:
            row |= {"click_id": landing.click.value[:600], "click_id_kind": landing.click.kind}
        row["landing_path"] = landing.path[:400]
        row["click_id_kind"] = (
            kind_of(row["click_id"], row["click_id_kind"]) if row["click_id"] else row["click_id_kind"]
        )
        if macros:
            unfilled[row["campaign_id"] or landing.campaign_name] = macros[0]
        completed.append(row)
    _warn(unfilled)
    return completed


def _warn(unfilled: dict[str, str]) -> None:
    if not unfilled:
        return
    names = dict(Campaign.objects.filter(external_id__in=unfilled).values_list("external_id", "name"))
    today = AuditEntry.objects.filter(action=MACRO_NOT_FILLED, at__gt=now() - ONCE_A)
    known = set(today.values_list("data__campaign", "data__macro"))
    for campaign, macro in unfilled.items():
        if (names.get(campaign, campaign)[:160], macro[:80]) not in known:
            audit.record(
                MACRO_NOT_FILLED, "tag", actor="Stratum", campaign=names.get(campaign, campaign)[:160], macro=macro[:80]
            )
