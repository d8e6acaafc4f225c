from __future__ import annotations

import pytest

from stratum.platforms.meta_targeting import LONGEST, audience_text

US = {"geo_locations": {"countries": ["US"], "location_types": ["home", "recent"]}}


def named(*names):
    return [{"id": f"6003{place}", "name": name} for place, name in enumerate(names)]


@pytest.mark.parametrize(
    ("targeting", "text"),
    [
        (None, ""),
        ({}, "Everybody"),
        ({**US, "age_min": 18, "age_max": 65}, "US"),
        ({**US, "age_min": 25, "age_max": 54, "genders": [2], "flexible_spec": [{"interests": named("running")}]}, "US, 25–54, women, running"),
        ({**US, "age_min": 40, "age_max": 65, "genders": [1]}, "US, 40+, men"),
        ({**US, "age_max": 30, "genders": [1, 2]}, "US, 18–30"),
        ({**US, "genders": [0]}, "US"),
        ({"geo_locations": {"countries": ["US", "CA"], "country_groups": ["europe"]}}, "CA, US, europe"),
        ({"geo_locations": {"regions": [{"key": "3847", "name": "California"}], "cities": [{"key": "1", "name": "Reno", "radius": 10}]}}, "California, Reno"),
        ({"geo_locations": {"zips": [{"key": "US:94304"}], "location_types": ["home"]}}, "US:94304"),
        ({**US, "interests": named("golf"), "flexible_spec": [{"behaviors": named("Commuters")}, {"interests": named("tea", "golf"), "education_statuses": [3]}]}, "US, Commuters, golf, tea"),
        ({**US, "age_min": 30, "custom_audiences": named("Visitors 30 d", "Lookalike (US, 1%)")}, "Lookalike (US, 1%), Visitors 30 d"),
        ({**US, "custom_audiences": [{"id": "2385"}]}, "2385"),
        ({**US, "custom_audiences": [], "excluded_custom_audiences": named("Buyers")}, "US without Buyers"),
        ({**US, "targeting_automation": {"advantage_audience": 1}}, "US"),
    ],
)  # fmt: skip
def test_whom_an_ad_set_is_aimed_at_in_a_few_words(targeting, text):
    assert audience_text(targeting) == text


def test_the_order_in_which_meta_lists_things_changes_nothing():
    there = {"geo_locations": {"countries": ["US", "CA"]}, "flexible_spec": [{"interests": named("tea", "golf")}]}
    back = {"flexible_spec": [{"interests": named("golf", "tea")}], "geo_locations": {"countries": ["CA", "US"]}}
    assert audience_text(there) == audience_text(back)


def test_a_long_text_is_cut_to_what_is_kept():
    text = audience_text({"custom_audiences": named(*(f"Audience {number}" for number in range(100)))})
    assert len(text) == LONGEST and text.endswith("…")
