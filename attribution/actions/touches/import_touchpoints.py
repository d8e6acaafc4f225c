from __future__ import annotations

from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.models import Touchpoint
from stratum.core.models import Workspace
from stratum.core.sent_rows import Outcome, Problem, SentRow


def import_touchpoints(workspace: Workspace, rows: list[SentRow]) -> Outcome:
    """Stores touchpoints, each id once. A row that names another ad than the first of its id is listed."""
    ids = [row.values["touchpoint_id"] for row in rows]
    known = dict(Touchpoint.objects.filter(touchpoint_id__in=ids).values_list("touchpoint_id", "ad_external_id"))
    outcome, good = Outcome(), []
    for row in rows:
        before, ad_id = known.get(row.values["touchpoint_id"]), row.values["ad_id"]
        if before and ad_id and before != ad_id:
            reason = f"the id is there already, with ad {before}: it counts for that ad alone"
            outcome.problems.append(Problem(row.position, "touchpoint_id", reason))
        else:
            known.setdefault(row.values["touchpoint_id"], ad_id)
            good.append(row)
    outcome.stored = record_touchpoints(workspace, [row.values for row in good])
    return outcome
