"""What other apps may ask the sampler. Everything comes from the current workspace."""

from sampler.selectors.beliefs import belief_cards, beliefs_of
from sampler.selectors.budgets import BudgetHolder, HolderOfAd, budget_holders, holders_of_ads
from sampler.selectors.changes import change_card, count_by_status, recent_changes, waiting_changes
from sampler.selectors.decision_memory import MemoryFigures, memory_figures
from sampler.selectors.drift import drift_of
from sampler.selectors.guard import limits_of
from sampler.selectors.plans import last_plan_at, last_plans, plan_cards, planning_day
from sampler.selectors.portfolios import JOINED, latest_portfolio, scope_of
from sampler.selectors.questions import mostly_resting, why_nothing_may_move

__all__ = [
    "JOINED",
    "BudgetHolder",
    "HolderOfAd",
    "MemoryFigures",
    "belief_cards",
    "beliefs_of",
    "budget_holders",
    "change_card",
    "count_by_status",
    "drift_of",
    "holders_of_ads",
    "last_plan_at",
    "last_plans",
    "latest_portfolio",
    "limits_of",
    "memory_figures",
    "mostly_resting",
    "plan_cards",
    "planning_day",
    "recent_changes",
    "scope_of",
    "waiting_changes",
    "why_nothing_may_move",
]
