from __future__ import annotations

from datetime import datetime
from smtplib import SMTPException

import structlog
from django.conf import settings
from django.core.mail import send_mail
from django.db import transaction
from django.urls import reverse

from sampler.actions.keep_stopped import keep_stopped, want_pauses
from sampler.actions.switch_budgets import switch_budgets
from sampler.domain.spend_pace import Runaway
from sampler.models import Pause, SpendStop
from stratum.core import audit
from stratum.core.actions.halt_sending import halt_sending
from stratum.core.models import AdAccount, Membership
from stratum.core.money import to_major
from stratum.core.permissions import OWNER

log = structlog.get_logger("stratum.sampler")


def stop_runaway(account: AdAccount, found: Runaway, *, now: datetime) -> SpendStop:
    """Stops sending for the account, pauses its budgets on the platform, and tells the owners. A dry run only stops and tells.

    Those known to be active are paused first, at once; then the platform is asked for the others, created or switched on since the structure
    was last pulled. Where it does not answer, `watch_spend` asks again.
    """
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
        pauses = [] if account.dry_run else want_pauses(stop, account, now=now)
        audit.record("runaway spend stopped", account, actor="Stratum", because=because, pausing=len(pauses))
    if pauses:
        switch_budgets(account, now=now)
    answered = account.dry_run or keep_stopped(stop, account, now=now)
    _tell_owners(account, because, _done(stop, account, answered))
    return stop


def in_words(account: AdAccount, found: Runaway) -> str:
    spent, expected = (f"{to_major(round(minor), account.currency):,}" for minor in (found.spent, found.expected))
    time = "today" if found.rule == "day" else "within the last hour"
    return (
        f"{spent} {account.currency} were spent {time}, {found.times:.1f} times the {expected} that its budgets explain"
    )


def _done(stop: SpendStop, account: AdAccount, answered: bool) -> str:
    nothing_sent = f"Stratum sends nothing more to {account.name}"
    if account.dry_run:
        return f"{nothing_sent}. It paused nothing on the platform: the account is in dry run."
    pausing = Pause.objects.filter(stop=stop).exclude(status=Pause.Status.LEFT).count()
    if answered:
        return f"{nothing_sent} and is pausing its {pausing} active budgets on the platform."
    return (
        f"{nothing_sent} and is pausing the {pausing} budgets that it knew to be active. The platform did not answer which "
        "were created or switched on since: Stratum goes on asking, and pauses those too."
    )


def _tell_owners(account: AdAccount, because: str, done: str) -> None:
    """What is not delivered is on the pages and in the audit trail all the same."""
    rows = Membership.objects.filter(role=OWNER, user__is_active=True).order_by("id")
    owners = list(rows.values_list("user__email", flat=True))
    text = (
        f"{because}.\n\n{done}\n\nLook at the account, then let it go on: {settings.PUBLIC_URL}{reverse('decisions')}\n"
    )
    try:
        send_mail(f"{account.name}: spending stopped", text, None, owners)
    except (OSError, SMTPException) as problem:
        log.error("owners could not be told by e-mail", account=account.pk, reason=str(problem))
