-- Touchpoints, each id once. A click on a known ad is tied to it here, because only such clicks can earn credit.
INSERT INTO attribution_touchpoint (workspace_id, touchpoint_id, occurred_at, received_at, kind, ad_external_id, ad_id, campaign_external_id, channel,
                                    landing_path, form_id, region, consent, is_bot, click_id_kind, click_id_seen_at, fbc, fbp, user_agent,
                                    click_hash, anonymous_hash, fingerprint_hash, ip_hash, email_hash)
SELECT %(workspace)s, touch.id, touch.at, %(received_at)s, touch.kind, touch.ad,
       CASE WHEN touch.kind = 'ad_click' AND NOT touch.is_bot THEN (SELECT ad.id FROM core_ad ad WHERE ad.workspace_id = %(workspace)s AND ad.external_id = touch.ad ORDER BY ad.id LIMIT 1) END,
       touch.campaign, touch.channel, touch.path, touch.form, touch.region, touch.consent, touch.is_bot, touch.click_id_kind, touch.click_id_seen_at,
       touch.fbc, touch.fbp, touch.user_agent, touch.click, touch.anonymous, touch.fingerprint, touch.ip, touch.email
FROM unnest(%(touchpoint_id)s::text[], %(occurred_at)s::timestamptz[], %(kind)s::text[], %(ad_id)s::text[], %(campaign_id)s::text[], %(channel)s::text[],
            %(landing_path)s::text[], %(form_id)s::text[], %(region)s::text[], %(consent)s::smallint[], %(is_bot)s::boolean[],
            %(click_id_kind)s::text[], %(click_id_seen_at)s::timestamptz[], %(fbc)s::text[], %(fbp)s::text[], %(user_agent)s::text[], %(click_hash)s::bigint[],
            %(anonymous_hash)s::bigint[], %(fingerprint_hash)s::bigint[], %(ip_hash)s::bigint[], %(email_hash)s::bigint[])
     AS touch(id, at, kind, ad, campaign, channel, path, form, region, consent, is_bot, click_id_kind, click_id_seen_at, fbc, fbp, user_agent, click, anonymous, fingerprint, ip, email)
ON CONFLICT (workspace_id, touchpoint_id) DO NOTHING
RETURNING touchpoint_id, is_bot
