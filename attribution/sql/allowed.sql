allowed AS (
    SELECT coalesce(use_fingerprint, true) AS fingerprint,
           coalesce(use_ip, true) AS ip,
           coalesce(use_company, false) AS company,
           CASE WHEN coalesce(probable_needs_ads_consent, true) THEN 2 ELSE 1 END AS consent,
           coalesce(regions_without_probable, '{}') AS closed_regions
    FROM (SELECT) AS always LEFT JOIN attribution_matchingsettings ON workspace_id = %(workspace)s
)
