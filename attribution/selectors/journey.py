"""One deal from its first touch to its last ledger line: who touched it when, how that is known, and what each touch earned."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q

from attribution.domain.delays import WINDOW
from attribution.domain.identity import ANONYMOUS, CONTACT, EMAIL, PHONE
from attribution.models import Deal, PersonKey, PipelineStage, Rule, StageChange, Touchpoint
from attribution.selectors.credits import CreditLine, stored_credits

MOST_TOUCHES = 200
UNDER = "under 0.5 % of the deal, too little for a credit"
SAME_AD = "counted with another click of the same ad"
LATE = "after the lead, so it earns nothing"
UNKNOWN_AD = "its ad is not known yet, so it earns nothing"


@dataclass(frozen=True)
class Touch:
    at: datetime
    kind: str
    ad_id: int | None
    what: str
    """The ad, or else the campaign, channel or page."""
    known_by: str
    credit: Decimal | None
    fate: str
    """Why an ad's click has no credit of its own; empty for everything else."""


@dataclass(frozen=True)
class StageEntry:
    at: datetime
    label: str
    is_won: bool
    is_closed: bool


@dataclass(frozen=True)
class Journey:
    deal: Deal
    touches: list[Touch]
    stages: list[StageEntry]
    credits: list[CreditLine]
    """What stands: every ad's line, and the unattributed one at the end."""


def journey(external_id: str) -> Journey | None:
    """None where the workspace has no such deal."""
    deal = Deal.objects.filter(external_id=external_id).first()
    if deal is None:
        return None
    lines = stored_credits(external_id)
    standing = {line.touchpoint: line for line in lines if line.touchpoint}
    return Journey(deal, _touches(deal, standing), _stages(deal), lines)


def _touches(deal: Deal, standing: Mapping[str, CreditLine]) -> list[Touch]:
    known_by, mails = _keys(deal)
    first = deal.created_at - timedelta(days=WINDOW)
    mine = Q(anonymous_hash__in=known_by) | Q(touchpoint_id__in=list(standing))
    if clicks := _clicks(deal):
        mine |= Q(click_hash__in=clicks)
    if mails:
        mine |= Q(email_hash__in=mails)
    found = Touchpoint.objects.filter(mine, occurred_at__gte=first, is_bot=False).select_related("ad")
    newest = list(found.order_by("-occurred_at", "-id")[:MOST_TOUCHES])
    credited = {line.ad for line in standing.values()}
    return [_touch(touch, deal, known_by, standing.get(touch.touchpoint_id), credited) for touch in reversed(newest)]


def _keys(deal: Deal) -> tuple[dict[int, str], list[int]]:
    """Devices of the deal's person with the words for how they are known, and the person's e-mail addresses, as hashes."""
    of_lead = {EMAIL: deal.email_hash, PHONE: deal.phone_hash, CONTACT: deal.contact_hash}
    mine = Q(pk=None)
    for kind, key_hash in of_lead.items():
        if key_hash is not None:
            mine |= Q(kind=kind, key_hash=key_hash)
    people = list(PersonKey.objects.filter(mine).values_list("person", flat=True).distinct())
    keys = PersonKey.objects.filter(person__in=people, kind__in=(ANONYMOUS, EMAIL)).values_list("kind", "key_hash")
    known_by = {key_hash: Rule.PERSON.label for kind, key_hash in keys if kind == ANONYMOUS}
    if clicks := _clicks(deal):
        clicks = Touchpoint.objects.filter(click_hash__in=clicks).exclude(anonymous_hash=None)
        known_by |= dict.fromkeys(clicks.values_list("anonymous_hash", flat=True)[:5], Rule.CLICK_ID.label)
    if deal.anonymous_hash is not None:
        known_by[deal.anonymous_hash] = Rule.COOKIE.label
    mails = {key_hash for kind, key_hash in keys if kind == EMAIL}
    return known_by, sorted(mails | ({deal.email_hash} if deal.email_hash is not None else set()))


def _clicks(deal: Deal) -> list[int]:
    return [click for click in (deal.click_hash, deal.other_click_hash) if click is not None]


def _touch(
    touch: Touchpoint, deal: Deal, known_by: Mapping[int, str], line: CreditLine | None, credited: set[str]
) -> Touch:
    if line:
        known = line.rule.label
    elif touch.click_hash in _clicks(deal):
        known = Rule.CLICK_ID.label
    else:
        known = known_by.get(touch.anonymous_hash, "the same e-mail address")
    what = touch.ad.name if touch.ad else touch.ad_external_id or touch.campaign_external_id or touch.landing_path
    fate = "" if line or touch.kind != Touchpoint.Kind.AD_CLICK else _fate(touch, deal, credited)
    return Touch(
        touch.occurred_at,
        touch.get_kind_display(),
        touch.ad_id,
        what or touch.channel,
        known,
        line.credit if line else None,
        fate,
    )


def _fate(touch: Touchpoint, deal: Deal, credited: set[str]) -> str:
    if touch.occurred_at > deal.created_at:
        return LATE
    if touch.ad is None:
        return UNKNOWN_AD
    return SAME_AD if touch.ad.external_id in credited else UNDER


def _stages(deal: Deal) -> Sequence[StageEntry]:
    names = PipelineStage.objects.filter(connection=deal.connection_id).values_list("pipeline_id", "stage_id", "label")
    labels = {(pipeline, stage): label for pipeline, stage, label in names}
    changes = StageChange.objects.filter(deal=deal).order_by("occurred_at", "id")
    return [
        StageEntry(
            change.occurred_at,
            labels.get((change.pipeline_id, change.stage_id), change.stage_id),
            change.is_won,
            change.is_closed,
        )
        for change in changes
    ]
