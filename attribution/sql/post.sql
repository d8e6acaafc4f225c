posted AS (
    INSERT INTO attribution_ledgerentry (workspace_id, deal_id, revision, line, ad_id, ad_set_id, touchpoint_id, layer, rule, sharing, confidence,
                                         calibration, credit, amount, click_date, booked_date, posted_at, reason)
    SELECT %(workspace)s, change.deal_id, change.revision + 1, row_number() OVER (PARTITION BY change.deal_id ORDER BY change.ad_id, change.touchpoint_id, change.layer),
           change.ad_id, coalesce(change.ad_set_id, ad.ad_set_id), change.touchpoint_id, change.layer, change.rule, change.sharing, change.confidence,
           coalesce((SELECT version FROM model), 0), change.credit, change.amount,
           coalesce(change.click_date, (change.occurred_at AT TIME ZONE coalesce(account.timezone, %(timezone)s))::date),
           (change.booked_at AT TIME ZONE coalesce(account.timezone, %(timezone)s))::date,
           %(now)s, change.reason
    FROM change
    LEFT JOIN core_ad ad ON ad.id = change.ad_id LEFT JOIN core_adaccount account ON account.id = ad.account_id
    RETURNING deal_id
),
revised AS (
    UPDATE attribution_deal SET revision = revision + 1 WHERE id = ANY(ARRAY(SELECT deal_id FROM posted))
)
SELECT (SELECT count(*) FROM posted), EXISTS (SELECT FROM work), EXISTS (SELECT FROM model)
