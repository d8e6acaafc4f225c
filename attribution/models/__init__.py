from attribution.models.calibration import AdPull, Calibration, CalibrationCell, FormFit, MatchingSettings
from attribution.models.collection import CollectionSettings
from attribution.models.conversions import ConversionDestination, ConversionEvent, DatasetQuality
from attribution.models.deals import Deal, DealRefresh, ExchangeRate, PipelineStage, StageChange
from attribution.models.inbox import CrmConnection, CrmEvent, DeadLetter, InboxDelivery, QuarantinedDelivery
from attribution.models.ledger import Layer, LedgerEntry, ModelledEntry, ModelledRun, Rule
from attribution.models.messages import MessageConnection, MessageDelivery, MessageEvent
from attribution.models.people import Contact, ErasedKey, IdentityEdge, PersonKey
from attribution.models.pipeline import ToldPipeline
from attribution.models.sync import CrmSync, DealContact, Reconciliation
from attribution.models.touchpoints import Touchpoint
from attribution.models.valuations import DealValuation

__all__ = [
    "AdPull",
    "Calibration",
    "CalibrationCell",
    "CollectionSettings",
    "Contact",
    "ConversionDestination",
    "ConversionEvent",
    "CrmConnection",
    "CrmEvent",
    "CrmSync",
    "DatasetQuality",
    "DeadLetter",
    "Deal",
    "DealContact",
    "DealRefresh",
    "DealValuation",
    "ErasedKey",
    "ExchangeRate",
    "FormFit",
    "IdentityEdge",
    "InboxDelivery",
    "Layer",
    "LedgerEntry",
    "MatchingSettings",
    "MessageConnection",
    "MessageDelivery",
    "MessageEvent",
    "ModelledEntry",
    "ModelledRun",
    "PersonKey",
    "PipelineStage",
    "QuarantinedDelivery",
    "Reconciliation",
    "Rule",
    "StageChange",
    "ToldPipeline",
    "Touchpoint",
]
