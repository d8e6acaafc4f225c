"""Decisions over HTTP, made or remembered, and outcomes told back."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import connection
from redis import Redis

from learning.actions.turn_cycle import turn_cycle
from sampler.actions.decide import Asked, check_decision, decide, usual_seed
from sampler.actions.propose_plan import propose_plan
from sampler.domain.share_interval import share_interval
from sampler.models import AccountLimits, Change, Plan
from sampler.selectors import memory_figures
from sampler.selectors.decision_memory import forget_all, remember, remembered
from sampler.tasks import check_decisions, precompute_decisions
from stratum.core.clock import now
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign, Workspace
from stratum.core.tenancy import in_workspace
from tests.api.conftest import NOW, fields_of, is_problem
from tests.sampler.conftest import make_change

SELECT = "ml/battle-hardened/select"
FEEDBACK = "ml/battle-hardened/feedback"
DAY = date(2017, 6, 9)


@pytest.fixture
def deciding(mine):
    """A tenant whose imported account has forty days of three ad sets, and has turned once."""
    workspace = mine.workspace
    Workspace.objects.filter(pk=workspace.pk).update(revenue_source=Workspace.RevenueSource.PLATFORM)
    workspace.refresh_from_db()
    with in_workspace(workspace):
        owned = {"workspace": workspace}
        account = AdAccount.objects.create(
            **owned, platform="import", external_id="old", name="Old", currency=workspace.currency
        )
        AccountLimits.objects.create(**owned, account=account, daily_cap=1_000_000)
        campaign = Campaign.objects.create(**owned, account=account, external_id="c", name="c")
        for i in range(3):
            ad_set = AdSet.objects.create(
                **owned, account=account, external_id=f"s{i}", name=f"Set {i}", campaign=campaign
            )
            ad = Ad.objects.create(**owned, account=account, external_id=f"old{i}", name=f"Ad {i}", ad_set=ad_set)
            told = {
                "spend": 100,
                "impressions": 20_000,
                "clicks": 200,
                "conversions": 4 + 3 * i,
                "conversion_value": Decimal(200 + 150 * i),
            }
            AdDay.objects.bulk_create(
                AdDay(**owned, day=DAY - timedelta(days=n), ad=ad, reported_at=NOW, **told) for n in range(40)
            )
        turn_cycle(Workspace.objects.get(pk=workspace.pk), until=None, now=NOW, rng_seed=3, only=[account.pk])
    forget_all()
    return account


def test_a_budget_is_split_with_reasons_and_nothing_is_stored(mine, deciding):
    plans = Plan.everywhere.count()
    answer = mine.holding("read").post(SELECT, {"account_id": deciding.pk, "budget": "330.00"})
    assert answer.status_code == 200
    body = answer.json()
    assert (body["policy"], body["total"], body["plan_id"]) == ("portfolio", "330.00", None)
    assert sum(Decimal(one["after"]) for one in body["budgets"]) == 330
    assert body["expected"]["low"] < body["expected"]["mean"] < body["expected"]["high"]
    assert all(one["because"] and one["curve"]["elasticity"] > 0 for one in body["budgets"])
    assert sum(one["probability_best"] for one in body["budgets"]) == pytest.approx(1)
    assert 0 <= body["exploration_share"] < 0.1
    assert Plan.everywhere.count() == plans


def test_the_same_question_is_answered_from_memory_until_something_changes(mine, deciding):
    asked = {"account_id": deciding.pk}
    first, again = (mine.caller.post(SELECT, asked).json() for _ in range(2))
    assert (first["from_memory"], again["budgets"]) == (False, first["budgets"])
    answers = [mine.caller.post(SELECT, asked).json() for _ in range(20)]
    assert {str(one["budgets"]) for one in answers} == {str(first["budgets"])}
    assert all(one["from_memory"] for one in answers)
    assert memory_figures(mine.workspace.pk).hits == 21


def test_what_is_remembered_is_computed_again_and_a_wrong_one_is_counted(mine, deciding):
    mine.caller.post(SELECT, {"account_id": deciding.pk})
    with in_workspace(mine.workspace):
        one = Asked(deciding, DAY, usual_seed(DAY))
        assert check_decision(one, one.version) is True
        kept = remembered(mine.workspace.pk, one.version)
        remember(mine.workspace.pk, one.version, kept.replace(b"Set 1", b"Set 7"), 5)
        assert check_decision(one, one.version) is False
        assert check_decision(one, "of another time") is None
    figures = memory_figures(mine.workspace.pk)
    assert (figures.checked, figures.wrong) == (2, 1)


def test_one_remembered_answer_in_twenty_is_put_down_and_computed_again_by_a_worker(mine, deciding):
    with in_workspace(mine.workspace):
        one = Asked(deciding, DAY, usual_seed(DAY))
        decide(one)
        assert [decide(one, chance=chance).from_memory for chance in (0.049, 0.051, 0.0)] == [True] * 3
    check_decisions()
    check_decisions()
    figures = memory_figures(mine.workspace.pk)
    assert (figures.hits, figures.misses, figures.checked, figures.wrong) == (3, 1, 2, 0)
    assert figures.wrong_between == share_interval(0, 2)
    assert figures.saved_seconds > 0


def a_change(**fields):
    """Of an ad set whose budget is where it was."""
    ad_set = AdSet.objects.get(external_id="s1")
    ad_set.daily_budget = 10_000
    make_change(ad_set, **fields)


@pytest.mark.parametrize(
    "change",
    [
        lambda: AccountLimits.objects.update(step_up=0.1),
        lambda: AccountLimits.objects.update(temperature=1.0),
        lambda: AdSet.objects.filter(external_id="s1").update(name="Another name"),
        lambda: AdSet.objects.filter(external_id="s1").update(status="PAUSED"),
        lambda: Workspace.objects.update(timezone="Asia/Tokyo"),
        lambda: AdDay.objects.filter(day=DAY, ad__external_id="old1").update(spend=500),
        lambda: a_change(status="applied", applied_at=now()),
    ],
    ids=["limits", "temperature", "name", "status", "workspace", "spend", "applied"],
)
def test_what_a_decision_depends_on_makes_it_new(mine, deciding, change):
    mine.caller.post(SELECT, {"account_id": deciding.pk})
    with in_workspace(mine.workspace):
        change()
    assert not mine.caller.post(SELECT, {"account_id": deciding.pk}).json()["from_memory"]


def test_what_is_decided_while_something_changes_is_not_remembered(mine, deciding):
    def change_meanwhile(execute, sql, *more):
        if "sampler_adbelief" in sql and sql.startswith("SELECT"):
            AccountLimits.objects.update(step_up=0.1)
        return execute(sql, *more)

    with in_workspace(mine.workspace):
        one, stood = Asked(deciding, DAY, usual_seed(DAY)), AccountLimits.objects.get().step_up
        with connection.execute_wrapper(change_meanwhile):
            decide(one)
        AccountLimits.objects.update(step_up=stood)
        assert not decide(one).from_memory
        assert decide(one).from_memory


def test_a_memory_that_is_away_or_wrong_stops_no_decision(mine, deciding, settings):
    first = mine.caller.post(SELECT, {"account_id": deciding.pk}).json()
    client = Redis.from_url(f"{settings.REDIS_URL}/1")
    for key in client.scan_iter("decision:*"):
        client.set(key, b"nonsense")
    assert mine.caller.post(SELECT, {"account_id": deciding.pk}).json()["budgets"] == first["budgets"]
    settings.REDIS_URL = "redis://127.0.0.1:1"
    answer = mine.caller.post(SELECT, {"account_id": deciding.pk})
    assert (answer.status_code, answer.json()["budgets"]) == (200, first["budgets"])


def test_what_will_be_asked_for_is_remembered_beforehand(mine, deciding):
    precompute_decisions()
    answers = [mine.caller.post(SELECT, {"account_id": deciding.pk}).json() for _ in range(3)]
    assert any(one["from_memory"] for one in answers)
    assert memory_figures(mine.workspace.pk).misses == 0


def test_a_plan_is_proposed_only_with_the_verb_decide(mine, deciding):
    asked = {"account_id": deciding.pk, "dry_run": False}
    assert is_problem(mine.holding("read").post(SELECT, asked), 403)
    answer = mine.holding("read", "decide").post(SELECT, asked)
    assert answer.status_code == 201
    assert Change.everywhere.filter(plan_id=answer.json()["plan_id"]).count() == len(answer.json()["changes"]) > 0
    past = mine.caller.get("ml/battle-hardened/decisions", account=deciding.pk).json()["results"]
    assert [past[0][key] for key in ("id", "policy")] == [answer.json()["plan_id"], "portfolio"]


def test_what_is_told_of_a_plan_is_what_was_planned(mine, deciding):
    with in_workspace(mine.workspace):
        resting = AdSet.objects.get(external_id="s1")
        resting.daily_budget = 10_000
        make_change(resting, status="applied", applied_at=now())
    told = mine.caller.post(SELECT, {"account_id": deciding.pk, "dry_run": False}).json()
    moved = {one["target_id"]: one["after"] for one in told["budgets"] if one["after"] != one["before"]}
    assert sorted(moved.values()) == sorted(one["after"] for one in told["changes"])
    assert resting.external_id not in {one["target_id"] for one in told["budgets"]}


def test_a_plan_is_for_the_day_that_is_planned(mine, deciding):
    other = {"account_id": deciding.pk, "day": "2017-06-08"}
    assert mine.caller.post(SELECT, other).status_code == 200
    answer = mine.caller.post(SELECT, {**other, "dry_run": False})
    assert is_problem(answer, 400) and fields_of(answer) == {"day"}


@pytest.mark.parametrize(
    ("body", "field"),
    [({"budget": "-1"}, "budget"), ({"budget": "NaN"}, "budget"), ({"day": "soon"}, "day"), ({"seed": 1.5}, "seed"), ({"dry_run": 7}, "dry_run")],
)  # fmt: skip
def test_a_question_that_cannot_be_meant_is_refused(mine, deciding, body, field):
    answer = mine.caller.post(SELECT, {"account_id": deciding.pk, **body})
    assert is_problem(answer, 400)
    assert field in answer.content.decode()


LISTS = ["changes", "plans", "ml/battle-hardened/decisions", "ml/battle-hardened/beliefs"]


@pytest.mark.parametrize("path", LISTS)
def test_a_list_pages_by_cursor_and_shows_each_row_once(mine, deciding, path):
    with in_workspace(mine.workspace):
        for n in range(5):
            propose_plan(deciding, day=DAY, now=NOW + timedelta(hours=n // 2), seed=n)
    about = {"account": deciding.pk} if path.startswith("ml/") else {}
    whole = mine.caller.get(path, **about).json()
    assert len(whole["results"]) > 2 and whole["next"] is None
    rows, cursor = [], {}
    while cursor is not None:
        page = mine.caller.get(path, **about, limit=2, **cursor).json()
        assert len(page["results"]) <= 2
        rows += page["results"]
        cursor = page["next"] and {"cursor": page["next"]}
    assert rows == whole["results"]
    for cursor in ("0", "x", "²", "9" * 50):
        refused = mine.caller.get(path, **about, cursor=cursor)
        assert is_problem(refused, 400) and fields_of(refused) == {"cursor"}


def test_an_outcome_changes_the_belief_and_the_same_again_does_not(mine, deciding):
    told = {"ad_id": "old0", "date": DAY.isoformat(), "clicks": 200, "conversion_value": "900.00"}
    first = mine.caller.post(FEEDBACK, told).json()
    assert first["after"]["revenue"] > first["before"]["revenue"]
    again = mine.caller.post(FEEDBACK, told).json()
    assert again["after"] == again["before"] == first["after"]
    taken_back = mine.caller.post(FEEDBACK, told | {"conversion_value": "200.00"}).json()
    assert taken_back["after"]["revenue"] == pytest.approx(first["before"]["revenue"])
    beliefs = mine.caller.get("ml/battle-hardened/beliefs", account=deciding.pk).json()["results"]
    assert {one["ad_id"] for one in beliefs} == set(Ad.everywhere.filter(account=deciding).values_list("pk", flat=True))


def test_an_old_day_is_kept_and_believed_of_no_more(mine, deciding):
    with in_workspace(mine.workspace):
        Ad.objects.create(workspace=mine.workspace, account=deciding, external_id="fresh", name="f", ad_set=AdSet.objects.get(external_id="s0"))  # fmt: skip
    old = {"date": (DAY - timedelta(days=120)).isoformat(), "clicks": 3}
    fresh = mine.caller.post(FEEDBACK, old | {"ad_id": "fresh"}).json()
    known = mine.caller.post(FEEDBACK, old | {"ad_id": "old0"}).json()
    assert fresh["before"] is fresh["after"] is None and known["before"] == known["after"]
    assert "from 2017-02-10 to 2017-06-09, so that this day changes none" in fresh["sentence"] == known["sentence"]
    assert set(AdDay.everywhere.filter(day=old["date"]).values_list("clicks", flat=True)) == {3}


def test_an_ad_that_two_accounts_have_is_asked_back(mine, deciding):
    with in_workspace(mine.workspace):
        owned = {"workspace": mine.workspace, "external_id": "old0", "name": "Other"}
        other = AdAccount.objects.create(**owned, platform="import", currency="USD")
        campaign = Campaign.objects.create(**owned, account=other)
        Ad.objects.create(**owned, account=other, ad_set=AdSet.objects.create(**owned, account=other, campaign=campaign))  # fmt: skip
    told = {"ad_id": "old0", "date": DAY.isoformat(), "clicks": 7}
    refused = mine.caller.post(FEEDBACK, told)
    assert is_problem(refused, 400) and f"{deciding.pk} (Old), {other.pk} (Other)" in refused.content.decode()
    assert mine.caller.post(FEEDBACK, told | {"account_id": other.pk}).json()["after"]["clicks"] == 7
    assert AdDay.everywhere.get(ad__account=deciding, ad__external_id="old0", day=DAY).clicks == 200
    assert is_problem(mine.caller.post(FEEDBACK, told | {"account_id": other.pk + 1}), 404)


def test_other_budgets_are_simulated(mine, deciding):
    asked = {"campaign_id": "c", "scenarios": [{"name": n, "budget_change_percent": p} for n, p in (("half", -50), ("as is", 0), ("more", 20))], "time_horizon_days": 7}  # fmt: skip
    body = mine.holding("read").post("ml/simulate", asked).json()
    base, (half, same, more) = body["baseline"], body["scenarios"]
    assert base["spend"] == 7 * 300
    assert base["revenue"] == pytest.approx(7 * 1050, rel=0.15)
    assert (half["spend"], same["revenue"], more["spend"]) == (7 * 150, base["revenue"], pytest.approx(7 * 360))
    assert half["revenue"] < base["revenue"] < more["revenue"]
    assert half["marginal_roas"] > same["marginal_roas"] > more["marginal_roas"] > 0
    assert more["roas"] < base["roas"] < half["roas"]
    assert all(
        one["confidence_interval"][0] < one["revenue"] < one["confidence_interval"][1] for one in (half, same, more)
    )
    best = mine.caller.post("ml/simulate", asked | {"split": "best"}).json()["scenarios"]
    assert best[1]["revenue"] > same["revenue"]
    assert sum(one["daily_budget"] for one in best[1]["budgets"]) == pytest.approx(300)
    assert best[0]["marginal_roas"] > best[1]["marginal_roas"] > best[2]["marginal_roas"] > 0
    money = [*base["confidence_interval"], *(one[name] for one in best for name in ("spend", "revenue"))]
    assert all(amount == round(amount, 2) for amount in money)


def test_a_tiny_budget_is_not_told_as_nothing(mine, deciding):
    asked = {"account_id": deciding.pk, "base_budget": "0.0003", "scenarios": [{"name": "as is", "budget_change_percent": 0}]}  # fmt: skip
    told = mine.caller.post("ml/simulate", asked).json()["scenarios"][0]
    assert [one["daily_budget"] for one in told["budgets"]] == [0.0001] * 3 and told["spend"] == 0.01
    assert told["roas"] > 0


def test_a_simulation_that_is_too_much_work_says_how_much_it_is(mine, deciding):
    asked = {"account_id": deciding.pk, "simulations": 100_000, "scenarios": [{"name": str(n), "budget_change_percent": n} for n in range(50)]}  # fmt: skip
    answer = mine.caller.post("ml/simulate", asked)
    assert is_problem(answer, 400) and fields_of(answer) == {"simulations"}
    assert "3 budgets × 100,000 simulations × 51" in answer.content.decode()
    assert mine.caller.post("ml/simulate", asked | {"scenarios": asked["scenarios"][:30]}).status_code == 200


@pytest.mark.parametrize(
    ("asked", "field"),
    [({}, "scenarios"), ({"scenarios": []}, "scenarios"), ({"scenarios": ["x"]}, "scenarios[0].name"),
     ({"scenarios": [{"name": "a", "budget_change_percent": -101}]}, "scenarios[0].budget_change_percent"),
     ({"scenarios": [{"name": "a", "budget_change_percent": 5}], "simulations": 1}, "simulations"),
     ({"scenarios": [{"name": "a", "budget_change_percent": 5}], "base_budget": 0}, "base_budget")],
)  # fmt: skip
def test_a_simulation_that_cannot_be_meant_is_refused(mine, deciding, asked, field):
    answer = mine.caller.post("ml/simulate", {"account_id": deciding.pk, **asked})
    assert is_problem(answer, 400)
    assert field in fields_of(answer)


@pytest.mark.parametrize(
    ("told", "status"),
    [({"ad_id": "nobody's", "date": "2026-11-01", "clicks": 1}, 404), ({"ad_id": "old0", "date": "2026-11-01"}, 400),
     ({"ad_id": "old0", "date": "2926-11-01", "clicks": 1}, 400), ({"ad_id": "old0", "date": "2026-11-01", "spend": -1}, 400)],
)  # fmt: skip
def test_an_outcome_that_cannot_be_meant_is_refused(mine, deciding, told, status):
    assert is_problem(mine.caller.post(FEEDBACK, told), status)
