"""Journeys into a workspace's tables, keys and all, by COPY; people are derived by the product's own action."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
from django.db import connection

from attribution.actions.people.link_keys import SeenTogether, link_keys
from attribution.domain.identity import ANONYMOUS, EMAIL
from bench.journeys.journeys import Journeys
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import Ad, AdAccount, AdSet, Campaign, Workspace
from stratum.core.tenancy import in_workspace

START = datetime(2026, 1, 1, tzinfo=UTC)

TOUCHPOINT = "workspace_id touchpoint_id occurred_at received_at kind ad_external_id ad_id campaign_external_id channel landing_path form_id region consent is_bot click_id_kind fbc fbp user_agent click_hash anonymous_hash fingerprint_hash ip_hash"
DEAL = "workspace_id external_id name pipeline_id stage_id stage_label form_id region probability is_won is_closed amount value currency fx_source unvalued_because created_at updated_at revision anonymous_hash fingerprint_hash ip_hash email_hash"


def at(day: float) -> datetime:
    return START + timedelta(days=float(day))


def load(journeys: Journeys, name: str) -> tuple[Workspace, np.ndarray]:
    """The workspace and the ids of its ads, in the order of the journeys' own numbers."""
    workspace = make_workspace(name=name, currency="USD", timezone="UTC")
    with in_workspace(workspace):
        ads = make_ads(workspace, journeys)
        copy_rows("attribution_touchpoint", TOUCHPOINT, _touchpoints(workspace, journeys, ads))
        copy_rows("attribution_deal", DEAL, deal_rows(workspace, journeys))
        link_known(workspace, journeys, before=journeys.scenario.days + 1)
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE attribution_touchpoint")
            cursor.execute("ANALYZE attribution_deal")
            cursor.execute("ANALYZE attribution_personkey")
    return workspace, ads


def link_known(workspace: Workspace, journeys: Journeys, *, before: float) -> None:
    links, leads = journeys.links, journeys.leads
    seen = [
        SeenTogether((ANONYMOUS, anonymous), (EMAIL, email), source, at(day))
        for source, columns in (
            ("link", (links.anonymous, links.email, links.day)),
            ("form", (leads.keys.anonymous, leads.email, leads.day)),
        )
        for anonymous, email, day in zip(*(column.tolist() for column in columns), strict=True)
        if anonymous and day < before
    ]
    link_keys(workspace, seen)


def make_ads(workspace: Workspace, journeys: Journeys) -> np.ndarray:
    account = AdAccount.objects.create(
        workspace=workspace, platform=AdAccount.Platform.IMPORT, external_id="bench", name="Bench", currency="USD"
    )
    owned = {"workspace": workspace, "account": account}
    campaigns = Campaign.objects.bulk_create(
        Campaign(**owned, external_id=f"c{n}", name=f"Campaign {n}") for n in range(journeys.scenario.campaigns)
    )
    ad_sets = AdSet.objects.bulk_create(
        AdSet(**owned, external_id=f"s{n}", name=f"Ad set {n}", campaign=campaign)
        for n, campaign in enumerate(campaigns)
    )
    ads = Ad.objects.bulk_create(
        Ad(**owned, external_id=f"a{n}", name=f"Ad {n}", ad_set=ad_sets[campaign])
        for n, campaign in enumerate(journeys.campaign_of.tolist())
    )
    return np.array([ad.pk for ad in ads])


def copy_rows(table: str, columns: str, rows: Iterable[tuple[Any, ...]]) -> None:
    connection.ensure_connection()
    with (
        connection.connection.cursor() as cursor,
        cursor.copy(f"COPY {table} ({', '.join(columns.split())}) FROM STDIN") as copy,
    ):
        for row in rows:
            copy.write_row(row)


def _touchpoints(workspace: Workspace, journeys: Journeys, ads: np.ndarray) -> Iterator[tuple[Any, ...]]:
    clicks = journeys.clicks
    keys = [getattr(clicks.keys, name).tolist() for name in ("anonymous", "fingerprint", "ip")]
    for n in np.flatnonzero(clicks.seen).tolist():
        moment = at(clicks.day[n])
        anonymous, fingerprint, ip = (column[n] or None for column in keys)
        ad = int(clicks.ad[n])
        consent = 2 if anonymous else 0
        yield (
            workspace.pk,
            f"t{n}",
            moment,
            moment,
            "ad_click",
            f"a{ad}",
            int(ads[ad]),
            "",
            "",
            "",
            "",
            "",
            consent,
            False,
            "",
            "",
            "",
            "",
            None,
            anonymous,
            fingerprint,
            ip,
        )


def deal_rows(workspace: Workspace, journeys: Journeys) -> Iterator[tuple[Any, ...]]:
    leads = journeys.leads
    for n in range(leads.day.size):
        keys = [int(getattr(leads.keys, name)[n]) or None for name in ("anonymous", "fingerprint", "ip")]
        amount = int(leads.amount[n])
        created, won = at(leads.day[n]), at(leads.won_day[n])
        yield (
            workspace.pk,
            f"d{n}",
            "",
            "",
            "",
            "won",
            str(leads.form[n]),
            "",
            1,
            True,
            True,
            amount,
            amount,
            "USD",
            "",
            "",
            created,
            won,
            0,
            *keys,
            int(leads.email[n]),
        )
