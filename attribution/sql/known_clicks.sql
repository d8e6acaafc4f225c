-- The clicks that known people made before their lead, from which the hazard of a click is learnt.
WITH {allowed},
work AS MATERIALIZED (
    SELECT deal.* FROM attribution_deal deal
    WHERE deal.workspace_id = %(workspace)s AND deal.created_at >= %(since)s AND deal.created_at < %(until)s
),
{identified}
SELECT deal_id, ad_id, width_bucket(extract(epoch FROM created_at - occurred_at)::float8 / 86400, {delays}), form_id, (rule = 3)::int
FROM identified WHERE confidence > 0.5
