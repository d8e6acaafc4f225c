whole AS (
    SELECT *, abs(value) / 100000000 * credit + mod(abs(value), 100000000) * credit / 100000000 AS part,
           mod(mod(abs(value), 100000000) * credit, 100000000) AS remainder
    FROM line
),
divided AS (
    SELECT whole.*, sign(value)::bigint * (part + (row_number() OVER each_deal <= abs(value) - sum(part) OVER each_deal)::int) AS amount
    FROM whole WINDOW each_deal AS (PARTITION BY deal_id ORDER BY remainder DESC, ad_id, touchpoint_id
                                    ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING)
)
