-- The clicks that known people made before and after their lead, from which the hazard of a click and interest are learnt.
WITH work AS MATERIALIZED (
    SELECT deal.id, deal.created_at, deal.form_id, deal.click_hash, deal.other_click_hash, deal.anonymous_hash, deal.email_hash, deal.phone_hash, deal.contact_hash,
           NULL::bigint AS company_hash, deal.fingerprint_hash, deal.ip_hash
    FROM attribution_deal deal
    WHERE deal.workspace_id = %(workspace)s AND deal.created_at >= %(since)s AND deal.created_at < %(until)s
),
{identified}
SELECT deal_id, ad_id, width_bucket(extract(epoch FROM created_at - occurred_at)::float8 / 86400, {delays}), form_id, (rule = 3)::int, 0
FROM identified WHERE confidence > 0.5
UNION ALL
SELECT device.deal_id, touch.ad_id, width_bucket(extract(epoch FROM touch.occurred_at - device.created_at)::float8 / 86400, {delays}),
       device.form_id, (device.rule = 3)::int, 1
FROM device CROSS JOIN LATERAL (
    SELECT ad_id, occurred_at FROM attribution_touchpoint touch
    WHERE touch.workspace_id = %(workspace)s AND touch.anonymous_hash = device.anonymous_hash AND touch.ad_id IS NOT NULL
      AND touch.occurred_at > device.created_at AND touch.occurred_at <= device.created_at + interval '45 days' AND touch.occurred_at < %(until)s
    ORDER BY touch.occurred_at LIMIT 20
) AS touch
WHERE coalesce(device.shared_by, 1) <= 2
