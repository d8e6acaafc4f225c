-- Touchpoints, each id once. A click on a known ad is tied to it here, because only such clicks can earn credit.
INSERT INTO attribution_touchpoint (workspace_id, touchpoint_id, occurred_at, received_at, kind, ad_external_id, ad_id, campaign_external_id, channel,
                                    landing_path, form_id, region, consent, is_bot, click_id_kind, click_id_seen_at, fbc, fbp, user_agent,
                                    click_hash, anonymous_hash, fingerprint_hash, ip_hash, email_hash)
SELECT %(workspace)s, touch.touchpoint_id, touch.occurred_at, %(received_at)s, touch.kind, touch.ad_id,
       CASE WHEN touch.kind = 'ad_click' AND NOT touch.is_bot
            THEN (SELECT ad.id FROM core_ad ad WHERE ad.workspace_id = %(workspace)s AND ad.external_id = touch.ad_id ORDER BY ad.id LIMIT 1) END,
       touch.campaign_id, touch.channel, touch.landing_path, touch.form_id, upper(touch.region), touch.consent, touch.is_bot, touch.click_id_kind,
       touch.click_id_seen_at, touch.fbc, touch.fbp, touch.user_agent, touch.click_hash, touch.anonymous_hash, touch.fingerprint_hash, touch.ip_hash,
       touch.email_hash
FROM json_to_recordset(%(rows)s) AS touch(touchpoint_id text, occurred_at timestamptz, kind text, ad_id text, campaign_id text, channel text,
    landing_path text, form_id text, region text, consent smallint, is_bot boolean, click_id_kind text, click_id_seen_at timestamptz, fbc text, fbp text,
    user_agent text, click_hash bigint, anonymous_hash bigint, fingerprint_hash bigint, ip_hash bigint, email_hash bigint)
ON CONFLICT (workspace_id, touchpoint_id) DO NOTHING
RETURNING touchpoint_id, is_bot
