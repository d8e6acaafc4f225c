"""What other apps may ask the sampler. Everything comes from the current workspace."""

from sampler.selectors.beliefs import belief_cards, beliefs_of
from sampler.selectors.budgets import BudgetHolder, budget_holders
from sampler.selectors.changes import change_card, count_by_status, recent_changes, waiting_changes
from sampler.selectors.guard import act_within_limits, limits_of
from sampler.selectors.plans import last_plan_at, last_plans

__all__ = [
    "BudgetHolder",
    "act_within_limits",
    "belief_cards",
    "beliefs_of",
    "budget_holders",
    "change_card",
    "count_by_status",
    "last_plan_at",
    "last_plans",
    "limits_of",
    "recent_changes",
    "waiting_changes",
]
