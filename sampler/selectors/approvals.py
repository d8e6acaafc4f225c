"""Who stands behind a change. An approval is for one content: what was altered since, by whatever hand, is not approved."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta

from sampler.domain.findings import Finding, Severity, people_needed
from sampler.domain.proposal import Limits
from sampler.models import Approval, Change
from stratum.core.models import Membership, User
from stratum.core.permissions import ALLOWED, APPROVE


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


def still_missing(change: Change) -> int:
    """How many have yet to approve. Where two people are needed a key is none, and whoever asked for the change is one but not the only one."""
    needed = people_needed(findings_of(change), approvers())
    signed = {approval.by for approval in standing_approvals(change)}
    if needed > 1:
        signed = _people(signed)
        signed |= _people({change.asked_by}) if signed else set()
    return max(needed - len(signed), 0)


def _people(names: set[str]) -> set[str]:
    """Those that are somebody's sign-in: whoever holds a key may be anybody, also somebody who signed already."""
    return set(User.objects.filter(email__in=names, is_active=True).values_list("email", flat=True))


def why_not_approved(change: Change, limits: Limits, *, now: datetime) -> str:
    """Why an approved change may not be sent after all; empty when it may."""
    standing = standing_approvals(change)
    if not standing or still_missing(change):
        return "In the form that it has now it was not approved by the people that it needs."
    age = now - standing[-1].at
    if age > timedelta(hours=limits.approval_hours):
        hours = age.total_seconds() / 3600
        return f"Its approval of {hours:,.1f} hours ago has lapsed: it holds for {limits.approval_hours:g} hours."
    return ""
