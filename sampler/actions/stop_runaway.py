from __future__ import annotations

from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from sampler.actions.switch_budgets import switch_budgets
from sampler.domain.spend_pace import Runaway
from sampler.models import Change, Pause, SpendStop
from sampler.selectors.budgets import budget_holders, fixed_spenders, holder_kind
from stratum.core import audit
from stratum.core.actions.halt_sending import halt_sending
from stratum.core.models import AdAccount, Membership
from stratum.core.money import to_major
from stratum.core.periods import local_day
from stratum.core.permissions import OWNER

log = structlog.get_logger("stratum.sampler")


def stop_runaway(account: AdAccount, found: Runaway, *, now: datetime) -> SpendStop:
    """Stops sending for the account, pauses its budgets on the platform, and tells the owners. A dry run only stops and tells."""
    because = in_words(account, found)
    with transaction.atomic():
        stop = SpendStop.objects.create(
            workspace_id=account.workspace_id,
            account=account,
            at=now,
            rule=found.rule,
            spent=found.spent,
            expected=found.expected,
        )
        halt_sending(account, because=because, actor="Stratum", now=now)
        pauses = [] if account.dry_run else _wanted_pauses(stop, account, now)
        audit.record("runaway spend stopped", account, actor="Stratum", because=because, pausing=len(pauses))
    if pauses:
        switch_budgets(account, now=now)
    _tell_owners(account, because, len(pauses))
    return stop


def in_words(account: AdAccount, found: Runaway) -> str:
    spent, expected = (f"{to_major(round(minor), account.currency):,}" for minor in (found.spent, found.expected))
    time = "today" if found.rule == "day" else "within the last hour"
    return (
        f"{spent} {account.currency} were spent {time}, {found.times:.1f} times the {expected} that its budgets explain"
    )


def _wanted_pauses(stop: SpendStop, account: AdAccount, now: datetime) -> list[Pause]:
    """Whoever holds a budget, and whoever spends from one that nobody here changes."""
    holders = budget_holders(account, day=local_day(now, account.timezone))
    targets = [holder.target for holder in holders]
    targets += [(holder_kind(one), one.pk) for one in fixed_spenders(account)]
    return Pause.objects.bulk_create(
        Pause(
            workspace_id=stop.workspace_id,
            stop=stop,
            account=account,
            campaign_id=pk if kind == Change.Target.CAMPAIGN else None,
            ad_set_id=pk if kind == Change.Target.AD_SET else None,
        )
        for kind, pk in targets
    )


def _tell_owners(account: AdAccount, because: str, pausing: int) -> None:
    """What is not delivered is on the pages and in the audit trail all the same."""
    rows = Membership.objects.filter(role=OWNER, user__is_active=True).order_by("id")
    owners = list(rows.values_list("user__email", flat=True))
    done = (
        f"Stratum sends nothing more to {account.name} and is pausing its {pausing} active budgets on the platform."
        if pausing
        else f"Stratum sends nothing more to {account.name}. It paused nothing on the platform: the account is in dry run."
    )
    text = (
        f"{because}.\n\n{done}\n\nLook at the account, then let it go on: {settings.PUBLIC_URL}{reverse('decisions')}\n"
    )
    try:
        send_mail(f"{account.name}: spending stopped", text, None, owners)
    except (OSError, SMTPException) as problem:
        log.error("owners could not be told by e-mail", account=account.pk, reason=str(problem))
