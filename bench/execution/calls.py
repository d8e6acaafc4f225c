"""Where the calls of accounts that share a token went: what each was for, what it wrote, and with how few it could have been done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sampler.domain.batching import MOST_ITEMS
from stratum.platforms.meta_graph import VERSION
from stratum.sandbox.web.log import Entry

KINDS = ("least budgets", "readings", "further pages", "writes", "read-backs")
ACCOUNT = slice(4, 11)
"""Where the number of an object has that of its account, in the sandbox."""


@dataclass(frozen=True)
class Item:
    """One request of a batch, or a call that is none."""

    method: str
    parts: tuple[str, ...]
    query: Mapping[str, str]

    @property
    def account(self) -> str:
        first = self.parts[0] if self.parts else self.query["ids"]
        return first.removeprefix("act_") if first.startswith("act_") else first[ACCOUNT]

    @property
    def kind(self) -> str:
        if self.method == "POST":
            return "writes"
        if "minimum_budgets" in self.parts:
            return "least budgets"
        if "after" in self.query:
            return "further pages"
        return "read-backs" if "ids" in self.query else "readings"


def items_of(entry: Entry) -> list[Item]:
    """What a call asked for: the requests of a batch, or itself."""
    parts = _parts(entry.path)
    if entry.method == "POST" and not parts:
        return [_item(one) for one in json.loads(entry.body["batch"])]
    return [Item(entry.method, parts, entry.query)]


def _item(one: Mapping[str, str]) -> Item:
    url = urlsplit(one["relative_url"])
    return Item(one["method"], _parts(url.path), {name: values[0] for name, values in parse_qs(url.query).items()})


def _parts(path: str) -> tuple[str, ...]:
    return tuple(part for part in path.split("/") if part and part != VERSION)


def written(entry: Entry) -> list[str]:
    """The objects that a call writes to."""
    return [item.parts[0] for item in items_of(entry) if item.method == "POST"]


def account_of(entry: Entry) -> str:
    """One of the accounts that a call was for."""
    return items_of(entry)[0].account


def kind_of(entry: Entry) -> str:
    """What a call was for; one that also writes counts as a write."""
    kinds = {item.kind for item in items_of(entry)}
    return next(kind for kind in ("writes", *KINDS) if kind in kinds)


def count_calls(rounds: Iterable[Sequence[Entry]], campaign_of: Mapping[str, str]) -> Counter[str]:
    """By kind, for the calls of one token round by round. `sent`: budgets that a plan wrote, however often it had to be tried."""
    found: Counter[str] = Counter()
    for entries in rounds:
        sent = {node for entry in entries for node in written(entry)}
        found.update(kind_of(entry) for entry in entries)
        found += Counter(
            rounds=bool(entries),
            calls=len(entries),
            failed=sum(entry.dropped or entry.status >= 400 for entry in entries),
            tried=sum(len(written(entry)) for entry in entries),
            sent=len(sent),
            fewest=fewest_calls([campaign_of.get(node, node) for node in sent]),
        )
    return found


def fewest_calls(campaigns: Sequence[str]) -> int:
    """One reading, and as many batches as the budgets of these campaigns need when nothing goes wrong."""
    if not campaigns:
        return 0
    return 1 + max(-(-len(campaigns) // MOST_ITEMS), max(Counter(campaigns).values()))
