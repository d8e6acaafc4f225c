"""Where a person is at home, the states of the USA, and postal codes."""

from __future__ import annotations

import re
import unicodedata

from attribution.domain.user_data.countries import country_code
from attribution.domain.user_data.findings import LeftOut
from attribution.domain.user_data.spelling import visible

_STATES = """
al alabama | ak alaska | az arizona | ar arkansas | ca california | co colorado | ct connecticut | de delaware | dc district of columbia
fl florida | ga georgia | hi hawaii | id idaho | il illinois | in indiana | ia iowa | ks kansas | ky kentucky | la louisiana | me maine
md maryland | ma massachusetts | mi michigan | mn minnesota | ms mississippi | mo missouri | mt montana | ne nebraska | nv nevada
nh new hampshire | nj new jersey | nm new mexico | ny new york | nc north carolina | nd north dakota | oh ohio | ok oklahoma | or oregon
pa pennsylvania | ri rhode island | sc south carolina | sd south dakota | tn tennessee | tx texas | ut utah | vt vermont | va virginia
wa washington | wv west virginia | wi wisconsin | wy wyoming | pr puerto rico
"""


def bare(text: str) -> str:
    """Lower case with letters, marks and digits only; what is not ASCII stays as it is, composed (NFC)."""
    lowered = unicodedata.normalize("NFC", text.strip().lower())
    return "".join(sign for sign in lowered if unicodedata.category(sign)[0] in "LMN")


_STATE_BY_NAME = {
    bare(name): code
    for code, _, name in (entry.strip().partition(" ") for entry in _STATES.strip().replace("\n", " | ").split("|"))
}
STATE_CODES = frozenset(_STATE_BY_NAME.values())
US_POST = frozenset({"US", "PR", "VI", "GU", "AS", "MP"})
"""Where mail has ZIP codes: the USA and its territories."""
DIGITS_OF_CODE = {
    4: ("AU", "DK", "NO", "NZ", "PH", "ZA"),
    5: ("DE", "DZ", "ES", "FI", "FR", "IT", "KR", "LT", "MX", "MY", "PE", "TR", "UA", "VA"),
    6: ("CN", "CO", "KZ", "RO", "SG"),
    7: ("JP",),
}
"""Countries whose postal codes are that many digits and may begin with a zero, which a spreadsheet takes away."""
_LENGTH = {country: length for length, countries in DIGITS_OF_CODE.items() for country in countries}
MOST_LOST_ZEROS = 2
_ZIP = re.compile(r"(\d{3,5})(?:[-\s]+\d{1,4})?|(\d{8,9})", re.ASCII)


def postal_code(text: str, region: str) -> str:
    """Lower case without space or dash, with the zeros that it lost; of a ZIP code the first five digits. LeftOut where it cannot be one."""
    shown = visible(text).removesuffix(".0")
    if region in US_POST or (not region and re.fullmatch(r"\d{5}-\d{4}", shown)):
        if found := _ZIP.fullmatch(shown):
            return found[1].zfill(5) if found[1] else found[2].zfill(9)[:5]
        if not any(sign.isalpha() for sign in shown):
            raise LeftOut("it is not a ZIP code of the USA")
    value, length = bare(shown), _LENGTH.get(region, 0)
    is_short = value.isdecimal() and length - MOST_LOST_ZEROS <= len(value) < length
    return value.zfill(length) if is_short else value


def home_region(country: str, default_region: str) -> str:
    """Where phones, dates, states and postal codes of a person are read as at home (ISO 3166, upper case).

    The person's own country comes before the default region; a country that nobody can read is no place (empty).
    """
    return (country_code(country) or "").upper() if country else default_region.upper()


def us_state(text: str) -> str | None:
    """The two letters of a state of the USA from its code or name; None where it is neither."""
    word = bare(text)
    return _STATE_BY_NAME.get(word) or (word if word in STATE_CODES else None)
