from attribution.models.deals import Deal, DealRefresh, PipelineStage
from attribution.models.inbox import CrmConnection, CrmEvent, DeadLetter, InboxDelivery, QuarantinedDelivery
from attribution.models.ledger import LedgerEntry
from attribution.models.touchpoints import Touchpoint

__all__ = [
    "CrmConnection",
    "CrmEvent",
    "DeadLetter",
    "Deal",
    "DealRefresh",
    "InboxDelivery",
    "LedgerEntry",
    "PipelineStage",
    "QuarantinedDelivery",
    "Touchpoint",
]
