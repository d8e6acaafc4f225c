"""The demo's market, lived on day by day over real HTTP, and what was stated of each day."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from django.conf import settings

from attribution.actions.ads.pull_ad_performance import pull_ad_performance
from attribution.actions.credit.learn_and_match import learn_and_match
from attribution.actions.credit.model_rest import model_rest
from attribution.actions.credit.set_matching import set_matching
from attribution.actions.crm.connect_crm import connect_crm
from attribution.actions.crm.learn_stages import learn_stages
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.crm.sync_crm import sync_crm
from attribution.models import CrmConnection
from attribution.selectors import Basis, matured_return, maturity, trend
from learning.actions.turn_cycle import turn_cycle
from sampler.actions.execute_changes import execute_changes
from sampler.actions.review_change import approve_change
from sampler.actions.set_limits import set_limits
from sampler.domain.budget_simulator import draw_runs, outcome
from sampler.domain.expected_return import Expected
from sampler.selectors import last_plans, waiting_changes
from sampler.selectors.simulations import responding
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.api.authentication import make_key
from stratum.core.clock import real_now
from stratum.core.models import AdAccount, Membership, User, Workspace
from stratum.core.periods import Period, local_day
from stratum.core.permissions import ALLOWED, OWNER
from stratum.core.tenancy import in_workspace
from stratum.management.commands.demo import AD_DRIVEN_SHARE
from stratum.sandbox import Sandbox, SandboxConfig
from stratum.sandbox.market.truth import click_days

HISTORY_DAYS = 45
DAYS = 5
STARTS_BACK_DAYS = 12
RIPENING = 45
"""Days after which nearly every deal is closed."""
OVERVIEW_DAYS = 28
DAILY_CAP = 160_000


@dataclass(frozen=True)
class Stated:
    """A return that a page stated for days of clicks, with its 80 % interval; `low` None where the page states none."""

    page: str
    first: date
    days: int
    mean: float
    low: float | None
    high: float | None


@dataclass
class Demo:
    workspace: Workspace
    account: AdAccount
    portal: CrmConnection
    sandbox: Sandbox

    @property
    def now(self) -> datetime:
        return self.sandbox.now()

    @property
    def today(self) -> date:
        return local_day(self.now, self.account.timezone)

    def hear(self) -> None:
        pull_ad_performance(self.account, now=self.now)
        sync_crm(self.portal, now=self.now)
        while refresh_due_deals(self.workspace, now=self.now):
            pass

    def learn(self) -> None:
        """What happens by night."""
        learn_stages(self.portal, now=self.now)
        learn_and_match(self.workspace, now=self.now)
        while refresh_due_deals(self.workspace, now=self.now):
            pass
        model_rest(self.workspace, now=self.now)

    def anchor(self) -> None:
        """The lift study that the demo's shop has made."""
        set_matching(
            self.workspace,
            actor="bench",
            now=self.now,
            ad_driven_share=AD_DRIVEN_SHARE,
            ad_driven_share_source="holdout",
        )

    def turn(self) -> None:
        turn_cycle(self.workspace, until=None, now=self.now, rng_seed=self.today.toordinal())

    def carry_out(self) -> None:
        """A person approves all, and it is sent."""
        for card in waiting_changes():
            approve_change(card.id, by="owner@example.com", verbs=ALLOWED[OWNER], now=self.now)
        execute_changes(self.account, now=self.now)

    def live(self, days: int = 1) -> None:
        self.sandbox.advance(hours=24 * days)
        self.sandbox.touchpoints.flush(60)
        self.sandbox.own_channels.flush(60)


def play(
    seed: int, address: str, *, days: int = DAYS, carried_out: int = 2, history_days: int = HISTORY_DAYS
) -> list[tuple[Stated, float]]:
    """What was stated, each with the true return of the same days' clicks once their deals were closed.

    `days` with the budgets of before, and then as many as are `carried_out` with those of the plan. `address`: where the product answers.
    """
    stated: list[Stated] = []
    with opened(seed, address, history_days) as demo:
        demo.learn()
        stated.append(replace(_overview(demo), page="Overview, without the lift study"))
        demo.anchor()
        demo.learn()
        for number in range(days + carried_out):
            demo.hear()
            demo.learn()
            demo.turn()
            plan = last_plans()[0]
            told = plan.standing if number < days else plan.expected
            if number == 0:
                stated += [_overview(demo), _simulated(demo, days)]
            if number >= days:
                demo.carry_out()
            name = "plan, at today's budgets" if number < days else "plan, carried out"
            if told:
                stated.append(Stated(name, plan.day, 1, told.mean, told.low, told.high))
            demo.live()
        for _ in range(24 * RIPENING):
            demo.sandbox.world.run_tick()
        truth = click_days(demo.sandbox.world)
    return [(one, _true_return(truth, one)) for one in stated]


def _overview(demo: Demo) -> Stated:
    """Matured ROAS, which is what the period will have returned."""
    period = Period.last(OVERVIEW_DAYS, end=demo.today - timedelta(days=1))
    found = matured_return(trend(period), maturity(now=demo.now), Basis.ACCRUAL)
    return Stated("Overview, matured ROAS of 28 days", period.start, OVERVIEW_DAYS, float(found.roas or 0), None, None)


def _simulated(demo: Demo, days: int) -> Stated:
    found = responding(demo.account, None, base=None, now=demo.now, days=days)
    runs = draw_runs(found.holders, days=days, runs=1000, drift=found.drift, seed=found.day.toordinal())
    budgets = [holder.budget for holder in found.holders]
    result = outcome(found.holders, runs, budgets, interval=(10.0, 90.0))
    of_days = Expected(result.roas, result.low / result.spend, result.high / result.spend)
    return Stated("Simulator, the days to come", found.day, days, of_days.mean, of_days.low, of_days.high)


def _true_return(truth: dict[date, tuple[float, float]], stated: Stated) -> float:
    days = [truth[stated.first + timedelta(days=n)] for n in range(stated.days)]
    return sum(won for _, won in days) / sum(spent for spent, _ in days)


@contextmanager
def opened(seed: int, address: str, history_days: int = HISTORY_DAYS) -> Iterator[Demo]:
    """A workspace connected to a market with its history, at a local midnight, with all of it heard."""
    workspace = make_workspace(name=f"Demo {seed}", timezone="America/New_York")
    first = datetime.combine(
        local_day(real_now(), workspace.timezone) - timedelta(days=STARTS_BACK_DAYS), datetime.min.time()
    ).replace(tzinfo=ZoneInfo(workspace.timezone))
    config = SandboxConfig(
        seed=seed,
        history_days=history_days,
        now=first.isoformat(),
        own_channels=True,
        deliver_history=False,
        search_lag_seconds=0.0,
        search_per_second=1000,
        portal_id=247279312 + seed,
        write_key=workspace.write_key,
        ingest_url=f"{address}/api/touchpoints",
        api_key=make_key(workspace, label="website", scopes=["read", "ingest"]),
    )
    with Sandbox(config).start() as sandbox, in_workspace(workspace):
        settings.META_GRAPH_URL, settings.HUBSPOT_API_URL = sandbox.graph_url, sandbox.crm_url
        demo = _connected(workspace, config, sandbox)
        sandbox.touchpoints.flush(60)
        sandbox.own_channels.flush(60)
        demo.hear()
        yield demo


def _connected(workspace: Workspace, config: SandboxConfig, sandbox: Sandbox) -> Demo:
    owner, _ = User.objects.get_or_create(email="owner@example.com")
    Membership.objects.create(workspace=workspace, user=owner, role=OWNER)
    connect_crm(
        workspace,
        portal_id=config.portal_id,
        access_token=config.crm_token,
        client_secret=config.client_secret,
        actor="bench",
    )
    profile = config.accounts[0]
    account = AdAccount.objects.create(
        workspace=workspace,
        platform=profile.platform,
        external_id=profile.external_id,
        name=profile.name,
        currency=profile.currency,
        timezone=profile.timezone,
        access_token=config.access_token,
        dry_run=False,
    )
    set_limits(account, actor="bench", daily_cap=DAILY_CAP)
    return Demo(workspace, account, CrmConnection.objects.get(), sandbox)
