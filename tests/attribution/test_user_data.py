"""What is sent about a person: Meta's published vectors, and the cases in which both of its libraries go wrong."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from attribution.domain.user_data import google, meta
from attribution.domain.user_data.findings import LeftOut
from attribution.domain.user_data.person import NEVER_HASHED, Person, person_of

DOCS = json.loads((Path(__file__).parent / "meta_docs_user_data_vectors.json").read_text())
NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)
DERIVED = {"ct": "New York", "st": "Arizona", "zp": "M1 1AE"}  # the page gives only what becomes of them
HEX = "a" * 64


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def sent(region="", **known):
    person = Person({name: (value,) for name, value in known.items()})
    return meta.user_data(person, region=region, now=NOW)


@pytest.mark.parametrize("vector", DOCS["vectors"], ids=lambda one: f"{one['field']} {one['normalized']}")
def test_metas_own_examples_get_metas_own_hashes(vector):
    field = vector["field"]
    text = (vector["input"] or DERIVED[field]).removesuffix(" (US)")
    region = "GB" if vector["normalized"] == "m11ae" else "US"
    assert meta.HASHED[field](text, region) == vector["normalized"]
    assert meta.hashed(field, text, region) == vector["sha256"] == sha(vector["normalized"])


def test_what_must_be_hashed_is_and_what_must_not_be_is_not():
    assert set(DOCS["hash_required"]) | set(DOCS["hash_recommended"]) == set(meta.HASHED)
    assert set(DOCS["must_not_hash"]) == set(NEVER_HASHED)
    given = dict.fromkeys(NEVER_HASHED, "x1") | {"client_ip_address": "203.0.114.9", "lead_id": "123456789012345", "fb_login_id": "42",
                                                 "fbc": f"fb.1.{int(NOW.timestamp() * 1000)}.IwAR0AbC"}  # fmt: skip
    data, findings = sent(**given)
    assert {name: str(value) for name, value in data.items()} == given and not findings
    assert (data["lead_id"], data["fb_login_id"]) == (123456789012345, 42)
    assert sent(fbp=HEX, lead_id=HEX)[0] == {}, "hashed by mistake, they would match nobody"


@pytest.mark.parametrize("combination", DOCS["invalid_only_combinations"], ids=" ".join)
def test_combinations_that_match_nobody_are_known(combination):
    assert meta.is_too_little(dict.fromkeys(combination, "x"))
    assert meta.is_too_little({combination[0]: "x"})
    assert not meta.is_too_little({**dict.fromkeys(combination, "x"), "em": ["x"]})
    assert meta.is_too_little({})


PHONES = [
    ("(650) 555-1212", "US", "16505551212"),
    ("650.555.1212", "US", "16505551212"),
    ("+49 30/1234567", "US", "49301234567"),
    ("030 1234567", "DE", "49301234567"),
    ("0049 30 1234567", "DE", "49301234567"),
    ("07911 123456", "GB", "447911123456"),
    ("+44 (0)7911 123456", "", "447911123456"),
    ("(650) 555-1212", "", None),
    ("07911 123456", "", None),
    ("0000000000", "US", None),
    ("12", "US", None),
    ("call me", "US", None),
]


@pytest.mark.parametrize(("text", "region", "expected"), PHONES)
def test_a_phone_has_a_country_code_or_is_left_out(text, region, expected):
    data, findings = sent(region, ph=text)
    assert data.get("ph") == ([sha(expected)] if expected else None)
    assert [one.field for one in findings] == ([] if expected else ["ph"])
    assert not any(text in one.sentence for one in findings), "a finding never quotes the person"


@pytest.mark.parametrize(
    ("field", "text", "region", "expected"),
    [
        ("em", " Mary.Ann+x@Gmail.com ", "", "mary.ann+x@gmail.com"),
        ("em", "nobody", "", None),
        ("fn", "O'Brien", "", "obrien"),
        ("ln", "van der Berg", "", "vanderberg"),
        ("fn", "Vale\u0301ry", "", "valéry"),
        ("fn", "--", "", None),
        ("ge", "Female", "", "f"),
        ("ge", "unknown", "", None),
        ("db", "1997-02-16", "", "19970216"),
        ("db", "19970216", "", "19970216"),
        ("db", "16.2.1997", "", "19970216"),
        ("db", "2/3/1997", "US", "19970203"),
        ("db", "2/3/1997", "GB", "19970302"),
        ("db", "2/3/1997", "", None),
        ("db", "1997-02-30", "", None),
        ("ct", "St. Louis", "", "stlouis"),
        ("st", "Tennessee", "US", "tn"),
        ("st", "New South Wales", "AU", "newsouthwales"),
        ("zp", "94035-1234", "US", "94035"),
        ("zp", "1010 AB", "NL", "1010ab"),
        ("country", "USA", "", "us"),
        ("country", "uk", "", "gb"),
        ("country", "Narnia", "", None),
        ("external_id", " crm-7A ", "", "crm-7A"),
    ],
)
def test_each_field_is_normalised_as_the_page_says(field, text, region, expected):
    data, _ = sent(region, **{field: text})
    assert data.get(field) == ([sha(expected)] if expected else None)


def test_no_hash_of_nothing_is_ever_sent():
    assert meta.EMPTY_HASH.startswith("e3b0c442")
    data, findings = sent(em=meta.EMPTY_HASH)
    assert data == {} and findings[0].code == "left_out"
    assert person_of({"email": " ", "ph": [""], "fn": None}, click_id_is="fbclid").known == {}


def test_a_hash_passes_as_it_is_and_is_told():
    data, findings = sent(em=HEX.upper())
    assert data["em"] == [HEX] and findings[0].code == "came_hashed"
    assert sent(em="d41d8cd98f00b204e9800998ecf8427e")[0] == {}, "MD5 is nothing that Meta matches"


@pytest.mark.parametrize(
    ("country", "region", "text", "expected"),
    [
        ("Austria", "DE", "0664 1234567", "+436641234567"),
        ("at", "DE", "0664 1234567", "+436641234567"),
        ("Österreich", "", "0664 1234567", "+436641234567"),
        ("uk", "US", "07911 123456", "+447911123456"),
        ("Austria", "DE", "+49 30/1234567", "+49301234567"),
        ("", "DE", "030 1234567", "+49301234567"),
        ("", "de", "030 1234567", "+49301234567"),
        ("Narnia", "DE", "030 1234567", None),
        ("Narnia", "DE", "+49 30/1234567", "+49301234567"),
        ("Antarctica", "DE", "030 1234567", None),
        ("US", "DE", "030 1234567", None),
    ],
)
def test_a_phone_is_read_as_dialled_in_the_persons_own_country(country, region, text, expected):
    person = Person({name: (value,) for name, value in (("ph", text), ("country", country)) if value})
    data, findings = meta.user_data(person, region=region, now=NOW)
    assert data.get("ph") == ([sha(expected[1:])] if expected else None)
    assert ("ph" in [one.field for one in findings]) == (expected is None)
    found, _ = google.identifiers(person, region=region)
    assert found == ([{"phoneNumber": sha(expected)}] if expected else [])


def test_no_country_is_made_up_from_the_default_region():
    assert set(sent("DE", em="a@b.de", ph="+447911123456")[0]) == {"em", "ph"}
    assert sent("DE", em="a@b.de", country="uk")[0]["country"] == [sha("gb")]
    named = Person({"fn": ("Mary",), "ln": ("Smith",), "zp": ("94035",)})
    assert google.identifiers(named, region="US")[0] == []


def test_dates_states_and_postal_codes_are_read_as_in_the_persons_own_country():
    assert sent("GB", db="2/3/1997", country="US")[0]["db"] == [sha("19970203")]
    assert sent("GB", zp="94035-123", country="US")[0]["zp"] == [sha("94035")]
    assert sent("US", st="WA", country="Australia")[0]["st"] == [sha("wa")]


@pytest.mark.parametrize(("age", "kept"), [(timedelta(days=1), True), (timedelta(days=91), False)])
def test_a_click_id_keeps_its_letters_and_the_moment_it_was_seen(age, kept):
    seen = NOW - age
    data, findings = meta.user_data(Person({"fbclid": ("IwAR0AbC",)}, seen), region="", now=NOW)
    assert data.get("fbc") == (f"fb.1.{int(seen.timestamp() * 1000)}.IwAR0AbC" if kept else None)
    assert bool(findings) != kept
    assert meta.user_data(Person({"fbclid": ("IwAR0AbC",)}), region="", now=NOW)[0] == {}, "never dated by guess"


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.3", "::1", "not one"])
def test_only_a_public_address_is_sent(address):
    assert sent(client_ip_address=address)[0] == {}


def test_plain_names_and_metas_names_say_the_same():
    plain = person_of({"email": "a@b.co", "phone": "1", "ip": "8.8.8.8", "click_id": "AbC"}, click_id_is="fbclid")
    metas = person_of({"user_data": {"em": ["a@b.co"], "ph": "1", "client_ip_address": "8.8.8.8", "fbclid": "AbC"}}, click_id_is="gclid")  # fmt: skip
    assert plain == metas
    assert person_of({"click_id": "fb.1.1700000000000.AbC"}, click_id_is="gclid").known == {"fbc": ("fb.1.1700000000000.AbC",)}  # fmt: skip


@pytest.mark.parametrize(
    ("text", "expected"),
    [("Mary.Ann+x@Gmail.com", "maryann@gmail.com"), ("a.b+c@googlemail.com", "ab@googlemail.com"), ("a.b+c@corp.com", "a.b+c@corp.com")],
)  # fmt: skip
def test_google_drops_what_meta_keeps(text, expected):
    assert google.email(text) == expected
    person = Person({"em": (text,), "ph": ("(650) 555-1212",)})
    found, _ = google.identifiers(person, region="US")
    assert found == [{"emailAddress": sha(expected)}, {"phoneNumber": sha("+16505551212")}]
    assert google.identifiers(person, region="")[1][0].field == "ph"


def test_names_reach_google_only_with_a_country_and_a_postal_code():
    whole = {"fn": ("Mary Ann",), "ln": ("Smith",), "zp": ("94035",), "country": ("USA",)}
    found, _ = google.identifiers(Person(whole), region="")
    assert found == [{"address": {"givenName": sha("mary ann"), "familyName": sha("smith"), "regionCode": "US", "postalCode": "94035"}}]  # fmt: skip
    assert google.identifiers(Person(whole | {"zp": ()}), region="US")[0] == []


def test_a_value_that_is_left_out_raises_where_it_is_asked_for_alone():
    with pytest.raises(LeftOut, match="country code"):
        meta.phone("650 555 1212", "")
