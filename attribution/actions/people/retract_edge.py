from __future__ import annotations

from django.db import transaction

from attribution.actions.credit.match_again import match_again_for_people
from attribution.actions.people.link_keys import derive_people, lock_people
from attribution.domain.identity import COMPANY, Key
from attribution.models import IdentityEdge
from stratum.core import audit
from stratum.core.clock import now
from stratum.core.models import Workspace


@transaction.atomic
def retract_edge(workspace: Workspace, edge: IdentityEdge, *, because: str, actor: str) -> set[Key]:
    """Takes back that two keys belong together, and returns the keys whose person changed.

    Who was one person through this edge alone falls apart; the deals of both sides are queued to be matched again, and no
    others. The edge stays, with its reason, so that the same sighting cannot bring it back.
    """
    lock_people(workspace)
    theirs = IdentityEdge.objects.filter(pk=edge.pk, retracted_at=None)
    if not theirs.update(retracted_at=now(), retracted_because=because[:200]):
        return set()
    changed = _derive(edge)
    audit.record("identity edge retracted", edge, actor=actor, because=because[:200], keys_changed=len(changed))
    return changed


@transaction.atomic
def restore_edge(workspace: Workspace, edge: IdentityEdge, *, actor: str) -> set[Key]:
    """Believes a retracted edge again, and returns the keys whose person changed."""
    lock_people(workspace)
    if not IdentityEdge.objects.filter(pk=edge.pk).exclude(retracted_at=None).update(retracted_at=None):
        return set()
    changed = _derive(edge)
    audit.record("identity edge restored", edge, actor=actor, keys_changed=len(changed))
    return changed


def _derive(edge: IdentityEdge) -> set[Key]:
    ends = {(edge.left_kind, edge.left_hash), (edge.right_kind, edge.right_hash)}
    changed = derive_people({key for key in ends if key[0] != COMPANY})
    # Colleagues are found by the edge itself: whoever shared the company may have been matched through it.
    match_again_for_people(changed | ends if COMPANY in (edge.left_kind, edge.right_kind) else changed)
    return changed
