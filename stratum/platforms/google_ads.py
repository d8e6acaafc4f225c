"""Google Ads with the face of `MetaAds`: structure, performance, budgets. An ad group stands for an ad set; budgets are the campaigns'.

A budget that campaigns share, or one of a longer period, is none of ours: its campaigns have no daily budget here, are neither planned nor written.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings

from stratum.platforms.account_days import AccountDays, InsightRow, differs
from stratum.platforms.delivery import GOOGLE_OWN
from stratum.platforms.findings import Findings
from stratum.platforms.google_days import AD_DAY, CAMPAIGN_DAY, DAY, Click, ad_days, clicks_of, day_totals, major
from stratum.platforms.google_errors import SECONDS_UNLESS_TOLD
from stratum.platforms.google_money import micros_per_minor, to_micros
from stratum.platforms.google_mutate import checked, outcomes_of
from stratum.platforms.google_nodes import ad_group_node, ad_node, campaign_node, daily_budget, is_shared
from stratum.platforms.google_rest import GoogleRest
from stratum.platforms.http import NoAnswer, TryLater
from stratum.platforms.meta_ads import AccountFacts, Structure
from stratum.platforms.meta_batch import Outcome, Written
from stratum.platforms.nodes import Node

MOST_OPERATIONS = 10_000
"""In one mutate call: https://developers.google.com/google-ads/api/docs/best-practices/quotas."""
MOST_NAMED = 1_000
MOST_NAMES = 5
BILLABLE: dict[tuple[str, str], int] = {}
"""Asked for once a process: what a currency is billed in does not change."""

BUDGET = (
    "campaign_budget.resource_name, campaign_budget.amount_micros, campaign_budget.period, "
    "campaign_budget.explicitly_shared, campaign_budget.reference_count"
)
CAMPAIGN = f"campaign.id, campaign.name, campaign.status, campaign.serving_status, {BUDGET}"
AD_GROUP = "ad_group.id, ad_group.name, ad_group.status, campaign.id, campaign.status"
AD = (
    "ad_group_ad.ad.id, ad_group_ad.ad.name, ad_group_ad.status, ad_group.id, ad_group.status, campaign.status, "
    "customer.final_url_suffix, customer.tracking_url_template, campaign.final_url_suffix, campaign.tracking_url_template, "
    "ad_group.final_url_suffix, ad_group.tracking_url_template, ad_group_ad.ad.final_url_suffix, ad_group_ad.ad.tracking_url_template"
)
THERE = "{}.status != 'REMOVED'".format
GOOGLES = {ours: googles for googles, ours in GOOGLE_OWN.items()}


class GoogleAds:
    """One customer of one credential (see `access_token_of`). Reads are repeated patiently; writes never are. Use it in one thread.

    Methods that take an account's id take it for the face's sake: it is the customer's.
    """

    overspend_factor = 2.0
    """Any day may cost twice its budget: https://support.google.com/google-ads/answer/6312."""
    reporting_lag = timedelta(hours=3)
    """Figures are less than three hours late: https://support.google.com/google-ads/answer/2544985."""

    def __init__(self, credential: str, customer_id: str, base_url: str | None = None) -> None:
        self._rest = GoogleRest(credential, customer_id, base_url or settings.GOOGLE_ADS_URL)
        self.findings = Findings()

    def facts(self, account_id: str) -> AccountFacts:
        customer = self._rest.search("customer.currency_code, customer.time_zone", "customer")[0]["customer"]
        return AccountFacts(customer["currencyCode"], customer.get("timeZone") or "")

    def structure(self, account_id: str) -> Structure:
        """Every campaign, ad group and ad that is not removed."""
        groups = (THERE("campaign"), THERE("ad_group"))
        return Structure(
            campaigns=self.standing(account_id, currency=self.facts(account_id).currency),
            ad_sets=[ad_group_node(row) for row in self._rest.search(AD_GROUP, "ad_group", *groups)],
            ads=[ad_node(row) for row in self._rest.search(AD, "ad_group_ad", *groups, THERE("ad_group_ad"))],
        )

    def standing(self, account_id: str, *, currency: str) -> list[Node]:
        """Every campaign with the status and the budget that it has now. Ad groups hold none."""
        return [campaign_node(row, currency) for row in self._rest.search(CAMPAIGN, "campaign", THERE("campaign"))]

    def insights(self, account_id: str, since: date, until: date, *, kind: str = "") -> list[InsightRow]:
        """What each ad did on each of the account's local days, `until` included. Conversions are those that the account bids on."""
        return ad_days(self._rest.search(AD_DAY, "ad_group_ad", _between(since, until)), self.findings)

    def account_days(self, account_id: str, since: date, until: date, *, kind: str = "") -> AccountDays:
        """The same, with the customer's own totals, and with the campaigns' where the ads do not add up to them (Performance Max)."""
        days = _between(since, until)
        account = day_totals(self._rest.search(DAY, "customer", days), self.findings)
        ads = self.insights(account_id, since, until)
        campaigns = self._rest.search(CAMPAIGN_DAY, "campaign", days) if differs(ads, account) else []
        return AccountDays(ads, account, day_totals(campaigns, self.findings))

    def conversion_kind(self, account_id: str, since: date, until: date) -> str:
        """Empty: Google counts what the account bids on, and that is one kind."""
        return ""

    def clicks(self, day: date) -> list[Click]:
        """Which ad each click of one of the account's days was on. Google tells of the last 90 days, one day a question."""
        fields = "click_view.gclid, click_view.ad_group_ad, campaign.id, segments.date"
        return clicks_of(self._rest.search(fields, "click_view", f"segments.date = '{day}'"), self.findings)

    def spend_of(self, account_id: str, day: date) -> Decimal:
        """What the whole account spent on one of its own days, as told now; major units."""
        rows = self._rest.search("metrics.cost_micros", "customer", f"segments.date = '{day}'")
        return sum((major((row.get("metrics") or {}).get("costMicros")) for row in rows), Decimal(0))

    def minimum_budgets(self, account_id: str, *, currency: str) -> int:
        """Google names no least daily budget; nothing is less than what it bills in."""
        return -(-self._billable(currency) // micros_per_minor(currency))

    def budgets(self, ids: Iterable[str], *, currency: str) -> dict[str, int | None]:
        """The daily budgets as they stand now; None where several campaigns share one. Those that are gone are left out."""
        return {
            row["campaign"]["id"]: daily_budget(row, currency) for row in self._named(ids, f"campaign.id, {BUDGET}")
        }

    def statuses(self, ids: Iterable[str]) -> dict[str, str]:
        """What each campaign was set to; those that are gone are left out."""
        rows = self._named(ids, "campaign.id, campaign.status")
        return {row["campaign"]["id"]: GOOGLE_OWN.get(row["campaign"]["status"], "") for row in rows}

    def write_budgets(self, budgets: Sequence[tuple[str, int]], *, currency: str) -> list[Outcome]:
        """Sets campaigns' daily budgets in one call, one operation a budget. Outcomes in the same order.

        Budgets are read just before, since a write names the budget and not its campaign: one that was shared meanwhile is refused, as is
        what the currency cannot hold, and the rest is sent. TryLater and Refused: nothing was written. NoAnswer: nobody knows.
        """
        return self._change_budgets(budgets, currency, validate_only=False)

    def check_budgets(self, budgets: Sequence[tuple[str, int]], *, currency: str) -> list[Outcome]:
        """What would become of `write_budgets`; nothing is changed.

        Not asked before a sending: a partial failure refuses its operation alone, so that a rehearsal of the call would tell nothing
        sooner, cost as much of the day's quota, and be as old as the budgets that were just read.
        """
        return self._change_budgets(budgets, currency, validate_only=True)

    def write_statuses(self, statuses: Sequence[tuple[str, str]]) -> list[Outcome]:
        """Sets campaigns ACTIVE or PAUSED in one call. Absolute, so it may be said again."""
        operations = [
            _update(f"{self._rest.customer}/campaigns/{campaign}", status=GOOGLES[status])
            for campaign, status in statuses
        ]
        return self._mutate("campaigns", operations, validate_only=False)

    @property
    def wait(self) -> float:
        """Seconds for which the platform asked to be left alone."""
        return self._rest.wait

    def room_for_writes(self) -> int:
        """Google tells of a quota only once it is used up."""
        return 0 if self.wait else MOST_OPERATIONS

    def _change_budgets(
        self, budgets: Sequence[tuple[str, int]], currency: str, *, validate_only: bool
    ) -> list[Outcome]:
        if len({campaign for campaign, _ in budgets}) < len(budgets):
            raise ValueError("two budgets for one campaign in a call")
        try:
            held = {
                row["campaign"]["id"]: row for row in self._named([c for c, _ in budgets], f"campaign.id, {BUDGET}")
            }
            billable = self._billable(currency)
            outcomes = [self._refusal(held.get(campaign), minor, currency, billable) for campaign, minor in budgets]
        except NoAnswer as problem:
            raise TryLater(str(problem), SECONDS_UNLESS_TOLD) from problem
        sound = [number for number, outcome in enumerate(outcomes) if outcome is None]
        operations = [
            _update(
                held[campaign]["campaignBudget"]["resourceName"],
                amountMicros=str(to_micros(minor, currency, billable=billable)),
            )
            for campaign, minor in (budgets[number] for number in sound)
        ]
        sent = self._mutate("campaignBudgets", operations, validate_only=validate_only) if operations else []
        for number, outcome in zip(sound, sent, strict=True):
            outcomes[number] = outcome
        return [outcome for outcome in outcomes if outcome is not None]

    def _refusal(self, row: Mapping[str, Any] | None, minor: int, currency: str, billable: int) -> Outcome | None:
        """Why a budget is not even sent; None for one that may be."""
        if row is None:
            return Outcome(Written.REFUSED, "the campaign is not there any more")
        if is_shared(row["campaignBudget"]):
            return Outcome(Written.REFUSED, self._shared_by(row["campaignBudget"]["resourceName"]))
        if daily_budget(row, currency) is None:
            return Outcome(Written.REFUSED, "the campaign has no daily budget")
        try:
            to_micros(minor, currency, billable=billable)
        except ValueError as problem:
            return Outcome(Written.REFUSED, str(problem))
        return None

    def _shared_by(self, budget: str) -> str:
        sharing = f"campaign.campaign_budget = '{budget}'"
        rows = self._rest.search("campaign.id, campaign.name", "campaign", sharing, THERE("campaign"))
        names = [row["campaign"]["name"] for row in rows]
        more = f" and {len(names) - MOST_NAMES} more" if len(names) > MOST_NAMES else ""
        campaigns = "1 campaign" if len(names) == 1 else f"{len(names)} campaigns"
        return f"the budget is shared by {campaigns}: {', '.join(names[:MOST_NAMES])}{more}"

    def _mutate(self, service: str, operations: Sequence[Mapping[str, Any]], *, validate_only: bool) -> list[Outcome]:
        if len(operations) > MOST_OPERATIONS:
            raise ValueError(f"a call holds {MOST_OPERATIONS} operations, not {len(operations)}")
        body = {"operations": operations, "partialFailure": True, "validateOnly": validate_only}
        answer = self._rest.post(f"{service}:mutate", body)
        return (checked if validate_only else outcomes_of)(answer, len(operations))

    def _named(self, ids: Iterable[str], fields: str) -> list[Mapping[str, Any]]:
        wanted = [one for one in ids if one.isdigit()]
        rows: list[Mapping[str, Any]] = []
        for start in range(0, len(wanted), MOST_NAMED):
            listed = ", ".join(wanted[start : start + MOST_NAMED])
            rows += self._rest.search(fields, "campaign", f"campaign.id IN ({listed})", THERE("campaign"))
        return rows

    def _billable(self, currency: str) -> int:
        """Micros; our own minor unit where Google does not name the currency."""
        known = (self._rest.base_url, currency)
        if known not in BILLABLE:
            code = f"currency_constant.code = '{currency}'"
            rows = self._rest.search("currency_constant.billable_unit_micros", "currency_constant", code)
            told = [int(row["currencyConstant"]["billableUnitMicros"]) for row in rows]
            BILLABLE[known] = told[0] if told else micros_per_minor(currency)
        return BILLABLE[known]


def _update(resource: str, **fields: str) -> dict[str, Any]:
    return {"update": {"resourceName": resource, **fields}, "updateMask": ",".join(fields)}


def _between(since: date, until: date) -> str:
    return f"segments.date BETWEEN '{since}' AND '{until}'"
