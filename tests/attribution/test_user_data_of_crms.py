"""What is sent about a person whose fields are written as CRMs, spreadsheets and copied text have them."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, timedelta

import phonenumbers
import pytest

from attribution.domain.readiness.value_quality import flaw_of
from attribution.domain.user_data import google, meta
from attribution.domain.user_data.countries import country_code
from attribution.domain.user_data.findings import LeftOut
from attribution.domain.user_data.person import Person, person_of
from attribution.domain.user_data.phones import international
from attribution.identity import hashed, keys_naming

NOW = datetime(2026, 11, 20, 12, tzinfo=UTC)


def sha(text):
    return hashlib.sha256(text.encode()).hexdigest()


def sent(region="", **known):
    return meta.user_data(Person({name: (value,) for name, value in known.items()}), region=region, now=NOW)


@pytest.mark.parametrize(
    ("digits", "region", "expected"),
    [
        ("491701234567", "DE", "+491701234567"),
        ("49 (170) 1234567", "DE", "+491701234567"),
        ("62812345678", "ID", "+62812345678"),
        ("46701234567", "SE", "+46701234567"),
        ("436641234567", "AT", "+436641234567"),
        ("16505551212", "US", "+16505551212"),
        ("5511961234567", "BR", "+5511961234567"),
        ("393123456789", "IT", "+393123456789"),
        ("468123456", "SE", None),
        ("491701234567.0", "DE", "+491701234567"),
        ("4.91701E+11", "DE", None),
        ("0170 1234567", "DE", "+491701234567"),
        ("\u200b+49 170 1234567\u00a0", "", "+491701234567"),
    ],
)
def test_digits_that_hold_the_country_code_never_get_it_twice(digits, region, expected):
    data, findings = sent(region, ph=digits)
    found, _ = google.identifiers(Person({"ph": (digits,)}), region=region)
    assert data.get("ph") == ([sha(expected[1:])] if expected else None)
    assert found == ([{"phoneNumber": sha(expected)}] if expected else [])
    assert [one.field for one in findings] == ([] if expected else ["ph"])


@pytest.mark.parametrize("kind", [phonenumbers.PhoneNumberType.MOBILE, phonenumbers.PhoneNumberType.FIXED_LINE])
def test_no_countrys_numbers_are_read_as_others_without_their_plus(kind):
    read = 0
    for region in sorted(phonenumbers.SUPPORTED_REGIONS):
        number = phonenumbers.example_number_for_type(region, kind)
        if number and phonenumbers.is_valid_number_for_region(number, region):
            right = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
            as_dialled = phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL)
            assert international(as_dialled, region) == right
            try:
                assert international(right[1:], region) == right
                read += 1
            except LeftOut:
                assert region in ("DE", "ID", "SE", "XK")
    assert read > 200


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a@example.com\u200b", "a@example.com"),
        ("\ufeffa@exam\u00adple.com", "a@example.com"),
        ("\u00a0A@Example.com\u2060 ", "a@example.com"),
        ("mailto:a@example.com", "a@example.com"),
        ("MAILTO:a@example.com?subject=Hello", "a@example.com"),
        ("Ann <a@example.com>", "a@example.com"),
        ("<mailto:a@example.com>;", "a@example.com"),
        ("a@example.com, b@example.com", None),
    ],
)
def test_an_address_is_hashed_without_what_nobody_sees(text, expected):
    assert sent(em=text)[0].get("em") == ([sha(expected)] if expected else None)
    found, _ = google.identifiers(Person({"em": (text,)}), region="")
    assert found == ([{"emailAddress": sha(expected)}] if expected else [])
    if expected:
        assert hashed(1, "email", text) == hashed(1, "email", expected), "touches and erased people are found by it"


def test_invisible_characters_are_stripped_from_every_field():
    for field, text in (("fn", "Mary"), ("ct", "Boston"), ("zp", "02138"), ("country", "US"), ("external_id", "c7"), ("db", "1997-02-16")):  # fmt: skip
        assert sent("US", **{field: f"\u200b{text[:2]}\u00ad{text[2:]}\ufeff"})[0] == sent("US", **{field: text})[0]
    assert sent(em="\u200b" + "a" * 64)[0]["em"] == ["a" * 64]
    assert person_of({"email": "\u200b"}, click_id_is="fbclid").known == {}
    address = google.identifiers(Person({"fn": ("Ma\u200bry",), "ln": ("Lee",), "zp": ("94035",), "country": ("US",)}), region="")[0]  # fmt: skip
    assert address[0]["address"]["givenName"] == sha("mary")


COUNTRIES = {
    "cz": ["Czechia", "Czech Republic", "CZE", "Česko", "Tschechien"],
    "se": ["SWE", "Sverige"],
    "pl": ["POL", "Polska"],
    "tr": ["Turkiye", "TÜRKİYE", "Turkey"],
    "mk": ["North Macedonia", "Macedonia"],
    "sz": ["Eswatini", "Swaziland"],
    "kr": ["Korea, Republic of", "Republic of Korea", "South Korea", "Korea (Republic of)", "Korea, South", "KOR"],
    "kp": ["Korea, Democratic People's Republic of", "Korea (North)"],
    "ba": ["Bosnia & Herzegovina", "Bosnia and Herzegovina", "BIH"],
    "re": ["Réunion", "Reunion"],
    "mo": ["Macau", "Macao", "Macao SAR China"],
    "cv": ["Cabo Verde", "Cape Verde"],
    "ci": ["Côte d’Ivoire", "Cote d'Ivoire", "Ivory Coast"],
    "vn": ["Viet Nam", "Vietnam"],
    "ru": ["Russian Federation", "Russia"],
    "cd": ["Congo, The Democratic Republic of the", "DR Congo", "Congo (DRC)"],
    "mm": ["Myanmar (Burma)"],
    "lc": ["St. Lucia", "Saint Lucia"],
    "gb": ["UK", "Great Britain (UK)", "England", "GBR"],
    "us": ["U.S.A.", "United States of America", "United States (US)", "USA\u200b"],
    "nl": ["The Netherlands", "Pays-Bas", "Niederlande"],
    "at": ["Österreich", "AUT"],
    "bo": ["Bolivia (Plurinational State of)", "Bolivia"],
    None: ["Narnia", "EU", "Paris, France", "Georgia, US", "Korea & Japan", "", "(", "-"],
}


@pytest.mark.parametrize(("code", "names"), COUNTRIES.items())
def test_a_country_is_known_by_the_names_that_crms_hold(code, names):
    assert {name: country_code(name) for name in names} == dict.fromkeys(names, code)


@pytest.mark.parametrize(
    ("text", "country", "expected"),
    [
        ("2138", "US", "02138"),
        ("2138-1234", "United States", "02138"),
        ("21381234", "US", "02138"),
        ("021381234", "US", "02138"),
        ("94035 1234", "US", "94035"),
        ("601", "Puerto Rico", "00601"),
        ("2138.0", "US", "02138"),
        ("0213", "DE", "00213"),
        ("1067", "DE", "01067"),
        ("187", "IT", "00187"),
        ("150", "NO", "0150"),
        ("600000", "JP", "0600000"),
        ("1010 AB", "NL", "1010ab"),
        ("1010", "AT", "1010"),
        ("213812", "US", None),
        ("12", "US", None),
        ("M1 1AE", "US", "m11ae"),
    ],
)
def test_a_postal_code_gets_back_the_zero_that_a_spreadsheet_took(text, country, expected):
    data, findings = sent(country=country, zp=text)
    assert data.get("zp") == ([sha(expected)] if expected else None)
    assert [one.field for one in findings] == ([] if expected else ["zp"])
    person = Person({"fn": ("Ann",), "ln": ("Lee",), "zp": (text,), "country": (country,)})
    found, _ = google.identifiers(person, region="")
    told = found[0]["address"]["postalCode"] if found else None
    assert (told or "").replace(" ", "").lower() == (expected or "")


def fbc(at):
    return f"fb.1.{int(at.timestamp() * 1000)}.IwAR0AbC"


LATER, EARLIER = NOW + timedelta(days=1), NOW - timedelta(days=1)


@pytest.mark.parametrize(
    ("known", "clicked_at", "kept"),
    [
        ({"fbc": (fbc(LATER),)}, None, False),
        ({"fbc": (fbc(NOW - timedelta(minutes=30)),)}, None, False),
        ({"fbc": (fbc(EARLIER),)}, None, True),
        ({"fbclid": ("IwAR0AbC",)}, datetime(2027, 3, 1, tzinfo=UTC), False),
        ({"fbclid": ("IwAR0AbC",)}, NOW - timedelta(minutes=59, seconds=30), True),
        ({"fbclid": ("IwAR0AbC",)}, NOW - timedelta(minutes=30), False),
    ],
)
def test_a_click_after_the_event_or_in_the_future_is_left_out(known, clicked_at, kept):
    data, findings = meta.user_data(Person(known, clicked_at), region="", now=NOW, happened_at=NOW - timedelta(hours=1))
    assert ("fbc" in data) == kept
    assert [(one.field, one.code) for one in findings] == ([] if kept else [(*known, "left_out")])


def test_event_quality_says_that_a_click_is_in_the_future():
    for name, value in (("fbclid", "IwAR0AbC"), ("gclid", "Cj0KCQabc"), ("wbraid", "abc")):
        person = Person({name: (value,)}, LATER)
        assert "future" in flaw_of(name, person, {}, region="", now=NOW)
        assert flaw_of(name, Person({name: (value,)}, EARLIER), {}, region="", now=NOW) == ""


@pytest.mark.parametrize(
    ("erased", "named_later", "country"),
    [
        ({"em": "a@example.com"}, {"em": "MAILTO:A@example.com\u200b"}, ""),
        ({"ph": "+49 170 1234567"}, {"ph": "491701234567"}, "DE"),
        ({"ph": "0170 1234567"}, {"ph": "49 170 1234567"}, "DE"),
        ({"external_id": "c7"}, {"external_id": "\ufeffc7"}, ""),
    ],
)
def test_who_was_erased_is_known_in_every_spelling(erased, named_later, country):
    first, later = (Person({name: (value,) for name, value in known.items()}) for known in (erased, named_later))
    assert keys_naming(1, first, country) & keys_naming(1, later, country)
