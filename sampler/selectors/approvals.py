"""Who stands behind a change. An approval is for one content: what was altered since, by whatever hand, is not approved."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timedelta

from sampler.domain import states
from sampler.domain.findings import Finding, Severity, clean, people_needed
from sampler.domain.proposal import Limits
from sampler.models import Approval, Change
from stratum.core.models import Membership, User
from stratum.core.permissions import ALLOWED, APPROVE

ITSELF = "Stratum, within the limits"
"""Who approves what needs no person."""
ALTERED = "In the form that it has now it was not approved."
A_PERSON_EACH = "Stratum approved it by itself; a person has to approve each change of this account by now."


@dataclass(frozen=True)
class Lacking:
    """What an approved change lacks by the time of sending: the status that it goes to instead, and why."""

    status: str
    because: str


def findings_of(change: Change) -> tuple[Finding, ...]:
    return tuple(Finding(f["check"], Severity(f["severity"]), f["sentence"]) for f in change.findings)


def approvers() -> int:
    """People who may approve in this workspace."""
    roles = [role for role, verbs in ALLOWED.items() if APPROVE in verbs]
    return Membership.objects.filter(role__in=roles, user__is_active=True).count()


def content_hash(change: Change) -> str:
    """Of what would be done and the plan it is part of; 64 hexadecimal digits."""
    plan = change.plan.inputs_hash if change.plan else ""
    content = (
        change.target_kind,
        change.ad_set_id or change.campaign_id,
        change.field,
        change.before,
        change.after,
        change.currency,
        plan,
    )
    return hashlib.sha256(repr(content).encode()).hexdigest()


def standing_approvals(change: Change) -> list[Approval]:
    """Those that are for this content, the oldest first."""
    return list(Approval.objects.filter(change=change, of=content_hash(change)).order_by("at", "id"))


def approvals_of_people(change: Change) -> list[Approval]:
    """Those that are not Stratum's own; a key's is among them."""
    return [approval for approval in standing_approvals(change) if approval.by != ITSELF]


def still_missing(change: Change) -> int:
    """How many have yet to approve, whatever Stratum itself did.

    Where two people are needed a key is none, and whoever asked for the change is one but not the only one.
    """
    needed = people_needed(findings_of(change), approvers())
    signed = {approval.by for approval in approvals_of_people(change)}
    if needed > 1:
        signed = _people(signed)
        signed |= _people({change.asked_by}) if signed else set()
    return max(needed - len(signed), 0)


def _people(names: set[str]) -> set[str]:
    """Those that are somebody's sign-in: whoever holds a key may be anybody, also somebody who signed already."""
    return set(User.objects.filter(email__in=names, is_active=True).values_list("email", flat=True))


def what_it_lacks(change: Change, limits: Limits, *, alone: bool, now: datetime) -> Lacking | None:
    """Why an approved change may not be sent after all; None when it may. It is judged by its findings, which are those of now.

    `alone`: Stratum may act by itself; its own approval counts only then, and only where nothing is left for a person to look at.
    """
    standing = standing_approvals(change)
    if not standing:
        return Lacking(states.BLOCKED, ALTERED)
    if not (alone and clean(findings_of(change))):
        standing = [approval for approval in standing if approval.by != ITSELF]
        if missing := still_missing(change):
            return Lacking(states.WAITING, _who_is_missing(change, missing))
    age = now - standing[-1].at
    return Lacking(states.BLOCKED, _lapsed(age, limits)) if age > timedelta(hours=limits.approval_hours) else None


def _who_is_missing(change: Change, missing: int) -> str:
    asking = [finding.sentence for finding in findings_of(change) if finding.severity != Severity.NOTE]
    if not asking:
        return A_PERSON_EACH
    people = "a person has" if missing == 1 else f"{missing} people have"
    return f"Not sent: by now {people} yet to approve it. {asking[0]}"


def why_lapsed_while_held(change: Change, limits: Limits, *, now: datetime) -> str:
    """Why what waits for its cuts is not to be sent any more; empty while its approval holds. By the row alone, as it is asked often."""
    age = now - (change.decided_at or now)
    return _lapsed(age, limits) if age > timedelta(hours=limits.approval_hours) else ""


def _lapsed(age: timedelta, limits: Limits) -> str:
    hours = age.total_seconds() / 3600
    return f"Its approval of {hours:,.1f} hours ago has lapsed: it holds for {limits.approval_hours:g} hours."
