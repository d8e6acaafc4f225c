from stratum.core.models.ads import Ad, AdAccount, AdDay, AdSet, AdSetAudience, Campaign
from stratum.core.models.audit import AuditEntry
from stratum.core.models.keys import ApiKey, IdempotentResponse
from stratum.core.models.people import Membership, User
from stratum.core.models.workspace import Workspace

__all__ = [
    "Ad",
    "AdAccount",
    "AdDay",
    "AdSet",
    "AdSetAudience",
    "ApiKey",
    "AuditEntry",
    "Campaign",
    "IdempotentResponse",
    "Membership",
    "User",
    "Workspace",
]
