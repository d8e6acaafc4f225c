-- Deals whose person is known, matched as if only fingerprint and address were: pairs to learn from, each with its label.
WITH {allowed},
work AS MATERIALIZED (
    SELECT deal.id, deal.created_at, deal.form_id, deal.click_hash, deal.other_click_hash, deal.anonymous_hash, deal.email_hash, deal.phone_hash, deal.contact_hash,
           NULL::bigint AS company_hash, deal.fingerprint_hash, deal.ip_hash, allowed.consent, allowed.closed_regions
    FROM attribution_deal deal CROSS JOIN allowed
    WHERE deal.workspace_id = %(workspace)s AND deal.created_at >= %(since)s AND deal.created_at < %(until)s
      AND (deal.fingerprint_hash IS NOT NULL OR deal.ip_hash IS NOT NULL) AND {may_be_recognised}
),
{identified},
unknown AS (
    SELECT * FROM work WHERE EXISTS (SELECT FROM identified WHERE identified.deal_id = work.id AND identified.rule < 4)
),
{probable},
own_device AS MATERIALIZED (SELECT DISTINCT deal_id, anonymous_hash FROM device)
SELECT likely.deal_id, likely.rule, likely.sharing, width_bucket(extract(epoch FROM likely.created_at - likely.occurred_at)::float8 / 86400, {delays}),
       likely.ad_id, likely.form_id, (own_device.deal_id IS NOT NULL)::int
FROM likely
LEFT JOIN own_device ON own_device.deal_id = likely.deal_id AND own_device.anonymous_hash = likely.anonymous_hash
