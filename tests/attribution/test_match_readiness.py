from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from attribution.domain.readiness.calibration import error_on_unseen, fit_weights
from attribution.domain.readiness.profiles import DEFAULT, PLATFORMS
from attribution.domain.readiness.score import level_of, readiness
from attribution.domain.user_data.meta import EMPTY_HASH

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
FBC = f"fb.1.{int((NOW - timedelta(days=2)).timestamp() * 1000)}.IwAR0aBcDeFgHiJkLmNoPqRsT"
EVERYTHING = {
    "email": "mary@example.com", "phone": "+16505551212", "click_id": FBC, "gclid": "CjwKAbC", "ip": "203.0.114.9", "user_agent": "Mozilla/5.0",
    "external_id": "7", "fbp": "fb.1.1700000000000.123", "first_name": "Mary", "last_name": "Smith", "birth_date": "1997-02-16",
    "postal_code": "94035", "city": "Mountain View", "state": "CA", "country": "US", "gender": "f", "lead_id": "123456789012345",
}  # fmt: skip


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def scored(*fields, platform="meta", profile="web", **event):
    given = {field: EVERYTHING[field] for field in fields} | event
    return readiness(given, platform=platform, profile=profile, region="", now=NOW)


@pytest.mark.parametrize("platform", PLATFORMS)
def test_the_default_table_adds_its_weights(platform):
    weights = DEFAULT[platform]
    assert sum(weights.values()) == pytest.approx(1)
    for field, weight in weights.items():
        one = scored(field, platform=platform, profile="default")
        assert one.score == pytest.approx(100 * weight)
        assert set(one.missing) == set(weights) - {field}
        assert len(one.recommendations) == len(weights) - 1
    whole = scored(*weights, platform=platform, profile="default")
    assert (whole.score, whole.level, whole.missing, whole.roas_impact) == (100, "excellent", (), 0)


@pytest.mark.parametrize(
    ("score", "level"), [(100, "excellent"), (80, "excellent"), (79.9, "good"), (60, "good"), (40, "fair"), (39.9, "poor"), (0, "poor")]
)  # fmt: skip
def test_levels(score, level):
    assert level_of(score) == level


@pytest.mark.parametrize("profile", ["web", "crm"])
@pytest.mark.parametrize("platform", PLATFORMS)
def test_nothing_is_0_and_everything_is_100(platform, profile):
    assert scored(platform=platform, profile=profile).score == 0
    assert scored(*EVERYTHING, platform=platform, profile=profile).score == 100


def test_web_events_keep_the_order_that_practitioners_agree_on():
    alone = [scored(*fields).score for fields in
             (("email",), ("phone",), ("click_id",), ("external_id",), ("ip", "user_agent"), ("city", "state", "country"), ("gender",))]  # fmt: skip
    assert alone == sorted(alone, reverse=True)
    assert scored("ip", "user_agent").score < 40
    assert scored("email", "click_id").score >= 70
    assert scored("first_name", "last_name").score == 0
    assert scored("first_name", "last_name", "postal_code").score > scored("city", "state", "country").score


def test_what_says_the_same_twice_does_not_count_twice():
    assert scored("email", "phone").score - scored("email").score < scored("email", "click_id").score - scored("email").score  # fmt: skip


def test_a_crm_event_needs_no_browser_and_the_lead_id_decides():
    assert scored("lead_id", profile="crm").level == "excellent"
    assert scored("email", profile="crm").level == "good"
    assert "ip" not in scored("email", profile="crm").missing


@pytest.mark.parametrize(
    ("event", "reason"),
    [
        ({"em": EMPTY_HASH}, "empty"),
        ({"em": sha(sha("mary@example.com")), "email": "mary@example.com"}, "hash of a hash"),
        ({"em": sha("Mary@Example.com"), "email": "Mary@Example.com"}, "before it was normalised"),
        ({"em": sha("joe@example.com"), "email": "mary@example.com"}, "not the hash"),
        ({"email": "test@example.com"}, "placeholder"),
        ({"email": "nobody"}, "not an e-mail"),
        ({"em": "d41d8cd98f00b204e9800998ecf8427e"}, "not an e-mail"),
        ({"phone": "650 555 1212"}, "no country code"),
        ({"phone": "+10000000000"}, "no such phone"),
        ({"fbc": FBC.lower()}, "lower case"),
        ({"fbc": "fb.1.1600000000000.IwAR0aBc"}, "90 days"),
        ({"fbc": sha(FBC)}, "does not look like"),
        ({"ip": "10.0.0.1"}, "public"),
    ],
)
def test_a_value_that_matches_nobody_counts_nothing(event, reason):
    one = scored(**event)
    assert one.score == 0
    assert any(reason in flaw for flaw in one.flawed.values()), one.flawed
    assert any(text.startswith("Mend") for text in one.recommendations)


def test_a_right_hash_counts_like_its_value():
    assert scored(em=sha("mary@example.com"), email="Mary@example.com ").score == scored("email").score
    assert scored(profile="default", em=EMPTY_HASH).score == 0


def test_the_estimates_say_what_more_could_be_seen():
    little, much = scored("external_id"), scored("email", "click_id", "external_id")
    assert 0 < little.accuracy < much.accuracy < 1
    assert little.accuracy + little.roas_impact == pytest.approx(much.accuracy + much.roas_impact)


def test_weights_are_learnt_from_metas_scores_and_tried_on_days_that_they_have_not_seen():
    rng, true = np.random.default_rng(3), np.array([3.4, 1.9, 1.9, 0.8, 0.0, 0.5])
    coverage = rng.uniform(0.1, 1, (60, 6))
    scores = coverage @ true + rng.normal(0, 0.1, 60)
    assert fit_weights(coverage, scores) == pytest.approx(true, abs=0.3)
    assert (fit_weights(coverage, -scores) == 0).all(), "a key never counts against a match"
    assert error_on_unseen(coverage, scores) < 0.3
    assert error_on_unseen(coverage[:29], scores[:29]) is None
