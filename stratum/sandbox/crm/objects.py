"""Reads and writes of deals, contacts and companies under /crm/v3/objects."""

from __future__ import annotations

from typing import Any

from stratum.sandbox.crm import replies
from stratum.sandbox.crm.pipelines import PIPELINES, as_json, stage_of
from stratum.sandbox.crm.records import DEFAULTS, KINDS, Record, modified_property, stamp
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request

READ_ONLY = frozenset({"hs_object_id", "hs_lastmodifieddate", "lastmodifieddate", "hs_is_closed", "hs_is_closed_won"})
ASSOCIATION_TYPES = {"deals": "deal_to_contact", "contacts": "contact_to_deal", "companies": "company_to_contact"}


def names(text: str | list[str] | None) -> list[str]:
    parts = text.split(",") if isinstance(text, str) else text or []
    return [part.strip() for part in parts if part.strip()]


def shown(record: Record, wanted: list[str], properties: dict[str, str | None] | None = None) -> dict[str, Any]:
    """A record as the API shows it: asked-for properties, null where unknown, and always id and dates."""
    held = record.properties if properties is None else properties
    always = ("createdate", "hs_object_id", modified_property(record.kind))
    fields = sorted({*wanted, *always}) if wanted else DEFAULTS[record.kind]
    body: dict[str, Any] = {
        "id": record.id,
        "properties": {name: held.get(name) for name in fields},
        "createdAt": stamp(record.created_at),
        "updatedAt": stamp(record.updated_at),
        "archived": record.archived,
    }
    if record.archived and record.archived_at:
        body["archivedAt"] = stamp(record.archived_at)
    return body


def with_history(record: Record, wanted: list[str], body: dict[str, Any]) -> dict[str, Any]:
    """The versions of the wanted properties, newest first, as `propertiesWithHistory` shows them."""
    if not wanted:
        return body
    versions = {
        name: [
            {"value": value or "", "timestamp": stamp(at), "sourceType": "CRM_UI", "sourceId": "userId:98499705"}
            for at, value in reversed(record.history.get(name, []))
        ]
        for name in wanted
    }
    return {**body, "propertiesWithHistory": versions}


def _with_associations(record: Record, body: dict[str, Any], kinds: list[str]) -> dict[str, Any]:
    found = {
        kind: {"results": [{"id": far, "type": ASSOCIATION_TYPES[record.kind]} for far in record.linked[kind]]}
        for kind in kinds
        if record.linked.get(kind)
    }
    return {**body, "associations": found} if found else body


class Objects:
    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox, self.store = sandbox, sandbox.world.crm

    def pipelines(self, request: Request) -> Reply:
        if request.place["kind"] != "deals":
            return Reply(200, {"results": []})
        edits, unlisted = self.store.stage_edits, self.store.unlisted
        return Reply(200, {"results": [as_json(pipeline, edits, unlisted) for pipeline in PIPELINES.values()]})

    def page(self, request: Request) -> Reply:
        """GET list: `limit` to 100, `after`, `properties`, `associations`, `archived`."""
        kind, query = request.place["kind"], request.query
        if kind not in KINDS:
            return replies.not_found()
        limit, after = int(query.get("limit", 10)), int(query.get("after") or 0)
        if not 0 < limit <= 100:
            return replies.invalid("limit must be between 1 and 100")
        everything = sorted(self.store.alive(kind, query.get("archived") == "true"), key=lambda record: int(record.id))
        rest = [record for record in everything if int(record.id) > after]
        if self.sandbox.faults.take("empty_page_with_after", server="crm", path=request.path):
            return Reply(200, {"results": [], "paging": {"next": {"after": str(after), "link": ""}}})
        chosen, wanted, linked = rest[:limit], names(query.get("properties")), names(query.get("associations"))
        body: dict[str, Any] = {"results": [_with_associations(r, shown(r, wanted), linked) for r in chosen]}
        if len(rest) > limit:
            link = f"{self.sandbox.crm_url}{request.path}?limit={limit}&after={chosen[-1].id}"
            body["paging"] = {"next": {"after": chosen[-1].id, "link": link}}
        return Reply(200, body)

    def read(self, request: Request) -> Reply:
        """GET by id. An old id of a merged record answers with the new one; a deleted record is 404."""
        record = self._found(request)
        archived = request.query.get("archived") == "true"
        if record is None or record.archived != archived:
            return replies.not_found()
        body = shown(record, names(request.query.get("properties")))
        body = with_history(record, names(request.query.get("propertiesWithHistory")), body)
        return Reply(200, _with_associations(record, body, names(request.query.get("associations"))))

    def create(self, request: Request) -> Reply:
        kind, given = request.place["kind"], request.body if isinstance(request.body, dict) else {}
        if kind not in KINDS:
            return replies.not_found()
        properties = {
            name: _text(value) for name, value in (given.get("properties") or {}).items() if name not in READ_ONLY
        }
        if kind == "deals":
            properties.setdefault("pipeline", "default")
            if stage_of(properties["pipeline"], properties.get("dealstage")) is None:
                return replies.invalid(
                    f"{properties.get('dealstage')} is not a stage of pipeline {properties['pipeline']}"
                )
        links = [self._link(kind, item) for item in given.get("associations") or []]
        made = self.sandbox.perform("create_record", {"kind": kind, "properties": properties, "associations": links})
        record = self.store.records[kind][made["id"]]
        return Reply(201, shown(record, list(properties)))

    def update(self, request: Request) -> Reply:
        record = self._found(request)
        if record is None or record.archived:
            return replies.not_found()
        given = (request.body or {}).get("properties") or {}
        changes = {name: _text(value) for name, value in given.items() if name not in READ_ONLY}
        pipeline = changes.get("pipeline", record.properties.get("pipeline"))
        if "dealstage" in changes and stage_of(pipeline, changes["dealstage"]) is None:
            return replies.invalid(f"{changes['dealstage']} is not a stage of pipeline {pipeline}")
        self.sandbox.perform("update_record", {"kind": record.kind, "id": record.id, "properties": changes})
        return Reply(200, shown(record, list(changes)))

    def delete(self, request: Request) -> Reply:
        record = self._found(request)
        if record is not None and not record.archived:
            self.sandbox.perform("update_record", {"kind": record.kind, "id": record.id, "archive": True})
        return Reply(204)

    def batch_read(self, request: Request) -> Reply:
        """Up to 100 ids (or values of `idProperty`), 50 with histories; 207 when some are not there."""
        kind, given = request.place["kind"], request.body or {}
        inputs = [str(item.get("id")) for item in given.get("inputs") or []]
        if kind not in KINDS:
            return replies.not_found()
        histories = names(given.get("propertiesWithHistory"))
        most = 50 if histories else 100
        if not 0 < len(inputs) <= most:
            return replies.invalid(f"inputs must hold between 1 and {most} ids")
        found = {key: self._by_key(kind, key, given.get("idProperty")) for key in inputs}
        missing = [key for key, record in found.items() if record is None]
        wanted = names(given.get("properties"))
        results = [with_history(record, histories, shown(record, wanted)) for record in found.values() if record]
        moment = stamp(self.sandbox.now())
        body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": moment, "completedAt": moment}
        if missing:
            body["numErrors"] = 1
            body["errors"] = [
                {
                    "status": "error",
                    "category": "OBJECT_NOT_FOUND",
                    "message": f"Could not get some {kind.upper()} objects, they may be deleted or not exist.",
                    "context": {"ids": missing},
                }
            ]
        return Reply(207 if missing else 200, body)

    def _by_key(self, kind: str, key: str, id_property: str | None) -> Record | None:
        if id_property:
            return next((r for r in self.store.alive(kind) if r.properties.get(id_property) == key), None)
        record = self.store.find(kind, key)
        return record if record and not record.archived else None

    def _found(self, request: Request) -> Record | None:
        kind = request.place["kind"]
        return self._by_id(kind, request.place["id"], request.query.get("idProperty")) if kind in KINDS else None

    def _by_id(self, kind: str, key: str, id_property: str | None) -> Record | None:
        return self._by_key(kind, key, id_property) if id_property else self.store.find(kind, key)

    def _link(self, kind: str, item: dict[str, Any]) -> tuple[str, str]:
        # Association type 3 is deal to contact, 5 deal to company; nothing else is asked of the sandbox.
        type_id = int((item.get("types") or [{}])[0].get("associationTypeId", 3))
        other = "companies" if type_id in (5, 279, 1) else "deals" if kind == "contacts" else "contacts"
        return other, str((item.get("to") or {}).get("id"))


def _text(value: Any) -> str | None:
    if value is None or value == "":
        return None
    return str(value).lower() if isinstance(value, bool) else str(value)
