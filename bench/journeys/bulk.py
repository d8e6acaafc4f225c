"""Millions of clicks into the product's own table: without its indexes first, which are built after, as a restore would do."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from django.db import connection, transaction

from bench.journeys.journeys import Clicks, Journeys
from bench.journeys.loading import DEAL, START, copy_rows, deal_rows, make_ads
from stratum.core.actions.make_workspace import make_workspace
from stratum.core.models import Workspace
from stratum.core.tenancy import in_workspace

CHUNK = 100_000
TABLE = "attribution_touchpoint"
STAGING = (
    "CREATE TEMPORARY TABLE staged (n bigint, day float8, ad bigint, anonymous bigint, fingerprint bigint, ip bigint)"
)
COLUMNS = """workspace_id, touchpoint_id, occurred_at, received_at, kind, ad_external_id, ad_id, campaign_external_id, channel, landing_path,
    form_id, region, consent, is_bot, click_id_kind, fbc, fbp, user_agent, anonymous_hash, fingerprint_hash, ip_hash"""
MOVE = f"""
    INSERT INTO {TABLE} ({COLUMNS})
    SELECT %(workspace)s, 't' || n, %(start)s + day * interval '1 day', %(start)s + day * interval '1 day', 'ad_click', '', ad, '', '', '', '', '',
           CASE WHEN anonymous = 0 THEN 0 ELSE 2 END, false, '', '', '', '', nullif(anonymous, 0), nullif(fingerprint, 0), nullif(ip, 0)
    FROM staged
"""


def load_in_bulk(journeys: Journeys, name: str, *, keep_back: int) -> tuple[Workspace, np.ndarray]:
    """The workspace and its ads' ids; the last `keep_back` clicks are left out, for measuring how fast they come in."""
    workspace = make_workspace(name=name, currency="USD", timezone="UTC")
    with in_workspace(workspace):
        ads = make_ads(workspace, journeys)
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 0")
            cursor.execute("SET maintenance_work_mem = '1GB'")
            indexes = _drop_indexes()
            _move(workspace, journeys.clicks, ads, 0, journeys.clicks.day.size - keep_back)
            for definition in indexes:
                cursor.execute(definition)
            copy_rows("attribution_deal", DEAL, deal_rows(workspace, journeys))
            cursor.execute(f"VACUUM ANALYZE {TABLE}")
            cursor.execute("VACUUM ANALYZE attribution_deal")
    return workspace, ads


def add_clicks(workspace: Workspace, journeys: Journeys, ads: np.ndarray, first: int, last: int) -> None:
    _move(workspace, journeys.clicks, ads, first, last)


def _drop_indexes() -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT indexname, indexdef FROM pg_indexes WHERE tablename = %s AND indexname LIKE 'touchpoint_by%%'",
            [TABLE],
        )
        found = cursor.fetchall()
        for name, _ in found:
            cursor.execute(f"DROP INDEX {name}")
    return [definition for _, definition in found]


@transaction.atomic
def _move(workspace: Workspace, clicks: Clicks, ads: np.ndarray, first: int, last: int) -> None:
    with connection.cursor() as cursor:
        cursor.execute(STAGING)
        with connection.connection.cursor() as raw, raw.copy("COPY staged FROM STDIN") as copy:
            for lines in _lines(clicks, ads, first, last):
                copy.write(lines)
        cursor.execute(MOVE, {"workspace": workspace.pk, "start": START})
        cursor.execute("DROP TABLE staged")


def _lines(clicks: Clicks, ads: np.ndarray, first: int, last: int) -> Iterator[str]:
    for start in range(first, last, CHUNK):
        some = slice(start, min(start + CHUNK, last))
        columns = (
            range(some.start, some.stop),
            clicks.day[some].tolist(),
            ads[clicks.ad[some]].tolist(),
            clicks.keys.anonymous[some].tolist(),
            clicks.keys.fingerprint[some].tolist(),
            clicks.keys.ip[some].tolist(),
        )
        yield "".join("\t".join(map(str, row)) + "\n" for row in zip(*columns, strict=True))
