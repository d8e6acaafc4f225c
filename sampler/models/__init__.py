from sampler.models.changes import AccountLimits, AccountPace, AdBelief, Approval, Change, Plan
from sampler.models.spend import Pause, SpendReading, SpendStop

__all__ = [
    "AccountLimits",
    "AccountPace",
    "AdBelief",
    "Approval",
    "Change",
    "Pause",
    "Plan",
    "SpendReading",
    "SpendStop",
]
