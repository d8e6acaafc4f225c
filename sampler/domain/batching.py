from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence
from typing import TypeVar

Item = TypeVar("Item")
MOST_ITEMS = 50


def batches(items: Sequence[tuple[Hashable, Item]], most: int = MOST_ITEMS) -> list[list[Item]]:
    """Splits (campaign, item) pairs into batches of at most `most`, never two items of one campaign in a batch.

    Meta: “Batch requests cannot include multiple Adsets under the same Campaign”. There are as many batches as the largest campaign
    has items, or as `most` asks for, whichever is more: fewer are not possible. Items are dealt out like cards, a campaign's one
    after the other, so that no batch gets two of them.
    """
    held = Counter(campaign for campaign, _ in items)
    count = max(max(held.values(), default=0), -(-len(items) // most))
    place = {campaign: number for number, campaign in enumerate(held)}
    dealt = sorted(items, key=lambda pair: place[pair[0]])
    return [[item for _, item in dealt[number::count]] for number in range(count)]
