from __future__ import annotations

from dataclasses import asdict
from datetime import datetime

from sampler.actions.inspect_changes import holders_of
from sampler.domain import states
from sampler.domain.guardrails import inspect
from sampler.models import Change
from sampler.selectors.guard import context_of, limits_of, proposal_of, surroundings_of
from stratum.core.models import AdAccount


def inspect_again(*, now: datetime) -> int:
    """Puts every waiting change through the guardrails once more, so that who decides sees the findings of now; how many differ.

    None is moved: what is blocked now may pass an hour later, and sending looks once more.
    """
    waiting = Change.objects.filter(status=states.WAITING)
    accounts = AdAccount.objects.filter(pk__in=waiting.values("account")).select_related("workspace").order_by("id")
    return sum(_inspect_again(account, now) for account in accounts)


def _inspect_again(account: AdAccount, now: datetime) -> int:
    rows = Change.objects.filter(account=account, status=states.WAITING).select_related("account__workspace", "plan")
    changes = list(rows.defer("plan__inputs").order_by("id"))
    limits, holders = limits_of(account), holders_of(account, changes, now)
    around, differ = surroundings_of(account, changes, now=now), 0
    for change in changes:
        found = inspect(proposal_of(change), limits, context_of(change, holders[change.pk], around, now=now))
        findings = [asdict(finding) for finding in found]
        if findings != change.findings:
            differ += Change.objects.filter(pk=change.pk, status=states.WAITING).update(findings=findings)
    return differ
