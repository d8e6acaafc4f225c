"""What was created or switched on behind a stop's back is paused too, over real HTTP, and resumed with the others."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from sampler.actions.resume_budgets import resume_budgets
from sampler.actions.stop_runaway import stop_runaway
from sampler.actions.watch_spend import watch_spend
from sampler.domain.spend_pace import Runaway
from sampler.models import Pause, SpendStop
from stratum.core.actions.halt_sending import lift_halt
from stratum.core.models import AdAccount, AdSet, AuditEntry, Campaign
from stratum.core.permissions import ALLOWED, OWNER
from tests.sampler.test_runaway import PLENTY, _hours, _nodes, _run_away, account, platform  # noqa: F401

OLGA = {"by": "olga@example.com", "verbs": ALLOWED[OWNER]}
RUNAWAY = Runaway(rule="hour", spent=90_000, expected=10_000)


def _stopped(platform, account):  # noqa: F811
    _hours(platform, account, 2)
    _run_away(platform, PLENTY)
    stop = _hours(platform, account, 1)
    assert stop is not None
    return stop


def _looked_again(platform, account, times=1):  # noqa: F811
    for _ in range(times):
        platform.advance(hours=1)
        assert watch_spend(account, now=platform.now()) is None


def _own_budget(platform):  # noqa: F811
    return next(node for node in platform.world.ad_sets.values() if node.daily_budget)


def _created(platform, number="9001"):  # noqa: F811
    """Whoever took the account over makes an ad set of their own."""
    made = replace(_own_budget(platform), id=number, name="Not ours", status="ACTIVE", budget_changes=[])
    platform.world.ad_sets[number] = made
    return made


def _by_hand(platform, node, status):  # noqa: F811
    platform.perform("edit", {"id": node.id, "status": status, "by": "person"})


def _statuses(platform):  # noqa: F811
    return {node.status for node in _nodes(platform)}


def test_what_was_created_since_the_last_pull_is_paused_and_resumed(account, platform, mailoutbox):  # noqa: F811
    ad_set = _own_budget(platform)
    campaign = next(node for node in platform.world.campaigns.values() if node.daily_budget)
    AdSet.objects.filter(external_id=ad_set.id).delete()
    Campaign.objects.filter(external_id=campaign.id).delete()
    stop = _stopped(platform, account)
    assert _statuses(platform) == {"PAUSED"}
    assert Pause.objects.filter(stop=stop, status="paused").count() == len(_nodes(platform))
    assert f"pausing its {len(_nodes(platform))} active budgets" in mailoutbox[0].body
    assert resume_budgets(account, **OLGA, now=platform.now()) == len(_nodes(platform))
    assert _statuses(platform) == {"ACTIVE"}


def test_what_was_switched_on_since_the_last_pull_is_paused_and_resumed(account, platform):  # noqa: F811
    AdSet.objects.filter(external_id=_own_budget(platform).id).update(status="PAUSED")
    _stopped(platform, account)
    assert _statuses(platform) == {"PAUSED"}
    resume_budgets(account, **OLGA, now=platform.now())
    assert _statuses(platform) == {"ACTIVE"}


def test_a_newcomer_during_a_stop_is_paused_at_the_next_look_and_resumed(account, platform, mailoutbox):  # noqa: F811
    stop = _stopped(platform, account)
    held, made = len(_nodes(platform)), _created(platform)
    _looked_again(platform, account)
    assert made.status == "PAUSED"
    assert Pause.objects.get(ad_set__external_id=made.id).stop == stop
    told = AuditEntry.objects.filter(action="budget found active while spending is stopped")
    assert [entry.data for entry in told] == [{"of": "Not ours", "paused_before": False}]
    _looked_again(platform, account, times=2)
    assert told.count() == 1 == len(mailoutbox), "nothing new, nothing told"
    assert resume_budgets(account, **OLGA, now=platform.now()) == held + 1
    assert _statuses(platform) == {"ACTIVE"}


def test_what_somebody_switches_on_again_is_paused_again_and_resumed_once(account, platform):  # noqa: F811
    _stopped(platform, account)
    again, held = _own_budget(platform), len(_nodes(platform))
    for times in (1, 2):
        _by_hand(platform, again, "ACTIVE")
        _looked_again(platform, account)
        assert again.status == "PAUSED"
        told = AuditEntry.objects.filter(action="budget found active while spending is stopped")
        assert told.count() == times and told.last().data["paused_before"] is True
    assert Pause.objects.filter(ad_set__external_id=again.id).count() == 1
    assert resume_budgets(account, **OLGA, now=platform.now()) == held
    assert _statuses(platform) == {"ACTIVE"}


def test_what_a_person_had_paused_and_somebody_switched_on_is_paused_as_stratums(account, platform):  # noqa: F811
    off, kept = [node for node in platform.world.ad_sets.values() if node.daily_budget][:2]
    for node in (off, kept):
        _by_hand(platform, node, "PAUSED")
    _stopped(platform, account)
    _by_hand(platform, off, "ACTIVE")
    _looked_again(platform, account)
    assert _statuses(platform) == {"PAUSED"}
    resume_budgets(account, **OLGA, now=platform.now())
    assert (off.status, kept.status) == ("ACTIVE", "PAUSED")


@pytest.mark.parametrize("let_go_on", ["resumed", "sending resumed"])
def test_once_a_person_lets_the_account_go_on_nothing_is_paused_any_more(account, platform, let_go_on):  # noqa: F811
    _stopped(platform, account)
    _run_away(platform, 1)
    if let_go_on == "resumed":
        resume_budgets(account, **OLGA, now=platform.now())
    else:
        lift_halt(account, actor="olga@example.com")
        for node in _nodes(platform):
            _by_hand(platform, node, "ACTIVE")
    _created(platform)
    _looked_again(platform, account, times=2)
    assert _statuses(platform) == {"ACTIVE"}


def test_a_platform_that_does_not_tell_its_structure_stops_no_stop(account, platform, mailoutbox):  # noqa: F811
    made, known = _created(platform), len(_nodes(platform)) - 1
    platform.faults.add("rate_limit", method="GET", path="act_777", code=80004, times=None)
    stop_runaway(account, RUNAWAY, now=platform.now())
    assert (made.status, _statuses(platform)) == ("ACTIVE", {"ACTIVE", "PAUSED"})
    assert Pause.objects.filter(status="paused").count() == known
    assert f"pausing the {known} budgets that it knew to be active" in mailoutbox[0].body
    platform.faults.clear()
    _looked_again(platform, account)
    assert made.status == "PAUSED"


def test_a_stop_of_a_dry_run_pauses_nothing_after_it_only_because_it_is_open(account, platform):  # noqa: F811
    AdAccount.objects.update(dry_run=True)
    account.refresh_from_db()
    _stopped(platform, account)
    _looked_again(platform, account)
    assert not Pause.objects.exists()
    _run_away(platform, 1)
    AdAccount.objects.update(dry_run=False)
    account.refresh_from_db()
    platform.advance(hours=26)
    for _ in range(3):
        platform.advance(hours=1)
        watch_spend(account, now=platform.now())
    assert not Pause.objects.exists() and SpendStop.objects.filter(lifted_at=None).count() == 1


def test_a_new_stop_ends_what_is_still_being_resumed(account, platform):  # noqa: F811
    _stopped(platform, account)
    held = len(_nodes(platform))
    platform.faults.add("rate_limit", method="POST", path="/v26.0", code=80004, times=None)
    assert resume_budgets(account, **OLGA, now=platform.now()) == held
    stop_runaway(account, RUNAWAY, now=platform.now() + timedelta(minutes=1))
    platform.faults.clear()
    _looked_again(platform, account)
    assert _statuses(platform) == {"PAUSED"}
    assert Pause.objects.filter(status="paused").count() == held == Pause.objects.count()
