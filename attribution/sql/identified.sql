-- Layer 0: devices that are known to be this person's.
device AS (
    SELECT deal_id, created_at, form_id, anonymous_hash, min(rule) AS rule,
           (SELECT shared_by FROM attribution_personkey shared
            WHERE shared.workspace_id = %(workspace)s AND shared.kind = 1 AND shared.key_hash = found.anonymous_hash) AS shared_by
    FROM (
        SELECT work.id AS deal_id, work.created_at, work.form_id, work.anonymous_hash, 2 AS rule FROM work WHERE work.anonymous_hash IS NOT NULL
        UNION ALL
        -- A link that more than two browsers opened was passed on, and says nothing of who.
        SELECT work.id, work.created_at, work.form_id, browser.anonymous_hash, 1
        FROM (
            SELECT id, created_at, form_id, click_hash FROM work WHERE click_hash IS NOT NULL
            UNION ALL
            SELECT id, created_at, form_id, other_click_hash FROM work WHERE other_click_hash IS NOT NULL
        ) AS work CROSS JOIN LATERAL (
            {browsers_of_click}
        ) AS browser
        UNION ALL
        SELECT work.id, work.created_at, work.form_id, other.key_hash, other.rule
        FROM work CROSS JOIN LATERAL (
            SELECT other.key_hash, key.rule FROM (
                SELECT * FROM (VALUES (2, work.email_hash, 3), (3, work.phone_hash, 3), (4, work.contact_hash, 3)) AS own(kind, hash, rule)
                UNION ALL
                SELECT colleague.left_kind, colleague.left_hash, 4 FROM attribution_identityedge colleague
                WHERE colleague.workspace_id = %(workspace)s AND colleague.right_kind = 5 AND colleague.right_hash = work.company_hash
                  AND colleague.retracted_at IS NULL
            ) AS key
            -- Looked up one after the other: a table that fills quickly is thought to be empty, and would be read whole.
            CROSS JOIN LATERAL (
                SELECT person FROM attribution_personkey mine
                WHERE mine.workspace_id = %(workspace)s AND mine.kind = key.kind AND mine.key_hash = key.hash OFFSET 0
            ) AS mine
            CROSS JOIN LATERAL (
                SELECT key_hash FROM attribution_personkey other
                WHERE other.workspace_id = %(workspace)s AND other.person = mine.person AND other.kind = 1 OFFSET 0
            ) AS other
            LIMIT 200
        ) AS other
    ) AS found GROUP BY 1, 2, 3, 4
),
identified AS MATERIALIZED (
    SELECT device.deal_id, device.created_at, device.form_id, touch.id, touch.ad_id, touch.occurred_at, device.rule,
           CASE WHEN device.rule = 4 THEN 0.5 WHEN device.shared_by > 2 THEN 1.0 / device.shared_by ELSE 0.995 END AS confidence,
           coalesce(device.shared_by, 1) AS sharing
    FROM device
    CROSS JOIN LATERAL (
        SELECT id, ad_id, occurred_at FROM attribution_touchpoint touch
        WHERE touch.workspace_id = %(workspace)s AND touch.anonymous_hash = device.anonymous_hash AND touch.ad_id IS NOT NULL
          AND touch.occurred_at BETWEEN device.created_at - interval '45 days' AND device.created_at
        ORDER BY touch.occurred_at DESC LIMIT 20
    ) AS touch
)
