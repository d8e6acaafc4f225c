"""Ways to credit the leads after the training days: ours, and what is usually done. Each gives weights of leads and ads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from django.db import connection, transaction

from attribution.actions.credit.attribute_deals import Booking, attribute_deals
from attribution.actions.credit.learn_matching import learn_matching
from attribution.actions.credit.model_rest import model_rest
from attribution.models import Calibration, LedgerEntry, MatchingSettings
from attribution.rest import Rest, read_rest
from bench.journeys.journeys import Journeys
from bench.journeys.loading import at
from stratum.core.models import Workspace

CHUNK = 2_000

LAST_CLICK = """
    SELECT deal.external_id, touch.ad_id FROM attribution_deal deal CROSS JOIN LATERAL (
        SELECT ad_id FROM attribution_touchpoint touch
        WHERE touch.workspace_id = deal.workspace_id AND touch.{key}_hash = deal.{key}_hash AND touch.ad_id IS NOT NULL
          AND touch.occurred_at BETWEEN deal.created_at - interval '{days} days' AND deal.created_at
        ORDER BY touch.occurred_at DESC LIMIT 1) AS touch
    WHERE deal.workspace_id = %s AND deal.created_at >= %s
"""


@dataclass(frozen=True)
class Credits:
    """`certain`: weights that a method states for a lead and an ad; `guessed`: with its modelled rest spread over leads too.

    Rows are the leads of the test days, columns the ads; `revenue[ad]` is what the method would report, in minor units.
    """

    certain: np.ndarray
    guessed: np.ndarray
    revenue: np.ndarray


@dataclass(frozen=True)
class Trial:
    """One world in one workspace."""

    journeys: Journeys
    workspace: Workspace
    ads: np.ndarray

    @property
    def leads(self) -> np.ndarray:
        return np.flatnonzero(self.journeys.leads.day >= self.journeys.scenario.train_days)

    @property
    def amounts(self) -> np.ndarray:
        return self.journeys.leads.amount[self.leads].astype(float)

    def column(self, ad: int) -> int:
        return int(np.searchsorted(self.ads, ad))

    def row_of(self) -> dict[str, int]:
        return {f"d{lead}": row for row, lead in enumerate(self.leads.tolist())}


def click_id_only(trial: Trial) -> Credits:
    return _stated(trial, _last_click(trial, "anonymous", 30))


def fingerprint_only(trial: Trial) -> Credits:
    return _stated(trial, _last_click(trial, "fingerprint", 30))


def naive_layers(trial: Trial) -> Credits:
    """Fingerprint 30 days at .95, else IP 7 days at .70, else the ad with the most recent clicks at .40; revenue counts whole."""
    weights = np.zeros((trial.leads.size, trial.ads.size))
    by_print, by_ip = _last_click(trial, "fingerprint", 30), _last_click(trial, "ip", 7)
    rows = np.arange(trial.leads.size)
    clicks, leads = trial.journeys.clicks, trial.journeys.leads
    days = trial.journeys.scenario.days
    by_day = np.zeros((days, trial.ads.size))
    np.add.at(by_day, (np.floor(clicks.day[clicks.seen]).astype(int), clicks.ad[clicks.seen]), 1.0)
    decayed = sum(
        0.5 ** (lag / 7) * np.vstack([np.zeros((lag, trial.ads.size)), by_day[: days - lag]]) for lag in range(30)
    )
    most_recent = decayed.argmax(axis=1)[np.floor(leads.day[trial.leads]).astype(int)]
    ad = np.where(by_print >= 0, by_print, np.where(by_ip >= 0, by_ip, most_recent))
    stated = np.where(by_print >= 0, 0.95, np.where(by_ip >= 0, 0.70, 0.40))
    weights[rows, ad] = stated
    return Credits(weights, weights, np.bincount(ad, trial.amounts, minlength=trial.ads.size))


def calibrated(trial: Trial, *, anchor: float | None) -> Credits:
    """The product's own: learnt from the training days, credits from the ledger, the rest modelled."""
    MatchingSettings.objects.update_or_create(defaults={"ad_driven_share": anchor}, workspace=trial.workspace)
    learn_matching(trial.workspace, until=at(trial.journeys.scenario.train_days))
    attribute_test_leads(trial)
    model_rest(trial.workspace, now=at(trial.journeys.scenario.days))
    certain, unattributed = ledger_weights(trial)
    rest = read_rest(trial.workspace, Calibration.objects.latest("version"), anchor)
    guessed = certain + unattributed[:, None] * _rest_of_leads(trial, rest)
    return Credits(certain, guessed, trial.amounts @ certain + _modelled_revenue(trial))


def attribute_test_leads(trial: Trial) -> None:
    ids = _deal_ids(trial)
    for first in range(0, len(ids), CHUNK):
        attribute_deals(trial.workspace, [Booking(deal, "bench") for deal in ids[first : first + CHUNK]], now=at(200))


SHUFFLE = """
    WITH one AS (SELECT id, row_number() OVER (ORDER BY id) AS n FROM attribution_touchpoint WHERE workspace_id = %(workspace)s),
    two AS (SELECT id, anonymous_hash, fingerprint_hash, ip_hash, consent, row_number() OVER (ORDER BY md5(id::text)) AS n
            FROM attribution_touchpoint WHERE workspace_id = %(workspace)s)
    UPDATE attribution_touchpoint touch
    SET anonymous_hash = two.anonymous_hash, fingerprint_hash = two.fingerprint_hash, ip_hash = two.ip_hash, consent = two.consent
    FROM one JOIN two USING (n) WHERE touch.id = one.id
"""


def placebo_claims(trial: Trial) -> float:
    """Share of test leads that are claimed at weight ≥ .5 when every click carries the keys of another one: learnt and matched anew."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute(SHUFFLE, {"workspace": trial.workspace.pk})
        learn_matching(trial.workspace, until=at(trial.journeys.scenario.train_days))
        attribute_test_leads(trial)
        claimed = float((ledger_weights(trial)[0].max(axis=1) >= 0.5).mean())
        transaction.set_rollback(True)
    return claimed


def ledger_weights(trial: Trial) -> tuple[np.ndarray, np.ndarray]:
    rows, weights = trial.row_of(), np.zeros((trial.leads.size, trial.ads.size))
    lines = LedgerEntry.objects.filter(ad__isnull=False).values_list("deal__external_id", "ad_id", "credit")
    for deal, ad, credit in lines.iterator():
        weights[rows[deal], trial.column(ad)] += float(credit)
    return weights, 1 - weights.sum(axis=1)


def _deal_ids(trial: Trial) -> list[int]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT id FROM attribution_deal WHERE workspace_id = %s AND created_at >= %s ORDER BY id",
            [trial.workspace.pk, at(trial.journeys.scenario.train_days)],
        )
        return [row[0] for row in cursor.fetchall()]


def _rest_of_leads(trial: Trial, rest: Rest) -> np.ndarray:
    leads = trial.journeys.leads
    return np.array([rest.of_lead(at(leads.day[lead]).date(), str(leads.form[lead])) for lead in trial.leads.tolist()])


def _modelled_revenue(trial: Trial) -> np.ndarray:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT ad_id, sum(amount)::float8 FROM attribution_modelledentry WHERE workspace_id = %s AND basis = 'cash' GROUP BY 1",
            [trial.workspace.pk],
        )
        revenue = np.zeros(trial.ads.size)
        for ad, amount in cursor.fetchall():
            revenue[trial.column(ad)] = amount
        return revenue


def _last_click(trial: Trial, key: str, days: int) -> np.ndarray:
    """Index of the ad of the newest click with the lead's key, −1 without one."""
    found, rows = np.full(trial.leads.size, -1), trial.row_of()
    with connection.cursor() as cursor:
        since = at(trial.journeys.scenario.train_days)
        cursor.execute(LAST_CLICK.format(key=key, days=days), [trial.workspace.pk, since])
        for deal, ad in cursor.fetchall():
            found[rows[deal]] = trial.column(ad)
    return found


def _stated(trial: Trial, ad: np.ndarray) -> Credits:
    weights = np.zeros((trial.leads.size, trial.ads.size))
    weights[np.flatnonzero(ad >= 0), ad[ad >= 0]] = 1.0
    return Credits(weights, weights, trial.amounts @ weights)
