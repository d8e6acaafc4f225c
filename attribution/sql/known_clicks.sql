-- The clicks that known people made before their lead, from which the hazard of a click is learnt.
WITH work AS MATERIALIZED (
    SELECT deal.id, deal.created_at, deal.form_id, deal.click_hash, deal.anonymous_hash, deal.email_hash, deal.phone_hash, deal.contact_hash,
           NULL::bigint AS company_hash, deal.fingerprint_hash, deal.ip_hash
    FROM attribution_deal deal
    WHERE deal.workspace_id = %(workspace)s AND deal.created_at >= %(since)s AND deal.created_at < %(until)s
),
{identified}
SELECT deal_id, ad_id, width_bucket(extract(epoch FROM created_at - occurred_at)::float8 / 86400, {delays}), form_id, (rule = 3)::int
FROM identified WHERE confidence > 0.5
