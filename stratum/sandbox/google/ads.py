"""Google Ads over REST: search, and mutates whose operations fail one by one."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stratum.sandbox.faults import Fault
from stratum.sandbox.google.failures import AdsError, partial_failure, refused_whole
from stratum.sandbox.google.gaql import Query, read_query
from stratum.sandbox.google.rows import FIELDS, answered, budget_name
from stratum.sandbox.market import money
from stratum.sandbox.market.structure import Account, Campaign
from stratum.sandbox.running import RunningMarket
from stratum.sandbox.web.messages import Reply, Request

MOST_OPERATIONS = 10_000
OURS = {"ENABLED": "ACTIVE", "PAUSED": "PAUSED"}


class AdsService:
    """The accounts of the market that are Google's. `sandbox.world.edits` says what took effect, in micros."""

    def __init__(self, sandbox: RunningMarket) -> None:
        self.sandbox, self.world = sandbox, sandbox.world
        self.paths: dict[str, Callable[[Request], Reply]] = {
            "/{version}/customers/{customer}/googleAds:search": self.search,
            "/{version}/customers/{customer}/campaignBudgets:mutate": self.mutate_budgets,
            "/{version}/customers/{customer}/campaigns:mutate": self.mutate_campaigns,
        }

    def answer(self, request: Request, handler: Callable[[Request], Reply]) -> Reply:
        faults, place = self.sandbox.faults, {"server": "graph", "method": request.method, "path": request.path}
        try:
            if faults.take("token_expired", **place) or request.bearer() != self.sandbox.config.access_token:
                raise AdsError("UNAUTHENTICATED", ("authenticationError", "OAUTH_TOKEN_EXPIRED"), "The OAuth token in the header has expired.")  # fmt: skip
            limited = faults.take("rate_limit", **place)
            if limited:
                raise _too_many(limited)
            broken = faults.take("internal_error", **place)
            reply = handler(request) if not broken or broken.applied else Reply()
            if broken:
                raise AdsError("INTERNAL", ("internalError", "INTERNAL_ERROR"), "An internal error has occurred.")
            return reply
        except AdsError as error:
            return error.reply()

    def search(self, request: Request) -> Reply:
        account, body = self._account(request), request.body if isinstance(request.body, dict) else {}
        query = read_query(str(body.get("query") or ""), FIELDS)
        self._somebody_shares(request, account, query)
        rows, size = answered(self.world, account, query, self.sandbox.now()), self.sandbox.config.google_page_rows
        if rows and self.sandbox.faults.take("row_without_id", server="graph", path=request.path):
            rows[0] = {}
        token = str(body.get("pageToken") or "0")
        if not token.isdigit():
            raise AdsError("INVALID_ARGUMENT", ("requestError", "INVALID_PAGE_TOKEN"), "The page token is invalid.")
        first = int(token)
        if self.sandbox.faults.take("empty_page_with_after", server="graph", path=request.path):
            return Reply(200, {"results": [], "nextPageToken": token})
        more = {"nextPageToken": str(first + size)} if first + size < len(rows) else {}
        return Reply(200, {"results": rows[first : first + size], "fieldMask": ",".join(query.fields)} | more)

    def mutate_budgets(self, request: Request) -> Reply:
        return self._mutate(request, self._checked_budget)

    def mutate_campaigns(self, request: Request) -> Reply:
        return self._mutate(request, self._checked_status)

    def _mutate(self, request: Request, checked: Callable[[Account, dict[str, Any]], dict[str, Any]]) -> Reply:
        """`checked` makes the edit of an operation, or raises."""
        account, body = self._account(request), request.body if isinstance(request.body, dict) else {}
        operations = body.get("operations") or []
        if not operations:
            raise AdsError("INVALID_ARGUMENT", ("requestError", "REQUIRED_FIELD_MISSING"), "Required field is missing.", field="operations")  # fmt: skip
        if len(operations) > MOST_OPERATIONS:
            raise AdsError("INVALID_ARGUMENT", ("requestError", "TOO_MANY_MUTATE_OPERATIONS"), "Too many operations.")
        self._somebody_else(request, account, operations)
        edits, failed = self._edits(request, account, operations, checked)
        if failed and not body.get("partialFailure"):
            return refused_whole(failed)
        if body.get("validateOnly"):
            return Reply(200, partial_failure(failed))
        for index in sorted(edits):
            self.sandbox.perform("edit", edits[index])
        results = [{"resourceName": operation["update"]["resourceName"]} if index in edits else {} for index, operation in enumerate(operations)]  # fmt: skip
        return Reply(200, {"results": results} | partial_failure(failed))

    def _edits(
        self, request: Request, account: Account, operations: list[Any], checked: Callable[..., dict[str, Any]]
    ) -> tuple[dict[int, dict[str, Any]], list[tuple[int, AdsError]]]:
        edits: dict[int, dict[str, Any]] = {}
        failed: list[tuple[int, AdsError]] = []
        seen: set[str] = set()
        for index, operation in enumerate(operations):
            try:
                self._refuse_on_purpose(request, index)
                resource = str((operation.get("update") or {}).get("resourceName"))
                if resource in seen:
                    raise AdsError("INVALID_ARGUMENT", ("mutateError", "ID_EXISTS_IN_MULTIPLE_MUTATES"), "The same resource is in several operations.", field="update")  # fmt: skip
                seen.add(resource)
                edits[index] = checked(account, operation)
            except AdsError as error:
                failed.append((index, error))
        return edits, failed

    def _checked_budget(self, account: Account, operation: dict[str, Any]) -> dict[str, Any]:
        update, given = operation.get("update") or {}, str((operation.get("update") or {}).get("amountMicros"))
        _check_mask(operation, {"amountMicros", "amount_micros"})
        campaign = next((one for one in account.campaigns if budget_name(account, one) == update.get("resourceName")), None)  # fmt: skip
        if campaign is None:
            raise _not_found()
        if not given.isdigit() or int(given) <= 0:
            raise _amount("MONEY_AMOUNT_CANNOT_BE_NEGATIVE", "The money amount cannot be negative.")
        if int(given) % money.billable_micros(account.currency):
            raise _amount("NON_MULTIPLE_OF_MINIMUM_CURRENCY_UNIT", "The amount is not a multiple of the minimum currency unit.")  # fmt: skip
        return {"id": campaign.id, "daily_budget": int(given)}

    def _checked_status(self, account: Account, operation: dict[str, Any]) -> dict[str, Any]:
        update = operation.get("update") or {}
        _check_mask(operation, {"status"})
        names = {f"customers/{account.id}/campaigns/{campaign.id}": campaign for campaign in account.campaigns}
        campaign: Campaign | None = names.get(str(update.get("resourceName")))
        if campaign is None:
            raise _not_found()
        if update.get("status") not in OURS:
            raise AdsError("INVALID_ARGUMENT", ("requestError", "INVALID_ENUM_VALUE"), "Enum value is not permitted.", field="update.status")  # fmt: skip
        return {"id": campaign.id, "status": OURS[update["status"]]}

    def _refuse_on_purpose(self, request: Request, index: int) -> None:
        place = {"server": "graph", "method": request.method, "path": request.path, "index": index}
        if self.sandbox.faults.take("refuse_operation", **place):
            raise _amount("MONEY_AMOUNT_TOO_LARGE", "The money amount was greater than the maximum CPC allowed.")

    def _somebody_else(self, request: Request, account: Account, operations: list[Any]) -> None:
        """A person is quicker: between the caller's reading and this, a budget moves."""
        names = [str((operation.get("update") or {}).get("resourceName")) for operation in operations]
        campaign = next((one for one in account.campaigns if budget_name(account, one) in names), None)
        place = {"server": "graph", "method": request.method, "path": request.path}
        if campaign and self.sandbox.faults.take("edit_in_between", **place):
            moved = (campaign.daily_budget or 0) + money.MICROS
            self.sandbox.perform("edit", {"id": campaign.id, "daily_budget": moved, "by": "person meanwhile"})

    def _somebody_shares(self, request: Request, account: Account, query: Query) -> None:
        """A person lets a campaign that is asked for by its id spend from another's budget."""
        named = [one.values for one in query.where if one.field == "campaign.id"]
        if named and self.sandbox.faults.take("share_in_between", server="graph", path=request.path):
            campaign = self.world.campaigns[named[0][0]]
            other = next(one for one in account.campaigns if one.pool != campaign.pool)
            self.sandbox.perform("share", {"id": campaign.id, "with": other.id})

    def _account(self, request: Request) -> Account:
        account = self.world.account_by_id.get(request.place["customer"])
        if account is None or account.platform != "google":
            raise AdsError("PERMISSION_DENIED", ("authorizationError", "USER_PERMISSION_DENIED"), "User doesn't have permission to access customer.")  # fmt: skip
        return account


def _check_mask(operation: dict[str, Any], known: set[str]) -> None:
    mask = {name for name in str(operation.get("updateMask") or "").split(",") if name}
    if not mask:
        raise AdsError("INVALID_ARGUMENT", ("fieldMaskError", "FIELD_MASK_MISSING"), "The field mask is missing.", field="update_mask")  # fmt: skip
    if mask - known:
        raise AdsError("INVALID_ARGUMENT", ("fieldMaskError", "FIELD_NOT_FOUND"), "The field mask names an unknown field.", field="update_mask")  # fmt: skip


def _not_found() -> AdsError:
    return AdsError("NOT_FOUND", ("mutateError", "RESOURCE_NOT_FOUND"), "Resource was not found.", field="update.resource_name")  # fmt: skip


def _amount(code: str, message: str) -> AdsError:
    return AdsError("INVALID_ARGUMENT", ("campaignBudgetError", code), message, field="update.amount_micros")


def _too_many(fault: Fault) -> AdsError:
    details = {"quotaErrorDetails": {"rateScope": "DEVELOPER", "rateName": "Requests per project", "retryDelay": f"{max(round(fault.seconds), 1)}s"}}  # fmt: skip
    words = "Too many requests. Retry in a while."
    return AdsError("RESOURCE_EXHAUSTED", ("quotaError", "RESOURCE_EXHAUSTED"), words, details=details)
