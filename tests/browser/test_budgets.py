"""From a simulated budget to a plan, its curve, its sending, and its undoing."""

from __future__ import annotations

from sampler.actions.execute_changes import execute_changes
from sampler.models import AccountLimits, Change, Plan
from stratum.core.clock import now
from stratum.core.models import AdAccount
from stratum.core.tenancy import in_workspace


def send(town):
    with in_workspace(town.workspace):
        AdAccount.objects.update(insights_pulled_at=now(), dry_run=False)
        return execute_changes(AdAccount.objects.get(), now=now())


def test_a_simulated_budget_becomes_a_plan_that_is_sent_and_undone(reader, town, waiting):
    reader.sign_in()
    page = reader.page
    reader.follow("Simulator")
    page.wait_for_selector("[data-figure=simulator-figure] svg .scatterlayer .trace .js-line")
    assert page.locator("tbody tr", has_text="At today's budgets").count() == 1
    page.locator("tr", has_text="-20 %").get_by_role("button", name="Propose").click()
    assert "Proposed:" in page.locator(".flash").inner_text()
    plan = Plan.objects.order_by("-id").first()
    assert plan.policy == "portfolio"
    card = page.locator(".decision").first
    change = Change.objects.get(pk=int(card.get_attribute("id").removeprefix("change-")))
    assert change.plan_id == plan.pk
    card.get_by_role("heading").get_by_role("link").click()
    page.wait_for_selector("[data-figure=curve-figure] svg .scatterlayer .trace .js-line")
    assert "the plan's cut-off of" in page.locator(".because").inner_text()
    page.get_by_text("The same numbers as a table").click()
    assert page.locator("figure table tbody tr").count() > 40
    page.get_by_role("button", name="Approve").click()
    assert send(town).get("applied") == 1
    reader.open(f"/decisions/{change.pk}/")
    page.get_by_role("button", name="Undo").click()
    assert "Proposed the way back" in page.locator(".flash").inner_text()
    undo = Change.objects.get(undo_of=change)
    assert (undo.before, undo.after) == (change.after, change.before)

    AccountLimits.objects.update(daily_cap=None)
    Change.objects.filter(pk=undo.pk).update(status="rejected")
    reader.open(f"/decisions/{change.pk}/")
    page.get_by_role("button", name="Undo").click()
    assert "The way back is blocked" in page.locator(".flash").inner_text()


def test_all_sending_is_stopped_and_resumed_by_an_owner(reader, town, waiting):
    reader.sign_in()
    page = reader.page
    reader.open("/decisions/")
    page.get_by_text("Stop all sending").click()
    page.get_by_placeholder("Why").fill("Spend looks <odd>")
    page.get_by_role("button", name="Stop now").click()
    assert "Spend looks <odd>" in page.get_by_role("alert").inner_text()
    waiting[0].__class__.objects.filter(pk=waiting[0].pk).update(status="approved")
    assert send(town) == {"approved": 1}
    reader.open("/decisions/")
    page.get_by_role("button", name="Send again").click()
    assert page.get_by_role("alert").count() == 0
