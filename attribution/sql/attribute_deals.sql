-- Credits of deals from the keys that their leads left, and the ledger lines that lead from what stands to what should stand.
-- The deals' rows are locked by the caller, or here by `work`. Formulas: ARCHITECTURE.md, "How credit is given".
WITH {allowed},
model AS MATERIALIZED (
    SELECT version, organic_rate, organic_rate_of_click, mean_pull, decay FROM attribution_calibration
    WHERE workspace_id = %(workspace)s ORDER BY version DESC LIMIT 1
),
work AS MATERIALIZED (
    SELECT deal.id, deal.value, deal.revision, coalesce(asked.booked_at, deal.updated_at) AS booked_at, asked.reason, deal.created_at, deal.form_id,
           deal.click_hash, deal.other_click_hash, deal.anonymous_hash, deal.email_hash, deal.phone_hash, deal.contact_hash,
           CASE WHEN allowed.company THEN deal.company_hash END AS company_hash,
           CASE WHEN allowed.fingerprint THEN deal.fingerprint_hash END AS fingerprint_hash,
           CASE WHEN allowed.ip THEN deal.ip_hash END AS ip_hash,
           allowed.consent, allowed.closed_regions, {may_be_recognised} AS may_be_recognised
    FROM {asked} JOIN attribution_deal deal ON deal.id = asked.id AND deal.workspace_id = %(workspace)s
     AND (deal.erased_at IS NULL OR deal.revision = 0)
    CROSS JOIN allowed CROSS JOIN model
    {locked}
),
{identified},
unknown AS (
    SELECT * FROM work WHERE may_be_recognised AND id NOT IN (SELECT deal_id FROM identified)
),
{probable},
-- Lookups rather than joins: the planner must not scan what was learnt for every pair.
click AS (
    SELECT deal_id, id, ad_id, occurred_at, rule, sharing, person, known, model.*,
           width_bucket(extract(epoch FROM created_at - occurred_at)::float8 / 86400, {delays}) AS delay,
           (SELECT fit.lift FROM attribution_formfit fit WHERE fit.workspace_id = %(workspace)s AND fit.version = model.version
              AND fit.form_id = found.form_id AND fit.ad_id = found.ad_id) AS lift
    FROM (
        SELECT deal_id, created_at, form_id, id, ad_id, occurred_at, rule, sharing, 0 AS person, confidence AS known FROM identified
        UNION ALL
        SELECT deal_id, created_at, form_id, id, ad_id, occurred_at, rule, sharing, coalesce(anonymous_hash, id), NULL FROM likely
    ) AS found CROSS JOIN model OFFSET 0
),
candidate AS (
    SELECT deal_id, id, ad_id, occurred_at, rule, sharing, person, known, coalesce(lift, 1) AS lift,
           organic_rate, organic_rate_of_click[(rule IN (3, 4))::int * 12 + delay + 1] AS organic_rate_of_click,
           decay[(rule IN (3, 4))::int * 12 + delay + 1]
             * coalesce((SELECT pull.pull FROM attribution_adpull pull WHERE pull.workspace_id = %(workspace)s AND pull.version = click.version
                           AND pull.ad_id = click.ad_id), mean_pull) AS hazard,
           coalesce(known, (SELECT cell.confidence FROM attribution_calibrationcell cell
                            WHERE cell.workspace_id = %(workspace)s AND cell.version = click.version AND cell.rule = click.rule
                              AND cell.sharing = least(9, floor(ln(click.sharing::float8) * 1.4426950408889634))::smallint
                              AND cell.delay = click.delay AND cell.form = CASE WHEN lift IS NULL THEN 0 WHEN lift >= 1 THEN 1 ELSE 2 END), 0) AS confidence
    FROM click OFFSET 0
),
-- Within a person clicks add to a hazard against an organic baseline. A known person's clicks are each as sure as the browser that they came
-- by: each step of confidence is shared by the clicks that are at least as sure. Elsewhere a browser is as sure as its surest click.
-- The form tells which click it was but not whether it was one: who asks by himself asks about what he had clicked on.
person AS (
    SELECT deal_id, id, ad_id, occurred_at, rule, sharing, person, known, hazard * lift AS pull,
           confidence - coalesce(lead(confidence) OVER as_sure, 0) AS step, max(confidence) OVER as_sure AS surest, row_number() OVER as_sure = 1 AS is_first,
           sum(hazard) OVER as_sure / nullif(organic_rate + sum(hazard + organic_rate_of_click) OVER as_sure, 0) / nullif(sum(hazard * lift) OVER as_sure, 0) AS part
    FROM candidate WINDOW as_sure AS (PARTITION BY deal_id, person ORDER BY known DESC)
),
-- A known person's click has its part of its own step and of all below. Unknown people who may each be the one share at most 0.98.
believed AS (
    SELECT deal_id, id, ad_id, occurred_at, rule, sharing, known, pull, part,
           sum(part * step) OVER each_deal - coalesce(sum(part * step) OVER surer, 0) AS steps,
           coalesce(known, surest * least(1, 0.98 / nullif(sum(surest) FILTER (WHERE is_first) OVER each_deal, 0))) AS certainty
    FROM person WINDOW each_deal AS (PARTITION BY deal_id),
                       surer AS (PARTITION BY deal_id, person ORDER BY known DESC GROUPS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)
),
by_ad AS (
    SELECT deal_id, ad_id, id, occurred_at, rule, sharing, certainty, sum(weight) OVER each_ad AS share, row_number() OVER each_ad AS nth_of_ad
    FROM (SELECT *, pull * coalesce(CASE WHEN known IS NULL THEN part * certainty ELSE steps END, 0) AS weight FROM believed) AS weighed
    WINDOW each_ad AS (PARTITION BY deal_id, ad_id ORDER BY weight DESC, occurred_at DESC, id ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
),
credited AS (
    SELECT deal_id, ad_id, id AS touchpoint_id, occurred_at, rule, sharing, certainty AS confidence, round(share * 1e8)::bigint AS credit
    FROM by_ad WHERE nth_of_ad = 1 AND share >= 0.005
),
-- The rest is a line of the deal's own; the others take from it what the deal is worth: nothing is joined that grows with the square.
line AS (
    SELECT deal_id, ad_id, touchpoint_id, occurred_at, rule, sharing, confidence,
           CASE WHEN rule = 9 THEN 100000000 - (sum(credit) OVER each_deal)::bigint ELSE credit END AS credit,
           max(value) OVER each_deal AS value, max(revision) OVER each_deal AS revision,
           max(booked_at) OVER each_deal AS booked_at, max(reason) OVER each_deal AS reason
    FROM (
        SELECT deal_id, ad_id, touchpoint_id, occurred_at, rule, sharing, confidence, credit, NULL::bigint AS value, NULL::int AS revision,
               NULL::timestamptz AS booked_at, NULL::text AS reason FROM credited
        UNION ALL
        SELECT id, NULL, NULL, created_at, 9, 0, 1.0, 0, value, revision, booked_at, reason FROM work
    ) AS credited_and_rest
    WINDOW each_deal AS (PARTITION BY deal_id)
),
-- To the cent by largest remainder, in whole numbers: value × credit / 10⁸ without leaving 64 bits.
{split},
wanted AS (
    SELECT *, CASE WHEN rule < 5 THEN 'deterministic' WHEN rule < 7 THEN 'fingerprint' WHEN rule = 7 THEN 'ip' ELSE 'unattributed' END AS layer
    FROM divided
),
change AS (
    SELECT deal_id, layer, ad_id, touchpoint_id, sum(credit) AS credit, sum(amount) AS amount, max(rule) AS rule, max(sharing) AS sharing,
           max(confidence) AS confidence, max(occurred_at) AS occurred_at, min(click_date) AS click_date, min(ad_set_id) AS ad_set_id,
           max(revision) AS revision, max(booked_at) AS booked_at, max(reason) AS reason
    FROM (
        SELECT deal_id, layer, ad_id, touchpoint_id, credit / 1e8 AS credit, amount, rule, sharing, confidence, occurred_at,
               NULL::date AS click_date, NULL::bigint AS ad_set_id, revision, booked_at, reason FROM wanted
        UNION ALL
        SELECT entry.deal_id, entry.layer, entry.ad_id, entry.touchpoint_id, -entry.credit, -entry.amount, entry.rule, 0, 0, NULL,
               entry.click_date, entry.ad_set_id, work.revision, work.booked_at, work.reason
        FROM work CROSS JOIN LATERAL {standing} AS entry
    ) AS both_sides
    GROUP BY deal_id, ad_id, touchpoint_id, layer HAVING sum(credit) <> 0 OR sum(amount) <> 0
),
{post}
