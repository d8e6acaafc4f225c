-- The value of a deal changed and its keys did not: the standing credits take the new amounts.
WITH model AS (SELECT NULL::int AS version WHERE false),
work AS MATERIALIZED (
    SELECT deal.id, deal.value, deal.revision, coalesce(asked.booked_at, deal.updated_at) AS booked_at, asked.reason
    FROM {asked} JOIN attribution_deal deal ON deal.id = asked.id AND deal.workspace_id = %(workspace)s
),
standing AS MATERIALIZED (
    SELECT entry.deal_id, entry.layer, entry.ad_id, entry.touchpoint_id, sum(entry.credit) AS credit, sum(entry.amount) AS amount,
           max(entry.rule) AS rule, max(entry.sharing) AS sharing, max(entry.confidence) AS confidence, min(entry.click_date) AS click_date,
           min(entry.ad_set_id) AS ad_set_id
    FROM work JOIN attribution_ledgerentry entry ON entry.workspace_id = %(workspace)s AND entry.deal_id = work.id
    GROUP BY entry.deal_id, entry.layer, entry.ad_id, entry.touchpoint_id
),
line AS (
    SELECT deal_id, ad_id, touchpoint_id, NULL::timestamptz AS occurred_at, rule, sharing, confidence, (credit * 1e8)::bigint AS credit, layer,
           amount, click_date, ad_set_id
    FROM standing WHERE credit <> 0 OR amount <> 0
),
{split},
change AS (
    SELECT line.deal_id, line.layer, line.ad_id, line.touchpoint_id, 0 AS credit, divided.amount - line.amount AS amount, line.rule, line.sharing,
           line.confidence, line.occurred_at, line.click_date, line.ad_set_id
    FROM line JOIN divided ON divided.deal_id = line.deal_id AND coalesce(divided.ad_id, 0) = coalesce(line.ad_id, 0)
      AND coalesce(divided.touchpoint_id, 0) = coalesce(line.touchpoint_id, 0) AND divided.rule = line.rule
    WHERE divided.amount <> line.amount
),
{post}
