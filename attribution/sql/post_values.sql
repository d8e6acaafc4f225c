-- The value of a deal changed and its keys did not: the standing credits take the new amounts.
WITH model AS (SELECT NULL::int AS version WHERE false),
work AS MATERIALIZED (
    SELECT deal.id, deal.value, deal.revision, coalesce(asked.booked_at, deal.updated_at) AS booked_at, asked.reason
    FROM {asked} JOIN attribution_deal deal ON deal.id = asked.id AND deal.workspace_id = %(workspace)s
    {locked}
),
line AS (
    SELECT work.id AS deal_id, entry.layer, entry.ad_id, entry.touchpoint_id, (sum(entry.credit) * 100000000)::bigint AS credit, sum(entry.amount) AS standing,
           max(entry.rule) AS rule, max(entry.sharing) AS sharing, max(entry.confidence) AS confidence, min(entry.click_date) AS click_date,
           min(entry.ad_set_id) AS ad_set_id, NULL::timestamptz AS occurred_at,
           max(work.value) AS value, max(work.revision) AS revision, max(work.booked_at) AS booked_at, max(work.reason) AS reason
    FROM work CROSS JOIN LATERAL {standing} AS entry
    GROUP BY work.id, entry.layer, entry.ad_id, entry.touchpoint_id HAVING sum(entry.credit) <> 0 OR sum(entry.amount) <> 0
),
{split},
change AS (
    SELECT deal_id, layer, ad_id, touchpoint_id, 0 AS credit, amount - standing AS amount, rule, sharing, confidence, occurred_at,
           click_date, ad_set_id, revision, booked_at, reason
    FROM divided WHERE amount <> standing
),
{post}
