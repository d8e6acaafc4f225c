"""Replay: what was kept leads to what stands. Where it does not, replay says so, leaves all as it was, and repairs on demand."""

from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection

from attribution.models import CrmEvent, Deal, LedgerEntry, PersonKey
from attribution.selectors import unbalanced_deals
from tests.flows.test_crm_truth import ads, live_through_everything

__all__ = ["ads"]


@pytest.fixture
def lived(town, crm, ads):
    """Deals that were won, lost, re-opened, merged, deleted, restored."""
    live_through_everything(crm, ads)
    town.hear()
    return town


def replayed(capsys, **options):
    capsys.readouterr()
    call_command("replay", workspace="Harbor", **options)
    return capsys.readouterr().out


def stands():
    return (
        list(LedgerEntry.objects.order_by("id").values_list("id", "amount")),
        list(Deal.objects.order_by("id").values_list("id", "value", "revision")),
        list(PersonKey.objects.order_by("kind", "key_hash").values_list("kind", "key_hash", "person", "shared_by")),
    )


def test_what_was_kept_leads_to_what_stands(lived, capsys):
    before = stands()
    assert "Equal: 0 rows differ, 0 lines posted." in replayed(capsys)
    assert stands() == before


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda: PersonKey.objects.update(person=7), "keys do not stand with the person that their edges name"),
        (lambda: Deal.objects.filter(is_won=True).update(value=123), "deals are not worth what was last told of them"),
        (lambda: Deal.objects.filter(is_won=True).update(amount=9_999_900, value=9_999_900), "deals are not worth what was last told of them"),
        (lambda: CrmEvent.objects.filter(kind="deal.creation").delete(), "events of stored deliveries are not known"),
    ],
    ids=["a person's key", "a deal's value", "a deal's amount", "events"],
)  # fmt: skip
def test_damage_is_found_left_alone_and_repaired_when_asked(lived, capsys, damage, words):
    before = stands()
    damage()
    damaged = stands()
    with pytest.raises(CommandError, match="not equal"):
        replayed(capsys)
    assert words in capsys.readouterr().out
    assert stands() == damaged, "looking changes nothing"
    assert words in replayed(capsys, repair=True)
    assert "Equal" in replayed(capsys)
    assert unbalanced_deals() == []
    assert stands()[2] == before[2]
    assert [deal[:2] for deal in stands()[1]] == [deal[:2] for deal in before[1]]


def test_the_database_refuses_a_ledger_that_does_not_add_up(lived):
    before = stands()
    for damage in ("UPDATE attribution_ledgerentry SET amount = amount + 1", "DELETE FROM attribution_ledgerentry WHERE line = 1"):  # fmt: skip
        with pytest.raises(IntegrityError, match="does not add up"), connection.cursor() as cursor:
            cursor.execute(damage)
    assert stands() == before
