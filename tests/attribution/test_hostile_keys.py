"""What wrong or hostile data and two writers at once must not do to people, credits and the rest."""

from __future__ import annotations

import threading
import time
from datetime import timedelta

import numpy as np
import pytest
from django.db import connection, connections, transaction

from attribution.actions.credit import model_rest as rest_of
from attribution.actions.credit.attribute_deals import Booking, attribute_deals, post_values
from attribution.actions.credit.model_rest import model_rest
from attribution.actions.crm import refresh_deals
from attribution.actions.crm.queue_deals import queue_deals
from attribution.actions.crm.refresh_deals import refresh_due_deals
from attribution.actions.deals.import_deals import import_deals
from attribution.actions.deals.link_deals import link_deals
from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.actions.touches.record_touchpoints import record_touchpoints
from attribution.domain.delays import BINS
from attribution.domain.form_fit import MOST_FORMS, usual_forms
from attribution.domain.hazard import Conversions, Exposure, learn_hazard
from attribution.domain.identity import ANONYMOUS, EMAIL
from attribution.models import Calibration, CalibrationCell, Deal, DealRefresh, LedgerEntry, PersonKey
from attribution.rest import read_rest
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.tenancy import in_workspace
from tests.attribution.test_ledger import LEAD_AT, ads, balances, click, deal  # noqa: F401

SEEN = LEAD_AT - timedelta(days=5)


def test_a_late_click_on_a_known_persons_other_device_still_earns(workspace, ads):  # noqa: F811
    form = click(1, days_before=10, ad="", anonymous_id="telephone", email="a@b.c") | {"kind": "form"}
    record_touchpoints(workspace, [form])
    import_deals(workspace, [deal("won", email="a@b.c")])
    refresh_due_deals(workspace, now=LEAD_AT)
    assert set(balances()) == {("unattributed", None)}
    record_touchpoints(workspace, [click(2, days_before=2, anonymous_id="telephone")])
    assert refresh_due_deals(workspace, now=LEAD_AT) == 1
    assert balances()[("deterministic", "ad-1")] > 50_000


def test_an_address_that_everybody_gives_costs_no_more_for_it(workspace):
    """A public form takes test@example.com from anybody: each new browser must not read all that came before."""

    def browsers(first, count):
        return [
            SeenTogether((ANONYMOUS, n), (EMAIL, 7), "form", SEEN + timedelta(seconds=n))
            for n in range(first, first + count)
        ]

    link_keys(workspace, browsers(1, 5_000))
    with Reads() as reads:
        link_keys(workspace, browsers(30_001, 1))
    assert reads.rows < 2_000
    assert PersonKey.objects.filter(kind=ANONYMOUS, person=PersonKey.objects.get(kind=EMAIL).person).count() == 49


@pytest.mark.parametrize(("openers", "hers"), [(1, True), (2, False), (20, False)], ids=["her laptop", "two", "twenty"])
def test_a_link_that_was_passed_on_ties_nobody(workspace, ads, openers, hers):  # noqa: F811
    """Ana's own other device opens the link of her click too, and has clicks of its own. Who got the link from her is not Ana."""
    record_touchpoints(workspace, [click("own", days_before=3, click_id="X", anonymous_id="ana")])
    for n in range(openers):
        theirs = click(f"theirs{n}", days_before=4, ad="ad-2", anonymous_id=f"b{n}")
        record_touchpoints(workspace, [theirs, click(f"passed{n}", days_before=2, click_id="X", anonymous_id=f"b{n}")])
    import_deals(workspace, [deal("won", email="ana@x.com", click_id="X", anonymous_id="ana")])
    tied = PersonKey.objects.filter(kind=ANONYMOUS, person=PersonKey.objects.get(kind=EMAIL).person)
    assert tied.count() == (2 if hers else 1)
    assert set(balances()) >= {("deterministic", "ad-1")}
    assert (("deterministic", "ad-2") in balances()) == hers


def test_a_date_of_long_ago_does_not_widen_the_rest(workspace, ads):  # noqa: F811
    record_touchpoints(
        workspace, [click(1, days_before=1, anonymous_id="x"), click(2, days_before=12_000, anonymous_id="y")]
    )
    import_deals(workspace, [deal("won", form_id=f"form-{n}", deal_id=f"d{n}") for n in range(60)])
    rest = read_rest(workspace, Calibration.objects.get(), 0.9)
    assert rest.clicks.shape[0] < 1_200
    assert rest.shares.shape[1] == 1  # no form was learnt, so that each is like any other
    assert model_rest(workspace, now=LEAD_AT).leads == 60


def test_conversions_that_all_follow_at_once_leave_room_for_what_comes_by_itself():
    deals, none = np.arange(500), np.zeros(500, int)
    conversions = Conversions(deals, none, none, none, none == 1)
    hazard = learn_hazard(conversions, Exposure(np.full(1, 5e3), np.ones((1, BINS)), np.full(BINS, 5e3), 2e5))
    assert hazard.organic > 1e-9
    assert (hazard.organic_of_click > 1e-9).all()


@pytest.mark.parametrize("confidence", [0.0, None])
@pytest.mark.parametrize("organic", [0.0, 1e-4])
def test_a_model_that_says_zero_holds_up_no_deal(workspace, ads, organic, confidence):  # noqa: F811
    import_deals(workspace, [deal("won", deal_id="first")])
    fading = [*[0.1] * (BINS - 1), 0.0]
    Calibration.objects.update(organic_rate=organic, organic_rate_of_click=[organic] * 2 * BINS, decay=fading * 2)
    if confidence is None:
        CalibrationCell.objects.all().delete()
    else:
        CalibrationCell.objects.update(confidence=confidence)
    old, shared = click(1, days_before=40, anonymous_id="x"), click(2, days_before=4, fingerprint="y")
    record_touchpoints(workspace, [old, shared])
    import_deals(workspace, [deal("won", deal_id="d1", anonymous_id="x"), deal("won", deal_id="d2", fingerprint="y")])
    assert balances() == {("unattributed", None): 300_000}


@pytest.mark.django_db(transaction=True)
def test_clicks_come_in_while_the_rest_is_modelled(transactional_db, monkeypatch):
    workspace = make_workspace(name="Busy", timezone="UTC")
    with in_workspace(workspace):
        import_deals(workspace, [deal("won")])
        came_in = []

        def meanwhile(*args):
            came_in.append(_alone(lambda: record_touchpoints(workspace, [click(1, days_before=1)]), workspace))
            return read_rest(*args)

        monkeypatch.setattr(rest_of, "read_rest", meanwhile)
        model_rest(workspace, now=LEAD_AT)
        assert came_in == [None]


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("other", ["touch", "import"])
def test_a_touch_or_an_import_of_a_deal_that_is_just_read_locks_nobody_out(transactional_db, other):
    workspace = make_workspace(name="Busy", timezone="UTC")
    keys = {"email": "a@b.c", "phone": "+49 30 123456"}
    with in_workspace(workspace):
        import_deals(workspace, [deal("won", **keys)])
        DealRefresh.objects.all().delete()
        queue_deals(None, ["d1"], reread=False)
        works = {
            "touch": lambda: record_touchpoints(
                workspace, [click(1, days_before=1, anonymous_id="new", email="a@b.c")]
            ),
            "import": lambda: import_deals(workspace, [deal("lost", at=2, **keys)]),
        }
        wrong = []
        thread = threading.Thread(target=lambda: wrong.append(_alone(works[other], workspace)))

        def meanwhile(mine):
            thread.start()
            time.sleep(0.5)  # the other now waits for this transaction, or holds what it wants
            link_deals(workspace, list(Deal.objects.select_for_update()), source="crm")
            return []

        refreshes = list(DealRefresh.objects.all())
        assert refresh_deals._settle(workspace, [_claimed(one) for one in refreshes], meanwhile, LEAD_AT) == 1
        thread.join(20)
        assert wrong == [None]


@pytest.mark.django_db(transaction=True)
def test_two_that_queue_the_same_deals_in_other_orders_wait_for_each_other(transactional_db):
    workspace = make_workspace(name="Busy", timezone="UTC")

    def queued(*ids):
        with transaction.atomic():
            for one in ids:
                queue_deals(None, [one], reread=False)
                time.sleep(0.3)

    with in_workspace(workspace):
        wrong = []
        other = threading.Thread(target=lambda: wrong.append(_alone(lambda: queued("b", "a"), workspace)))
        other.start()
        queued("a", "b")
        other.join(20)
        assert (wrong, DealRefresh.objects.count()) == ([None], 2)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("post", [attribute_deals, post_values])
@pytest.mark.parametrize(("first", "second"), [(30_000, 70_000), (100_000, 70_000)])
def test_who_waited_for_another_posting_posts_onto_it(transactional_db, post, first, second):
    """The one statement that locks and posts began before the other was done: it must not take the old ledger for what stands."""
    workspace = make_workspace(name="Busy", timezone="UTC")
    with in_workspace(workspace):
        import_deals(workspace, [deal("won", amount="1000.00")])
        only = Deal.objects.get()
        wrong = []

        def other():
            attribute_deals(workspace, [Booking(only.pk, "waited")], now=LEAD_AT)

        with transaction.atomic():
            Deal.objects.filter(pk=only.pk).update(value=first)
            post(workspace, [Booking(only.pk, "first")], now=LEAD_AT)
            waiting = threading.Thread(target=lambda: wrong.append(_alone(other, workspace)))
            waiting.start()
            time.sleep(0.4)
            Deal.objects.filter(pk=only.pk).update(value=second)
            post(workspace, [Booking(only.pk, "second")], now=LEAD_AT)
        waiting.join(20)
        only.refresh_from_db()
        lines = list(LedgerEntry.objects.order_by("revision").values_list("revision", "amount"))
    revisions = 1 + (first != 100_000) + 1
    assert (wrong, only.revision, len(lines)) == ([None], revisions, revisions)
    assert sum(amount for _, amount in lines) == second


def _claimed(refresh):
    DealRefresh.objects.filter(pk=refresh.pk).update(attempts=refresh.attempts + 1)
    return refresh


def _alone(work, workspace):
    """Runs in a connection of its own, waiting at most two seconds for a lock; what went wrong, or None."""
    wrong = []

    def run():
        try:
            with connection.cursor() as cursor:
                cursor.execute("SET lock_timeout = '2s'")
            with in_workspace(workspace):
                work()
        except Exception as problem:
            wrong.append(str(problem))
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(20)
    return wrong[0] if wrong else None


class Reads:
    """Rows that the driver handed over."""

    def __enter__(self):
        from attribution.actions.people import link_keys as module

        self.rows, self._module, self._before = 0, module, module._rows

        def counted(text, keys):
            found = self._before(text, keys)
            self.rows += len(found)
            return found

        module._rows = counted
        return self

    def __exit__(self, *_):
        self._module._rows = self._before


def test_a_touch_that_is_told_twice_in_one_call_joins_only_whom_it_was_stored_with(workspace):
    twice = [click(1, days_before=1, anonymous_id="x", email=email) for email in ("a@b.c", "d@e.f")]
    assert record_touchpoints(workspace, twice) == 1
    assert PersonKey.objects.filter(kind=EMAIL).count() == 1


def test_a_deal_that_cannot_be_read_for_a_year_does_not_stop_the_queue(workspace):
    import_deals(workspace, [deal("won")])
    queue_deals(None, ["d1"], reread=False)
    DealRefresh.objects.update(attempts=32_767)
    assert refresh_due_deals(workspace, now=LEAD_AT) == 1
    assert not DealRefresh.objects.exists()


def test_forms_that_nobody_else_fills_in_are_not_learnt_from():
    forms = np.array(["a"] * 40 + ["b"] * 7 + ["rare"] * 2 + [""] * 9 + [f"made up {n}" for n in range(500)])
    assert set(forms[usual_forms(forms)]) == {"a", "b"}
    many = np.repeat([f"form {n}" for n in range(1_000)], 10)
    assert len(set(many[usual_forms(many)])) == MOST_FORMS
