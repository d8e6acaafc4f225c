"""The CRM's records: strings or null, computed properties, merges that keep old ids alive, and a feed of events."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from stratum.sandbox.crm.pipelines import Stage, stage_of
from stratum.sandbox.market import money

KINDS = {"deals": "0-3", "contacts": "0-1", "companies": "0-2"}
TYPE_IDS = {("deals", "contacts"): 3, ("contacts", "deals"): 4, ("deals", "companies"): 5, ("companies", "deals"): 6}
"""HubSpot's own types of associations."""
DEFAULTS = {
    "deals": (
        "amount",
        "closedate",
        "createdate",
        "dealname",
        "dealstage",
        "hs_lastmodifieddate",
        "hs_object_id",
        "pipeline",
    ),
    "contacts": ("createdate", "email", "firstname", "hs_object_id", "lastmodifieddate", "lastname"),
    "companies": ("createdate", "domain", "hs_lastmodifieddate", "hs_object_id", "name"),
}
REMEMBERED = ("dealstage", "amount", "deal_currency_code")
FIRST_ID = {"deals": 31_200_000_001, "contacts": 71_500_000_001, "companies": 9_100_000_001}
CLIENT_ID_STEP = 500_000_000


def stamp(at: datetime) -> str:
    return at.strftime("%Y-%m-%dT%H:%M:%S.") + f"{at.microsecond // 1000:03d}Z"


def modified_property(kind: str) -> str:
    return "lastmodifieddate" if kind == "contacts" else "hs_lastmodifieddate"


@dataclass
class Record:
    id: str
    kind: str
    properties: dict[str, str | None]
    created_at: datetime
    updated_at: datetime
    archived: bool = False
    archived_at: datetime | None = None
    linked: dict[str, list[str]] = field(default_factory=dict)
    indexed: dict[str, str | None] | None = None
    changed_real: float = 0.0
    history: dict[str, list[tuple[datetime, str | None]]] = field(default_factory=dict)


def _remember(record: Record, changes: dict[str, str | None], at: datetime) -> None:
    for name in REMEMBERED:
        if record.kind == "deals" and name in changes:
            record.history.setdefault(name, []).append((at, changes[name]))


@dataclass(frozen=True)
class Source:
    """Who changed a record, as an event names it."""

    name: str = "CRM_UI"
    id: str = "userId:98499705"


class RecordStore:
    """All records. `listener` hears (record, event type, extra fields, instant, source) of every change."""

    def __init__(self, home_currency: str, search_lag: float) -> None:
        self.home_currency, self.search_lag = home_currency, search_lag
        self.records: dict[str, dict[str, Record]] = {kind: {} for kind in KINDS}
        self.forwards: dict[tuple[str, str], str] = {}
        self.counters = {(kind, client): 0 for kind in KINDS for client in (False, True)}
        self.listener: Callable[[Record, str, dict[str, Any], datetime, Source], None] = lambda *_: None
        self.replaying = True
        self.stage_edits: dict[tuple[str, str], Stage] = {}
        self.unlisted: set[tuple[str, str]] = set()
        """Stages that somebody took off their pipeline. Deals stay in them, as closed and won as they were."""

    def stage_of(self, pipeline_id: str | None, stage_id: str | None) -> Stage | None:
        """The stage as somebody last set it up."""
        return self.stage_edits.get((pipeline_id or "", stage_id or "")) or stage_of(pipeline_id, stage_id)

    def edit_stage(self, pipeline_id: str, stage: Stage) -> None:
        """Renames a stage or changes its probability. No deal's modification date moves, and no event tells of it."""
        self.stage_edits[pipeline_id, stage.id] = stage
        for record in self.records["deals"].values():
            self._compute(record)

    def find(self, kind: str, record_id: str) -> Record | None:
        """The record, or the one it was merged into. Archived ones too."""
        while (kind, record_id) in self.forwards:
            record_id = self.forwards[kind, record_id]
        return self.records[kind].get(record_id)

    def alive(self, kind: str, archived: bool = False) -> Iterator[Record]:
        return (record for record in self.records[kind].values() if record.archived == archived)

    def create(
        self, kind: str, properties: dict[str, str | None], at: datetime, source: Source, *, by_client: bool = False
    ) -> Record:
        count = self.counters[kind, by_client]
        self.counters[kind, by_client] += 1
        record_id = str(FIRST_ID[kind] + count + CLIENT_ID_STEP * by_client)
        held = {"createdate": stamp(at), **properties, "hs_object_id": record_id, modified_property(kind): stamp(at)}
        record = Record(record_id, kind, held, at, at)
        self._compute(record)
        self._touch(record, None)
        _remember(record, properties, at)
        self.records[kind][record_id] = record
        self.listener(record, "creation", {}, at, source)
        return record

    def update(self, record: Record, changes: dict[str, str | None], at: datetime, source: Source) -> list[str]:
        """Applies what differs; returns the names that changed. Nothing different means nothing happens."""
        differing = {
            name: value for name, value in changes.items() if (record.properties.get(name) or "") != (value or "")
        }
        if not differing:
            return []
        before = dict(record.properties)
        was_closed = record.properties.get("hs_is_closed") == "true"
        record.properties.update(differing)
        record.updated_at = at
        record.properties[modified_property(record.kind)] = stamp(at)
        self._compute(record)
        if (
            record.kind == "deals"
            and not was_closed
            and record.properties["hs_is_closed"] == "true"
            and "closedate" not in differing
        ):
            record.properties["closedate"] = stamp(at)
        self._touch(record, before)
        _remember(record, differing, at)
        for name, value in differing.items():
            self.listener(record, "propertyChange", {"propertyName": name, "propertyValue": value or ""}, at, source)
        return list(differing)

    def archive(self, record: Record, at: datetime, source: Source) -> None:
        """Deletes: the record leaves the lists and the index, and its modification date stays."""
        record.archived, record.archived_at = True, at
        self.listener(record, "deletion", {"changeFlag": "DELETED"}, at, source)

    def restore(self, record: Record, at: datetime, source: Source) -> None:
        record.archived, record.archived_at = False, None
        self.listener(record, "restore", {"changeFlag": "RESTORED"}, at, source)

    def link(self, kind: str, record_id: str, other_kind: str, other_id: str) -> None:
        for near, near_id, far, far_id in (
            (kind, record_id, other_kind, other_id),
            (other_kind, other_id, kind, record_id),
        ):
            linked = self.records[near][near_id].linked.setdefault(far, [])
            if far_id not in linked:
                linked.append(far_id)

    def unlink(self, kind: str, record_id: str, other_kind: str, other_id: str) -> None:
        self.records[kind][record_id].linked.get(other_kind, []).remove(other_id)
        self.records[other_kind][other_id].linked.get(kind, []).remove(record_id)

    def merge(
        self, primary: Record, merged: Record, at: datetime, source: Source, *, by_client: bool = False
    ) -> Record:
        """Both end in a new record with a new id; either old id leads to it from now on."""
        kind, count = primary.kind, self.counters[primary.kind, by_client]
        self.counters[kind, by_client] += 1
        new_id = str(FIRST_ID[kind] + count + CLIENT_ID_STEP * by_client)
        properties = {
            **merged.properties,
            **{k: v for k, v in primary.properties.items() if v is not None},
            "hs_object_id": new_id,
            "hs_merged_object_ids": ";".join((primary.id, merged.id)),
        }
        properties[modified_property(kind)] = stamp(at)
        record = Record(new_id, kind, properties, primary.created_at, at, history=primary.history)
        self._compute(record)
        self._touch(record, None)
        self.records[kind][new_id] = record
        for old in (primary, merged):
            for far, ids in old.linked.items():
                for far_id in ids:
                    self.link(kind, new_id, far, far_id)
                    self.records[far][far_id].linked[kind].remove(old.id)
            del self.records[kind][old.id]
            self.forwards[kind, old.id] = new_id
        extra = {
            "primaryObjectId": int(primary.id),
            "mergedObjectIds": [int(merged.id)],
            "newObjectId": int(new_id),
            "numberOfPropertiesMoved": 4,
        }
        self.listener(record, "merge", extra, at, source)
        return record

    def searchable(self, record: Record) -> dict[str, str | None] | None:
        """The properties the search index holds by now; None when the record has not reached it."""
        if time.monotonic() - record.changed_real < self.search_lag:
            return record.indexed
        return record.properties

    def _touch(self, record: Record, before: dict[str, str | None] | None) -> None:
        if self.replaying:
            return
        if time.monotonic() - record.changed_real >= self.search_lag:
            record.indexed = before
        record.changed_real = time.monotonic()

    def _compute(self, record: Record) -> None:
        if record.kind != "deals":
            return
        held = record.properties
        stage = self.stage_of(held.get("pipeline"), held.get("dealstage"))
        closed, probability = (stage.closed, stage.probability) if stage else (False, 0.0)
        won = closed and probability == 1.0
        currency = held.get("deal_currency_code") or self.home_currency
        amount = held.get("amount")
        home = f"{money.convert(float(amount), currency, self.home_currency):.2f}" if amount else None
        held["hs_is_closed"], held["hs_is_closed_won"] = str(closed).lower(), str(won).lower()
        held["hs_is_closed_lost"] = str(closed and not won).lower()
        held["hs_deal_stage_probability"] = str(probability)
        held["amount_in_home_currency"] = home
        held["hs_closed_amount_in_home_currency"] = (home if won else "0") if home else None
