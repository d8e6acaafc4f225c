-- The browsers in which the links of leads' click ids were opened before. A link that more than two opened was passed on, and ties nobody.
SELECT work.id, browser.anonymous_hash
FROM unnest(%(deals)s::bigint[], %(clicks)s::bigint[], %(times)s::timestamptz[]) AS work(id, click_hash, created_at)
CROSS JOIN LATERAL (
    {browsers_of_click}
) AS browser
