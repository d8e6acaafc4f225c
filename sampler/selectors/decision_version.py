"""What a decision depends on, as one short text: equal texts, equal decisions."""

from __future__ import annotations

import hashlib
from datetime import date

from sampler.selectors.portfolios import scope_of
from stratum.core.models import AdAccount
from stratum.core.prepared import prepared_row
from stratum.core.tenancy import current_workspace_id

# Computed from the rows themselves rather than kept by whoever writes them: a writer that forgets to tell cannot make an answer stale.
DEPENDS_ON = """
    SELECT (SELECT digest FROM sampler_portfoliostate WHERE workspace_id = %(workspace)s AND scope = %(scope)s ORDER BY created_at DESC, id DESC LIMIT 1),
           (SELECT md5(row::text) FROM sampler_accountlimits row WHERE workspace_id = %(workspace)s AND account_id = %(account)s),
           (SELECT md5(string_agg(id || ':' || status || ':' || coalesce(daily_budget, -1) || ':' || campaign_id || name, ',' ORDER BY id))
            FROM core_adset WHERE workspace_id = %(workspace)s AND account_id = %(account)s),
           (SELECT md5(string_agg(id || ':' || status || ':' || coalesce(daily_budget, -1) || name, ',' ORDER BY id))
            FROM core_campaign WHERE workspace_id = %(workspace)s AND account_id = %(account)s),
           (SELECT md5(string_agg(ad.id || ':' || ad.status || ':' || ad.ad_set_id || ':' || coalesce(belief.version, 0), ',' ORDER BY ad.id))
            FROM core_ad ad LEFT JOIN sampler_adbelief belief ON belief.workspace_id = ad.workspace_id AND belief.ad_id = ad.id
            WHERE ad.workspace_id = %(workspace)s AND ad.account_id = %(account)s),
           (SELECT md5(string_agg(id || ':' || status, ',' ORDER BY id)) FROM sampler_change
            WHERE workspace_id = %(workspace)s AND account_id = %(account)s AND status IN ('approved', 'sending', 'unknown')),
           (SELECT md5(string_agg(id || ':' || status, ',' ORDER BY id)) FROM sampler_change
            WHERE workspace_id = %(workspace)s AND account_id = %(account)s AND applied_at >= last.created_at),
           (SELECT md5(string_agg(boost.ad_id || boost.kind || boost.factor || boost.sentence, ',' ORDER BY boost.id))
            FROM sampler_adboost boost JOIN core_ad ad ON ad.id = boost.ad_id
            WHERE boost.workspace_id = %(workspace)s AND ad.account_id = %(account)s),
           last.id,
           (SELECT md5(row::text) FROM core_workspace row WHERE id = %(workspace)s),
           (SELECT currency || minimum_budget FROM core_adaccount WHERE workspace_id = %(workspace)s AND id = %(account)s),
           CASE WHEN %(from_file)s THEN (
               SELECT md5(string_agg(ad.id || ':' || told.spend, ',' ORDER BY ad.id)) FROM core_ad ad
               CROSS JOIN LATERAL (
                   SELECT spend FROM core_adday day
                   WHERE day.workspace_id = %(workspace)s AND day.ad_id = ad.id AND day.day = %(day)s OFFSET 0
               ) AS told
               WHERE ad.workspace_id = %(workspace)s AND ad.account_id = %(account)s)
           END
    FROM (SELECT) AS always LEFT JOIN LATERAL (
        SELECT id, created_at FROM sampler_plan WHERE workspace_id = %(workspace)s AND account_id = %(account)s
        ORDER BY created_at DESC, id DESC LIMIT 1
    ) AS last ON true
"""


def decision_version(account: AdAccount, *, day: date, seed: int, total: int | None) -> str:
    """32 hexadecimal digits."""
    from_file = account.platform == AdAccount.Platform.IMPORT  # its budgets are what was spent
    values = {
        "workspace": current_workspace_id(),
        "account": account.pk,
        "scope": scope_of(account),
        "from_file": from_file,
        "day": day,
    }
    found = prepared_row(DEPENDS_ON, values)
    return hashlib.sha256(repr((values, found, seed, total)).encode()).hexdigest()[:32]
