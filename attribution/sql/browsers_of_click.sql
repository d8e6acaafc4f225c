SELECT unnest(array_agg(DISTINCT anonymous_hash)) AS anonymous_hash
FROM (SELECT anonymous_hash FROM attribution_touchpoint touch
      WHERE touch.workspace_id = %(workspace)s AND touch.click_hash = work.click_hash AND touch.occurred_at <= work.created_at
        AND touch.kind = 'ad_click' AND NOT touch.is_bot AND touch.anonymous_hash IS NOT NULL
      ORDER BY touch.occurred_at DESC LIMIT {too_many}) AS opened
HAVING count(DISTINCT anonymous_hash) <= 2
