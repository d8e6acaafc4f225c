from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction

from attribution.actions.ads.keep_audiences import keep_audiences
from attribution.actions.credit.match_again import match_again_for_ads
from stratum.core.clock import now
from stratum.core.models import Ad, AdAccount, AdDay, AdSet, Campaign
from stratum.core.periods import Period

VALUES = ("spend", "impressions", "clicks", "reach", "frequency", "conversions", "conversion_value")
COLUMNS = ("workspace_id", "day", "ad_id", *VALUES, "reported_at")
MANY = 1_000
"""After so many new rows the planner is told at once: it would take the tables for empty, and pages would wait for minutes."""

UPSERT = f"""
    INSERT INTO core_adday ({", ".join(COLUMNS)})
    SELECT {", ".join(COLUMNS)} FROM incoming_ad_day ORDER BY day, ad_id
    ON CONFLICT (workspace_id, day, ad_id) DO UPDATE SET {", ".join(f"{name} = excluded.{name}" for name in (*VALUES, "reported_at"))}
    WHERE ({", ".join(f"core_adday.{name}" for name in VALUES)}) IS DISTINCT FROM ({", ".join(f"excluded.{name}" for name in VALUES)})
"""  # noqa: S608 - column names of our own


GONE = """
    DELETE FROM core_adday stored USING core_ad ad
    WHERE stored.workspace_id = %(workspace)s AND stored.day BETWEEN %(start)s AND %(end)s AND ad.id = stored.ad_id AND ad.account_id = %(account)s
      AND NOT EXISTS (SELECT 1 FROM incoming_ad_day incoming WHERE incoming.day = stored.day AND incoming.ad_id = stored.ad_id)
"""


@transaction.atomic
def store_ad_days(account: AdAccount, rows: Sequence[dict[str, Any]], *, replaces: Period | None = None) -> int:
    """Writes ad-days (fields of `row_fields.AD_DAY`) by their natural key and returns how many rows changed.

    Ads that are not known yet are made; a row that says what is stored already is left untouched. `replaces`: the rows are all that the
    account did in these days, so that others of its days are gone.
    """
    ads = _ads(account, rows)
    latest = {(row["date"], row["ad_id"]): row for row in rows}
    with connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMP TABLE incoming_ad_day (LIKE {AdDay._meta.db_table}) ON COMMIT DROP")
        with cursor.copy(f"COPY incoming_ad_day ({', '.join(COLUMNS)}) FROM STDIN") as copy:
            for (day, ad_id), row in latest.items():
                copy.write_row([account.workspace_id, day, ads[ad_id], *(row[name] for name in VALUES), now()])
        cursor.execute(UPSERT)
        changed = cursor.rowcount
        if replaces:
            days = {
                "workspace": account.workspace_id,
                "account": account.pk,
                "start": replaces.start,
                "end": replaces.end,
            }
            cursor.execute(GONE, days)
            changed += cursor.rowcount
        cursor.execute("DROP TABLE incoming_ad_day")
        _keep_audiences(account, ads, latest.values())
        if changed >= MANY:
            cursor.execute("ANALYZE core_adday, core_ad, core_adset, core_adsetaudience, core_campaign")
    return changed


def _keep_audiences(account: AdAccount, ads: dict[str, int], rows: Iterable[dict[str, Any]]) -> None:
    """Each day that a row tells an audience of, changed or not: rows come in any order, and days between may follow."""
    telling = sorted((row for row in rows if row.get("audience")), key=lambda row: row["ad_id"], reverse=True)
    if telling:
        ad_sets = dict(Ad.objects.filter(id__in={ads[row["ad_id"]] for row in telling}).values_list("id", "ad_set_id"))
        told = {(ad_sets[ads[row["ad_id"]]], row["date"]): row["audience"] for row in telling}
        keep_audiences(account.workspace_id, told)


def _ads(account: AdAccount, rows: Sequence[dict[str, Any]]) -> dict[str, int]:
    """Our id of each ad by the platform's. Ads without an ad set stand for themselves: a budget of their own."""
    first: dict[str, dict[str, Any]] = {}
    for row in rows:
        if row["ad_id"] not in first or row["date"] < first[row["ad_id"]]["date"]:
            first[row["ad_id"]] = row
    told = Ad.objects.filter(account=account, external_id__in=first)
    if account.platform == AdAccount.Platform.IMPORT:
        told = told.exclude(first_seen_date=None)  # only clicks have named those, and where they belong is told now
    known = dict(told.values_list("external_id", "id"))
    if missing := {ad_id: row for ad_id, row in first.items() if ad_id not in known}:
        make_ads(account, missing)
        match_again_for_ads(list(missing))
        known = dict(Ad.objects.filter(account=account, external_id__in=first).values_list("external_id", "id"))
    return known


def make_clicked(account: AdAccount, campaigns: dict[str, str]) -> None:
    """Makes ads of which nothing is known but their clicks. `campaigns`: what the clicks say, by the platform's id of the ad."""
    make_ads(account, {ad_id: {"campaign_id": campaign, "date": None} for ad_id, campaign in campaigns.items()})
    match_again_for_ads(list(campaigns))


def make_ads(account: AdAccount, missing: dict[str, dict[str, Any]], *, rename_campaigns: bool = False) -> None:
    """Makes ads with their ad sets and campaigns, by the platform's id of the ad. Those that are there move to where the row says."""
    campaigns = _made(
        Campaign,
        account,
        {_campaign_key(row): {"name": row.get("campaign_name") or _campaign_key(row)} for row in missing.values()},
        also=["name"] if rename_campaigns else (),
    )
    ad_sets = _made(
        AdSet,
        account,
        {
            row.get("adset_id") or ad_id: {
                "name": (row.get("ad_name") if row.get("is_remainder") else row.get("adset_id"))
                or row.get("ad_name")
                or ad_id,
                "campaign_id": campaigns[_campaign_key(row)],
            }
            for ad_id, row in missing.items()
        },
        also=["campaign"],
    )
    _made(
        Ad,
        account,
        {
            ad_id: {
                "name": row.get("ad_name") or ad_id,
                "ad_set_id": ad_sets[row.get("adset_id") or ad_id],
                "first_seen_date": _day(row),
                "is_remainder": row.get("is_remainder", False),
            }
            for ad_id, row in missing.items()
        },
        also=["name", "ad_set", "first_seen_date"],
    )


def _campaign_key(row: dict[str, Any]) -> str:
    return row.get("campaign_id") or row.get("campaign_name") or "all"


def _day(row: dict[str, Any]) -> date | None:
    return row["date"]


def _made(
    model: type, account: AdAccount, wanted: dict[str, dict[str, Any]], *, also: Sequence[str] = ()
) -> dict[str, int]:
    """Ids by the platform's ids; what was there already takes over the fields in `also`.

    What a connected platform reports of and does not list was archived or deleted there.
    """
    status = "ACTIVE" if account.platform == AdAccount.Platform.IMPORT else "ARCHIVED"
    rows = [
        model(workspace_id=account.workspace_id, account=account, external_id=key, status=status, **fields)
        for key, fields in sorted(wanted.items())
    ]
    if also:
        once = ["workspace", "account", "external_id"]
        model.objects.bulk_create(rows, update_conflicts=True, unique_fields=once, update_fields=also)
    else:
        model.objects.bulk_create(rows, ignore_conflicts=True)
    return dict(model.objects.filter(account=account, external_id__in=wanted).values_list("external_id", "id"))
