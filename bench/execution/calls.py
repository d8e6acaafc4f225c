"""Where an account's calls went: what each was for, how many budgets they sent, and with how few it could have been done."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from sampler.domain.batching import MOST_ITEMS
from stratum.platforms.meta_graph import VERSION
from stratum.sandbox.web.log import Entry

KINDS = ("least budgets", "readings", "further pages", "writes", "read-backs")


def written(entry: Entry) -> list[str]:
    """The objects that a batch, or a call for one of them alone, writes to; empty for any other call."""
    path = _parts(entry)
    if entry.method != "POST":
        return []
    return [item["relative_url"].split("/")[1] for item in json.loads(entry.body["batch"])] if not path else path[:1]


def account_of(entry: Entry) -> str:
    """The account that a call was for; empty for nobody's."""
    part = next(iter(_parts(entry)), "")
    asked = written(entry) or [part or entry.query.get("ids", "")]
    return part.removeprefix("act_") if part.startswith("act_") else asked[0][4:11]


def kind_of(entry: Entry) -> str:
    path = _parts(entry)
    if entry.method == "POST":
        return "writes"
    if "minimum_budgets" in path:
        return "least budgets"
    if path and path[0].startswith("act_"):
        return "further pages" if "after" in entry.query else "readings"
    return "read-backs" if "ids" in entry.query else "readings"


def _parts(entry: Entry) -> list[str]:
    return [part for part in entry.path.removeprefix(f"/{VERSION}").split("/") if part]


def count_calls(plans: Iterable[Sequence[Entry]], campaign_of: Mapping[str, str]) -> Counter[str]:
    """By kind, for the calls of one account plan by plan. `sent`: budgets that a plan wrote, however often it had to be tried."""
    found: Counter[str] = Counter()
    for entries in plans:
        sent = {node for entry in entries for node in written(entry)}
        found.update(kind_of(entry) for entry in entries)
        found += Counter(
            plans=bool(entries),
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
