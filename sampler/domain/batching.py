from __future__ import annotations

from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
MOST_ITEMS = 50


def batches(items: Sequence[tuple[Hashable, Item]], most: int = MOST_ITEMS) -> list[list[Item]]:
    """Splits (campaign, item) pairs into batches of at most `most`, never two items of one campaign in a batch.

    Meta: “Batch requests cannot include multiple Adsets under the same Campaign”. The n-th item of a campaign goes to the n-th
    round, so the number of batches is the least possible; order within a campaign is kept.
    """
    rounds: list[list[Item]] = []
    seen: dict[Hashable, int] = {}
    for campaign, item in items:
        turn = seen[campaign] = seen.get(campaign, -1) + 1
        if turn == len(rounds):
            rounds.append([])
        rounds[turn].append(item)
    return [one[start : start + most] for one in rounds for start in range(0, len(one), most)]
