-- Layers 1 and 2: a shared key says the less the more sessions share it; a hot key says nothing and is not read to its end.
by_fingerprint AS (
    SELECT unknown.id AS deal_id, unknown.created_at, unknown.form_id, touch.id, touch.ad_id, touch.anonymous_hash, touch.occurred_at, touch.sharing,
           CASE WHEN touch.other_hash = unknown.ip_hash THEN 5 ELSE 6 END AS rule
    FROM unknown CROSS JOIN LATERAL (
        SELECT *, max(session) OVER () AS sharing, count(*) OVER () AS seen
        FROM (SELECT id, ad_id, anonymous_hash, ip_hash AS other_hash, occurred_at,
                     dense_rank() OVER (ORDER BY anonymous_hash, occurred_at::date) AS session
              FROM (SELECT id, ad_id, anonymous_hash, ip_hash, occurred_at FROM attribution_touchpoint touch
                    WHERE touch.workspace_id = %(workspace)s AND touch.fingerprint_hash = unknown.fingerprint_hash AND touch.consent >= unknown.consent
                      AND NOT touch.region = ANY(unknown.closed_regions)
                      AND touch.occurred_at BETWEEN unknown.created_at - interval '30 days' AND unknown.created_at
                    ORDER BY touch.occurred_at DESC LIMIT {too_many}) AS sharer) AS counted
    ) AS touch
    WHERE unknown.fingerprint_hash IS NOT NULL AND touch.seen < {too_many} AND touch.ad_id IS NOT NULL
),
by_ip AS (
    SELECT unknown.id AS deal_id, unknown.created_at, unknown.form_id, touch.id, touch.ad_id, touch.anonymous_hash, touch.occurred_at, touch.sharing,
           7 AS rule
    FROM unknown CROSS JOIN LATERAL (
        SELECT *, max(session) OVER () AS sharing, count(*) OVER () AS seen
        FROM (SELECT id, ad_id, anonymous_hash, fingerprint_hash AS other_hash, occurred_at,
                     dense_rank() OVER (ORDER BY anonymous_hash, occurred_at::date) AS session
              FROM (SELECT id, ad_id, anonymous_hash, fingerprint_hash, occurred_at FROM attribution_touchpoint touch
                    WHERE touch.workspace_id = %(workspace)s AND touch.ip_hash = unknown.ip_hash AND touch.consent >= unknown.consent
                      AND NOT touch.region = ANY(unknown.closed_regions)
                      AND touch.occurred_at BETWEEN unknown.created_at - interval '30 days' AND unknown.created_at
                    ORDER BY touch.occurred_at DESC LIMIT {too_many}) AS sharer) AS counted
    ) AS touch
    WHERE unknown.ip_hash IS NOT NULL AND touch.seen < {too_many} AND touch.ad_id IS NOT NULL AND NOT coalesce(touch.other_hash = unknown.fingerprint_hash, false)
),
likely AS (
    SELECT deal_id, created_at, form_id, id, ad_id, anonymous_hash, occurred_at, rule, sharing FROM by_fingerprint
    UNION ALL
    SELECT deal_id, created_at, form_id, id, ad_id, anonymous_hash, occurred_at, rule, sharing FROM by_ip
)
