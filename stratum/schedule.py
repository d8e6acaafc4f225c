"""The heartbeat on one page, in the order of the loop. `manage.py sync_schedule` writes it; the admin may switch a row off.

Every task drains a queue in Postgres or asks whose turn it is, so the rhythm says how long something waits at most, and a
beat that fires twice does nothing twice.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Beat:
    name: str
    task: str
    every_seconds: int


SCHEDULE = (
    Beat("hear: parse deliveries", "attribution.tasks.parse_inbox", 2),
    Beat("hear: parse messages", "attribution.tasks.parse_messages", 5),
    Beat("hear: pull ad performance", "attribution.tasks.pull_performance", 10),
    Beat("hear: sync the CRM", "attribution.tasks.sync_crm", 30),
    Beat("hear: reconcile with the CRM", "attribution.tasks.reconcile_crm", 30),
    Beat("hear: sweep the quarantine", "attribution.tasks.sweep_quarantine", 3600),
    Beat("measure: refresh deals", "attribution.tasks.refresh_deals", 3),
    Beat("measure: learn stage probabilities", "attribution.tasks.learn_stage_probabilities", 30),
    Beat("measure: learn matching", "attribution.tasks.learn_matching", 60),
    Beat("measure: model the rest", "attribution.tasks.model_rest", 3600),
    Beat("tell: queue conversions", "attribution.tasks.queue_conversions", 10),
    Beat("tell: send conversions", "attribution.tasks.send_conversions", 10),
    Beat("tell: read match quality", "attribution.tasks.read_match_quality", 60),
    Beat("decide: turn cycles", "learning.tasks.turn_due_cycles", 15),
    Beat("decide: remember what will be asked", "sampler.tasks.precompute_decisions", 60),
    Beat("decide: look at remembered answers again", "sampler.tasks.check_decisions", 5),
    Beat("guard: watch spend", "sampler.tasks.watch_spend", 30),
    Beat("guard: pause and resume budgets", "sampler.tasks.switch_paused_budgets", 15),
    Beat("do: send approved changes", "sampler.tasks.send_approved_changes", 5),
    Beat("do: resolve unknown changes", "sampler.tasks.resolve_unknown_changes", 15),
)
