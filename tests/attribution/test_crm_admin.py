"""Rates, stages and comparisons in the admin."""

from __future__ import annotations

import pytest
from django.urls import reverse

from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.models import Deal, ExchangeRate, IdentityEdge, PipelineStage, Reconciliation
from attribution.row_fields import DEAL
from stratum.core.clock import now
from stratum.core.models import AuditEntry, Membership, User
from stratum.core.rows import read_row

RATES = "admin:attribution_exchangerate"


@pytest.fixture
def signed_in(client, workspace):
    def sign_in(role):
        user = User.objects.create_user(f"{role}@example.com", "a long secret", is_staff=True)
        Membership.objects.create(workspace=workspace, user=user, role=role)
        client.force_login(user)
        return client

    return sign_in


@pytest.fixture
def deal(workspace):
    row = {"deal_id": "d", "created_at": "2026-11-02T12:00:00Z", "stage_probability": "0.5", "amount": "100", "currency": "EUR"}  # fmt: skip
    import_deals(workspace, [read_row(row, DEAL)])
    return Deal.objects.get()


def revalue(client, rate):
    ticked = {"action": "revalue", "_selected_action": [rate.pk]}
    return client.post(reverse(f"{RATES}_changelist"), ticked, follow=True)


def test_a_rate_values_what_waited_for_it_and_revalues_only_on_demand(signed_in, workspace, deal):
    owner = signed_in("owner")
    form = {"currency": "eur", "day": "2026-11-01", "rate": "1.1", "source": "bank"}
    assert owner.post(reverse(f"{RATES}_add"), form).status_code == 302
    refresh_due_deals(workspace, now=now())
    deal.refresh_from_db()
    assert (deal.value, deal.unvalued_because) == (5_500, "")
    later = ExchangeRate.objects.create(
        workspace=workspace, currency="EUR", day="2026-11-20", rate="1.3", source="bank"
    )
    assert "1 deals have another value now" in revalue(owner, later).content.decode()
    deal.refresh_from_db()
    assert deal.value == 6_500
    assert AuditEntry.objects.filter(action="deals revalued", actor="owner@example.com").exists()


@pytest.mark.parametrize("bad", [{"rate": "0"}, {"rate": "-1"}, {"currency": ""}, {"day": "soon"}])
def test_a_rate_that_cannot_be_meant_is_refused(signed_in, workspace, bad):
    form = {"currency": "EUR", "day": "2026-11-01", "rate": "1.1", "source": "bank", **bad}
    assert signed_in("owner").post(reverse(f"{RATES}_add"), form).status_code == 200
    assert not ExchangeRate.objects.exists()


def test_who_may_only_look_revalues_nothing(signed_in, workspace, deal):
    rate = ExchangeRate.objects.create(workspace=workspace, currency="EUR", day="2026-11-01", rate="1.1", source="bank")
    revalue(signed_in("viewer"), rate)
    deal.refresh_from_db()
    assert deal.value == 0


def test_the_crms_word_and_the_learnt_one_stand_side_by_side(signed_in, workspace, portal):
    stage = {"pipeline_id": "p", "stage_id": "s", "label": "Talks", "probability": "0.8", "is_closed": False}
    PipelineStage.objects.create(
        workspace=workspace, connection=portal, learnt_probability="0.31", learnt_from=50, **stage
    )
    counts = dict.fromkeys(("compared", "equal", "missing", "different", "gone", "repaired"), 0)
    Reconciliation.objects.create(
        workspace=workspace, connection=portal, at=now(), revenue=1000, revenue_verified=985, **counts
    )
    viewer = signed_in("viewer")
    stages = viewer.get(reverse("admin:attribution_pipelinestage_changelist")).content.decode()
    assert "0.8000" in stages and stages.count("0.3100") == 2, "learnt, and in force"
    assert "98.50%" in viewer.get(reverse("admin:attribution_reconciliation_changelist")).content.decode()


def test_an_edge_is_retracted_in_the_admin_with_a_reason(signed_in, workspace):
    edge = IdentityEdge.objects.create(workspace=workspace, left_kind=1, left_hash=1, right_kind=2, right_hash=2, source="form", first_seen_at=now())  # fmt: skip
    owner = signed_in("owner")
    for because in ("", "a borrowed laptop"):
        form = {"action": "retract", "_selected_action": [edge.pk], "because": because}
        owner.post(reverse("admin:attribution_identityedge_changelist"), form)
        edge.refresh_from_db()
        assert (edge.retracted_because, edge.retracted_at is None) == (because, not because)
