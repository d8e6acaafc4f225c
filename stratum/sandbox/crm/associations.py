"""Associations under /crm/v4: one record's, or a batch of them."""

from __future__ import annotations

from typing import Any

from stratum.sandbox.crm import replies
from stratum.sandbox.crm.records import KINDS, TYPE_IDS, Record, stamp
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request


def _targets(record: Record, far: str) -> list[dict[str, Any]]:
    type_id = TYPE_IDS.get((record.kind, far), 1)
    kinds = [{"category": "HUBSPOT_DEFINED", "typeId": type_id, "label": None}]
    return [{"toObjectId": int(far_id), "associationTypes": kinds} for far_id in record.linked.get(far, [])]


class Associations:
    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox, self.store = sandbox, sandbox.world.crm

    def of_one(self, request: Request) -> Reply:
        near, far = request.place["kind"], request.place["far"]
        record = self.store.find(near, request.place["id"]) if near in KINDS else None
        if record is None or record.archived:
            return replies.not_found()
        return Reply(200, {"results": _targets(record, far)})

    def batch_read(self, request: Request) -> Reply:
        """Up to 1,000 ids; a record without associations is an entry of `errors`, and the status 207."""
        near, far = request.place["kind"], request.place["far"]
        ids = [str(item.get("id")) for item in (request.body or {}).get("inputs") or []]
        if near not in KINDS or not 0 < len(ids) <= 1000:
            return replies.invalid("inputs must hold between 1 and 1000 ids")
        results, errors = [], []
        for record_id in ids:
            record = self.store.find(near, record_id)
            targets = _targets(record, far) if record and not record.archived else []
            if targets:
                results.append({"from": {"id": record_id}, "to": targets})
            else:
                errors.append(self._missing(near, far, record_id))
        moment = stamp(self.sandbox.now())
        body: dict[str, Any] = {"status": "COMPLETE", "results": results, "startedAt": moment, "completedAt": moment}
        if errors:
            body |= {"numErrors": len(errors), "errors": errors}
        return Reply(207 if errors else 200, body)

    def _missing(self, near: str, far: str, record_id: str) -> dict[str, Any]:
        return {
            "status": "error",
            "category": "OBJECT_NOT_FOUND",
            "subCategory": "crm.associations.NO_ASSOCIATIONS_FOUND",
            "message": f"No {far.removesuffix('s')} is associated with {near.removesuffix('s')} {record_id}.",
            "context": {"fromObjectId": [record_id], "fromObjectType": [near], "toObjectType": [far]},
        }
