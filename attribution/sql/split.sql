whole AS (
    SELECT line.*, work.value, abs(work.value) / 100000000 * line.credit + mod(abs(work.value), 100000000) * line.credit / 100000000 AS part,
           mod(mod(abs(work.value), 100000000) * line.credit, 100000000) AS remainder
    FROM line JOIN work ON work.id = line.deal_id
),
divided AS (
    SELECT whole.*, sign(value)::bigint * (part + CASE WHEN row_number() OVER (each_deal ORDER BY remainder DESC, ad_id, touchpoint_id)
                                                      <= abs(value) - sum(part) OVER each_deal THEN 1 ELSE 0 END) AS amount
    FROM whole WINDOW each_deal AS (PARTITION BY deal_id)
)
