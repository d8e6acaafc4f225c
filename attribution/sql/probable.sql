-- Layers 1 and 2: a shared key says the less the more sessions share it; a hot key says nothing and is not read to its end.
likely AS (
    SELECT unknown.id AS deal_id, unknown.created_at, unknown.form_id, touch.id, touch.ad_id, touch.anonymous_hash, touch.occurred_at, touch.sharing,
           CASE WHEN touch.layer = 2 THEN 7 WHEN touch.other_hash = unknown.ip_hash THEN 5 ELSE 6 END AS rule
    FROM unknown CROSS JOIN LATERAL (
        SELECT *, max(session) OVER each_layer AS sharing, count(*) OVER each_layer AS seen
        FROM (
            SELECT *, dense_rank() OVER (PARTITION BY layer ORDER BY anonymous_hash, occurred_at::date) AS session
            FROM (
                (SELECT 1 AS layer, id, ad_id, anonymous_hash, ip_hash AS other_hash, occurred_at FROM attribution_touchpoint touch
                 WHERE touch.workspace_id = %(workspace)s AND touch.fingerprint_hash = unknown.fingerprint_hash AND touch.consent >= unknown.consent
                   AND NOT touch.region = ANY(unknown.closed_regions)
                   AND touch.occurred_at BETWEEN unknown.created_at - interval '30 days' AND unknown.created_at
                 ORDER BY touch.occurred_at DESC LIMIT {too_many})
                UNION ALL
                (SELECT 2, id, ad_id, anonymous_hash, fingerprint_hash, occurred_at FROM attribution_touchpoint touch
                 WHERE touch.workspace_id = %(workspace)s AND touch.ip_hash = unknown.ip_hash AND touch.consent >= unknown.consent
                   AND NOT touch.region = ANY(unknown.closed_regions)
                   AND touch.occurred_at BETWEEN unknown.created_at - interval '30 days' AND unknown.created_at
                 ORDER BY touch.occurred_at DESC LIMIT {too_many})
            ) AS sharer
        ) AS counted WINDOW each_layer AS (PARTITION BY layer)
    ) AS touch
    -- The first layer has the clicks that share both keys.
    WHERE touch.seen < {too_many} AND touch.ad_id IS NOT NULL AND NOT (touch.layer = 2 AND coalesce(touch.other_hash = unknown.fingerprint_hash, false))
)
