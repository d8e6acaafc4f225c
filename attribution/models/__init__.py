from attribution.models.deals import Deal, DealRefresh, ExchangeRate, PipelineStage, StageChange
from attribution.models.inbox import CrmConnection, CrmEvent, DeadLetter, InboxDelivery, QuarantinedDelivery
from attribution.models.ledger import LedgerEntry
from attribution.models.people import Contact, IdentityEdge, PersonKey
from attribution.models.pipeline import ToldPipeline
from attribution.models.sync import CrmSync, DealContact, Reconciliation
from attribution.models.touchpoints import Touchpoint
from attribution.models.valuations import DealValuation

__all__ = [
    "Contact",
    "CrmConnection",
    "CrmEvent",
    "CrmSync",
    "DeadLetter",
    "Deal",
    "DealContact",
    "DealRefresh",
    "DealValuation",
    "ExchangeRate",
    "IdentityEdge",
    "InboxDelivery",
    "LedgerEntry",
    "PersonKey",
    "PipelineStage",
    "QuarantinedDelivery",
    "Reconciliation",
    "StageChange",
    "ToldPipeline",
    "Touchpoint",
]
