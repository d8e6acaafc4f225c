from sampler.models.beliefs import AdBelief, AdBoost, PortfolioState
from sampler.models.changes import Approval, Change, Plan
from sampler.models.limits import AccountLimits, AccountPace
from sampler.models.spend import Pause, SpendReading, SpendStop

__all__ = [
    "AccountLimits",
    "AccountPace",
    "AdBelief",
    "AdBoost",
    "Approval",
    "Change",
    "Pause",
    "Plan",
    "PortfolioState",
    "SpendReading",
    "SpendStop",
]
