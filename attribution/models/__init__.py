from attribution.models.collection import CollectionSettings
from attribution.models.deals import Deal, DealRefresh, ExchangeRate, PipelineStage, StageChange
from attribution.models.inbox import CrmConnection, CrmEvent, DeadLetter, InboxDelivery, QuarantinedDelivery
from attribution.models.ledger import LedgerEntry
from attribution.models.messages import MessageConnection, MessageDelivery, MessageEvent
from attribution.models.people import Contact, IdentityEdge, PersonKey
from attribution.models.touchpoints import Touchpoint

__all__ = [
    "CollectionSettings",
    "Contact",
    "CrmConnection",
    "CrmEvent",
    "DeadLetter",
    "Deal",
    "DealRefresh",
    "ExchangeRate",
    "IdentityEdge",
    "InboxDelivery",
    "LedgerEntry",
    "MessageConnection",
    "MessageDelivery",
    "MessageEvent",
    "PersonKey",
    "PipelineStage",
    "QuarantinedDelivery",
    "StageChange",
    "Touchpoint",
]
