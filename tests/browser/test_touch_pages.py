from __future__ import annotations

from datetime import timedelta

import pytest

from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.row_fields import DEAL, TOUCHPOINT
from stratum.core.clock import now
from stratum.core.periods import local_day
from stratum.core.rows import read_row


@pytest.fixture
def touched(town, earning_ad):
    """E-mails and visits of twelve people, beside the deal that an ad earned."""
    rows = [
        {
            "touchpoint_id": f"{kind}{who}",
            "occurred_at": (now() - timedelta(days=2 + who / 10)).isoformat(),
            "kind": kind,
            "campaign_id": "spring" if kind == "email" else "",
            "anonymous_id": f"p{who}",
            "consent": 2,
        }
        for who in range(12)
        for kind in ("email", "web")
    ]
    record_touchpoints(town.workspace, [read_row(row, TOUCHPOINT) for row in rows])
    deals = [
        {"deal_id": f"d{who}", "created_at": (now() - timedelta(days=1)).isoformat(), "amount": "250.00", "is_won": True, "anonymous_id": f"p{who}"}
        for who in range(5)
    ]  # fmt: skip
    import_deals(town.workspace, [read_row(row, DEAL) for row in deals])
    refresh_due_deals(town.workspace, now=now())


def columns(page):
    """Cells of the table's columns, last row the totals."""
    rows = page.locator("table.wide tr").all()
    return list(zip(*(row.locator("th, td").all_inner_texts() for row in rows), strict=True))


def test_models_stand_side_by_side_in_a_chart_and_in_the_table_below_it(reader, touched):
    reader.sign_in()
    reader.open(f"/models/?to={local_day(now(), reader.town.workspace.timezone)}")
    page = reader.page
    page.wait_for_selector(".chart svg .barlayer .trace.bars")
    assert page.locator(".chart .barlayer .trace.bars").count() == 2
    names, _, *models = columns(page)
    assert names[-2:] == ("Unattributed", "All leads") and {"Meta ads", "E-mail", "Direct"} <= set(names)
    assert len(models) == 9
    for _, *parts, total in models:
        cents = [round(100 * float(text.replace(",", ""))) for text in (*parts, total)]
        assert sum(cents[:-1]) == cents[-1] > 0
    page.get_by_role("link", name="By campaign").click()
    assert page.get_by_role("rowheader", name="E-mail: spring").is_visible()


def test_touches_are_cut_by_channel_campaign_and_cohort_in_the_model_that_the_reader_wants(reader, touched):
    reader.sign_in()
    reader.follow("Touches")
    page = reader.page
    page.wait_for_selector(".chart svg .barlayer .trace.bars")
    assert page.locator("figcaption em").inner_text() == "Data-driven"
    assert page.get_by_role("row", name="E-mail").locator("td").first.inner_text() == "12"
    page.get_by_role("link", name="Linear").click()
    page.get_by_role("link", name="By campaign").click()
    assert page.locator("figcaption em").inner_text() == "Linear"
    assert page.get_by_role("rowheader", name="E-mail: spring").is_visible()
    page.get_by_role("link", name="Last 7 days").click()
    assert page.locator("figcaption em").inner_text() == "Linear", "the period changes and the question stays"
    page.get_by_role("link", name="By cohort").click()
    assert page.get_by_role("columnheader", name="From").is_visible()
