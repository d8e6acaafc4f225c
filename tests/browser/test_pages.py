from __future__ import annotations

import re
from datetime import timedelta

from django.db.models import F

from sampler.models import AccountLimits, Change
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.clock import now
from stratum.core.models import Ad, AdAccount, AdSet, AuditEntry, Campaign, Membership, User
from stratum.core.periods import local_day
from tests.browser.conftest import add_person

PAGES = (
    "/",
    "/performance/",
    "/decisions/",
    "/simulator/",
    "/models/",
    "/touches/",
    "/deals/",
    "/measurement/",
    "/health/",
)
HOSTILE = [
    "</script><img src=x onerror=alert(1)>",
    "\u202eEvil \u05e9\u05dc\u05d5\u05dd reversed",
    "Black \U0001f5a4 Friday \U0001f469\u200d\U0001f4bb {{ 7*7 }} %s",
]


def test_the_overview_draws_return_as_bars_and_a_line_in_the_colours_of_the_page(reader, earning_ad):
    reader.sign_in()
    page = reader.page
    assert re.fullmatch(r"[\d,.]+×", page.locator(".card.lead .figure").inner_text())
    page.wait_for_selector(".chart svg .barlayer .trace.bars")
    assert page.locator(".chart .barlayer .trace.bars").count() == 2
    assert page.locator(".chart .scatterlayer .trace .js-line").count() == 1
    painted = page.evaluate(
        """() => ({
            spend: getComputedStyle(document.querySelector('.chart .bars .point path')).fill,
            line: getComputedStyle(document.querySelector('.chart .js-line')).stroke,
            text: getComputedStyle(document.querySelector('.chart .xtick text')).fill,
            wanted: ['spend', 'roas', 'ink'].map(n => getComputedStyle(document.documentElement).getPropertyValue('--' + n).trim()),
        })"""
    )
    assert [painted["spend"], painted["line"], painted["text"]] == painted["wanted"]
    page.get_by_text("The same numbers as a table").click()
    assert page.locator("details table tbody tr").count() >= 7


def test_the_way_down_from_a_campaign_ends_at_the_deals_that_are_credited(reader, earning_ad):
    reader.sign_in()
    page = reader.page
    reader.open(f"/performance/?to={local_day(now(), earning_ad.account.timezone)}")
    for step in (earning_ad.ad_set.campaign, earning_ad.ad_set, earning_ad):
        page.locator("tbody").get_by_role("link", name=step.name, exact=True).first.click()
    assert page.locator("h1").inner_text() == earning_ad.name
    row = page.locator("tr", has_text="Closed Won")
    assert "99.20 %" in row.inner_text()
    assert "892.81 USD" in row.inner_text()
    page.get_by_role("navigation", name="Where you are").get_by_role(
        "link", name=earning_ad.ad_set.campaign.name, exact=True
    ).click()
    assert page.locator("tbody tr").count() >= 1


def test_decisions_are_approved_and_rejected_and_tell_their_story(reader, waiting):
    reader.sign_in()
    page = reader.page
    reader.follow("Decisions")
    first, second = (page.locator(".decision").nth(n) for n in range(2))
    approved, rejected = (int(one.get_attribute("id").removeprefix("change-")) for one in (first, second))
    first.get_by_placeholder("Comment (optional)").fill("More of <this> please")
    first.get_by_role("button", name="Approve").click()
    assert "Approved:" in page.locator(".flash").inner_text()
    page.locator(f"#change-{rejected}").get_by_role("button", name="Reject").click()
    assert "Rejected:" in page.locator(".flash").inner_text()
    statuses = {change.pk: (change.refresh_from_db(), change.status)[1] for change in waiting}
    assert (statuses[approved], statuses[rejected]) == ("approved", "rejected")
    assert set(statuses.values()) == {"approved", "rejected", "waiting"}
    reader.open(f"/decisions/{approved}/")
    assert "“More of <this> please”" in page.locator(".decision").inner_text()
    trail = page.locator(".trail").inner_text()
    assert "change approved by owner@example.com" in trail
    assert "change waiting by Stratum" in trail


def test_the_keyboard_alone_reaches_a_decision_and_approves_it(reader, waiting):
    reader.sign_in()
    reader.open("/decisions/")
    page = reader.page
    for _ in range(60):
        page.keyboard.press("Tab")
        focused = page.evaluate("[document.activeElement.innerText, document.activeElement.closest('.decision')?.id]")
        if focused[0] == "Approve":
            break
    assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    page.keyboard.press("Enter")
    page.locator(".flash").wait_for()
    change = next(change for change in waiting if f"change-{change.pk}" == focused[1])
    change.refresh_from_db()
    assert change.status == "approved"


def let_all_pass(change):
    """Limits that find nothing in any of the plan's changes, for an account whose plans took effect before."""
    AccountLimits.objects.update(least_return=0, plan_budgets=1, plan_money=10, two_person_share=1)
    earlier = Change.objects.get(pk=change.pk)
    earlier.pk, earlier.plan, earlier.status, earlier.applied_at = None, None, "applied", now() - timedelta(days=60)
    earlier.save()


def test_all_without_findings_are_those_that_were_on_the_page(reader, waiting):
    reader.sign_in()
    late = waiting[0]
    let_all_pass(late)
    reader.open("/decisions/")
    late.__class__.objects.filter(pk=late.pk).update(status="superseded")
    newer = late.__class__.objects.get(pk=late.pk)
    newer.pk, newer.status = None, "waiting"
    newer.save()
    reader.page.get_by_role("button", name="Approve all without findings").click()
    reader.page.locator(".flash").wait_for()
    newer.refresh_from_db()
    assert newer.status == "waiting", "nobody had seen it"
    for change in waiting[1:]:
        change.refresh_from_db()
        assert change.status == "approved"


def test_where_each_change_has_a_finding_none_is_approved_and_it_says_so(reader, waiting):
    reader.sign_in()
    finding = {"check": "first_plan", "severity": "review", "sentence": "Two people approve the first plan."}
    waiting[0].__class__.objects.filter(pk__in=[change.pk for change in waiting]).update(findings=[finding])
    reader.open("/decisions/")
    reader.page.get_by_role("button", name="Approve all without findings").click()
    assert "Nothing was approved" in reader.page.locator(".flash").inner_text()
    assert {change.__class__.objects.get(pk=change.pk).status for change in waiting} == {"waiting"}


def test_dry_run_is_turned_on_and_off_by_an_owner(reader, town):
    reader.sign_in()
    reader.open("/decisions/")
    page = reader.page
    page.get_by_role("button", name="Back to dry run").click()
    page.get_by_text("Start sending approved changes").click()
    assert AdAccount.objects.get().dry_run, "it asks first"
    page.get_by_role("button", name="Yes, start sending").click()
    page.get_by_role("button", name="Back to dry run").wait_for()
    assert not AdAccount.objects.get().dry_run
    told = AuditEntry.objects.filter(action__startswith="dry run").order_by("id").values_list("action", "actor")
    assert list(told) == [("dry run on", "owner@example.com"), ("dry run off", "owner@example.com")]


def test_a_person_of_two_workspaces_switches_between_them(reader, town):
    other = make_workspace(name="Second business")
    person = add_person(town, "both@example.com", "operator")
    Membership.everywhere.create(workspace=other, user=person, role="viewer")
    make_workspace(name="Not theirs")
    reader.sign_in("both@example.com")
    page = reader.page
    assert page.locator("#workspace option").all_inner_texts() == ["Harbor", "Second business"]
    page.locator("#workspace").select_option(label="Second business")
    page.get_by_role("heading", name="Second business").wait_for()
    assert page.get_by_text("No ad performance in this period yet").is_visible()
    page.locator("#workspace").select_option(label="Harbor")
    page.get_by_role("heading", name="Harbor").wait_for()
    assert page.locator(".chart").count() == 1


def test_a_viewer_sees_no_buttons_that_move_money_and_is_refused_without_them(reader, town, waiting):
    add_person(town, "viewer@example.com", "viewer")
    waiting[1].__class__.objects.filter(pk=waiting[1].pk).update(status="applied", applied_at=F("created_at"))
    reader.sign_in("viewer@example.com")
    page = reader.page
    for path in ("/decisions/", "/decisions/?tab=sent", f"/decisions/{waiting[0].pk}/", f"/decisions/{waiting[1].pk}/"):
        reader.open(path)
        names = page.locator("main button").all_inner_texts()
        assert [name for name in names if name != "Show"] == []
    reader.expected = ("Failed to load resource: the server responded with a status of 403",)
    token = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
    for verb in ("approve", "reject", "undo"):
        for change in waiting[:2]:
            form = {"csrfmiddlewaretoken": token}
            answer = page.request.post(
                f"{town.url}/decisions/{change.pk}/{verb}/", form=form, headers={"Referer": town.url}
            )
            assert "may look at changes but not" in answer.text()
    account = f"{town.url}/accounts-of-ads/{town.account.pk}/dry-run/"
    refused = page.request.post(
        account, form={"dry_run": "on", "csrfmiddlewaretoken": token}, headers={"Referer": town.url}
    )
    assert refused.status == 403
    for change in waiting[:2]:
        before = change.status
        change.refresh_from_db()
        assert change.status in (before, "applied")
    assert not AuditEntry.objects.filter(actor="viewer@example.com").exists()


def test_nothing_scrolls_sideways_on_a_telephone(reader, waiting):
    reader.page.set_viewport_size({"width": 360, "height": 740})
    reader.sign_in()
    ad = Ad.objects.order_by("id").first()
    for path in (*PAGES, f"/ads/{ad.pk}/", f"/decisions/{waiting[0].pk}/", "/?from=x"):
        reader.expected = ("Failed to load resource: the server responded with a status of 400",)
        reader.open(path)
        assert reader.overflows() <= 0, path


def test_hostile_names_are_text_everywhere(reader, town, waiting):
    for model in (Campaign, AdSet, Ad):
        for row, name in zip(model.objects.order_by("id"), HOSTILE * 20, strict=False):
            model.objects.filter(pk=row.pk).update(name=name)
    AdAccount.objects.update(name=HOSTILE[0])
    type(town.workspace).objects.update(name=HOSTILE[0])
    User.objects.filter(email="owner@example.com").update(first_name=HOSTILE[0])
    reader.sign_in()
    page = reader.page
    for path in (
        *PAGES,
        "/performance/?level=adset",
        "/performance/?level=ad",
        f"/ads/{Ad.objects.first().pk}/",
        f"/decisions/{waiting[0].pk}/",
    ):
        reader.open(path)
        assert page.locator("img[src=x]").count() == 0
    reader.open("/performance/")
    shown = page.locator("tbody th").all_inner_texts()
    assert set(HOSTILE) <= set(shown)
    reader.open("/admin/sampler/change/")
    assert page.locator("img[src=x]").count() == 0
