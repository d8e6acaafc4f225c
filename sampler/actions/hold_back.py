from __future__ import annotations

from datetime import datetime

from sampler.actions.claim_changes import give_back
from sampler.models import Change
from sampler.selectors.joint_room import joint_room
from sampler.selectors.portfolios import JOINED, scope_of
from stratum.core.models import AdAccount

WAITS = "Waits for the cuts in the accounts that it is planned with: until then all of them together would spend more."


def hold_back(account: AdAccount, claimed: list[Change], *, now: datetime) -> list[Change]:
    """Those that may go out now. A joined account's raises wait until the cuts that pay for them stand, in whichever account."""
    raises = [change for change in claimed if change.after > change.before and change.undo_of_id is None]
    if not raises or scope_of(account) != JOINED:
        return claimed
    room, early = joint_room(now=now, apart_from={change.pk for change in claimed}), []
    for change in raises:
        room -= change.after - change.before
        if room < 0:
            early.append(change)
            room += change.after - change.before
    give_back(early, reason=WAITS)
    return [change for change in claimed if change not in early]
