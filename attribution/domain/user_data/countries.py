"""Countries by the names that CRMs hold: ISO 3166's own, its three letters, everyday English, other languages, older names."""

from __future__ import annotations

import gettext
import re
import unicodedata
from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import pycountry

from attribution.domain.user_data.spelling import visible

_ALSO = """
us u.s. | us u.s.a. | us america | gb uk | gb u.k. | gb great britain | gb england | gb scotland | gb wales | gb northern ireland | ie eire
nl holland | kr korea | kr republic of korea | kp north korea | hk hong kong sar | hk hong kong sar china | mo macau | mo macau sar
mo macau sar china | mo macao sar china | za rsa | ae uae | cz czech republic | mk macedonia | mk fyrom | mk the former yugoslav republic of macedonia
cv cape verde | sz swaziland | ci ivory coast | tr turkey | tl east timor | mm burma | fm micronesia | va vatican | va vatican city
cd the democratic republic of congo | cd dr congo | cd drc | cd congo-kinshasa | cg congo-brazzaville | cg republic of the congo | bn brunei
sh saint helena | bq bonaire, sint eustatius and saba | bq caribbean netherlands | sx sint maarten | mf saint martin | fk falkland islands
cc cocos islands | ps palestine | tf french southern territories | vi u.s. virgin islands | vg british virgin islands | vi us virgin islands
cn people's republic of china | cn prc | cn mainland china | tw taiwan | ru russia | sy syria | ir iran | la laos | md moldova | vn vietnam
ie republic of ireland | pn pitcairn islands | cz tschechien | cz czech rep. | do dominican rep. | cd congo (drc) | gb großbritannien | ru россия | ru russland | ru russie | ru rusia
"""
"""What is often written and not in ISO's table: everyday and older names."""
LANGUAGES = (
    "ar", "bg", "ca", "cs", "da", "de", "el", "es", "et", "fi", "fr", "he", "hr", "hu", "id", "it", "ja", "ko", "lt", "lv", "nb_NO", "nl", "pl",
    "pt", "pt_BR", "ro", "ru", "sk", "sl", "sr", "sv", "th", "tr", "uk", "vi", "zh_CN", "zh_TW",
)  # fmt: skip
"""Languages in which CRMs of their countries name countries."""


def _key(text: str) -> str:
    """Lower case, without accents, signs and "the"; "&" and "St." in words."""
    plain = unicodedata.normalize("NFKD", visible(text).lower().replace("&", " and ").replace("ı", "i"))
    plain = "".join(sign for sign in plain if unicodedata.category(sign) != "Mn")
    words = re.sub(r"\bst\b\.?", "saint", re.sub(r"\bthe\b", " ", plain))
    return "".join(sign for sign in words if unicodedata.category(sign)[0] in "LMN")


def _forms(name: str) -> Iterator[str]:
    """A name as it is, the right way round ("Korea, Republic of"), and what is in and before its brackets."""
    yield name
    outside, _, inside = name.partition(" (")
    if inside:
        yield from (outside, inside.rstrip(")"))
    first, comma, rest = name.partition(", ")
    if comma and rest.lower().endswith((" of", " of the")):
        yield f"{rest} {first}"


def _names(country: Any) -> list[str]:
    """ISO's short name, the common and the official one, where there are such."""
    named = (getattr(country, name, "") for name in ("name", "common_name", "official_name"))
    return [name for name in named if name]


@lru_cache(maxsize=1)
def _by_name() -> dict[str, str]:
    """Names and codes → ISO 3166-1 alpha-2 in lower case. ISO's own come first; what two countries are called is nobody's name."""
    known: dict[str, str] = {}
    for country in pycountry.countries:
        forms = (form for name in _names(country) for form in _forms(name))
        for word in (country.alpha_2, country.alpha_3, *forms):
            known.setdefault(_key(word), country.alpha_2.lower())
    for entry in _ALSO.replace("\n", " | ").split("|"):
        code, _, name = entry.strip().partition(" ")
        known[_key(name)] = code
    for name, codes in _in_other_languages().items():
        if len(codes) == 1:
            known.setdefault(name, *codes)
    known.pop("", None)
    return known


def _in_other_languages() -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for language in LANGUAGES:
        catalogue = gettext.translation("iso3166-1", pycountry.LOCALES_DIR, languages=[language])
        for country in pycountry.countries:
            for name in _names(country):
                found.setdefault(_key(catalogue.gettext(name)), set()).add(country.alpha_2.lower())
    return found


def country_code(text: str) -> str | None:
    """ISO 3166-1 alpha-2 in lower case from a code or a name; None where it is neither, or two countries could be meant."""
    if not text:
        return None
    if found := _by_name().get(_key(text)):
        return found
    first, mark, rest = re.sub(r"[()]", ",", text).partition(",")
    if not mark:
        return None
    rest = rest.strip(" ,")
    if turned := _by_name().get(_key(f"{rest} {first}")):
        return turned
    both = {_by_name().get(_key(first)), _by_name().get(_key(rest))}
    return both.pop() if len(both) == 1 else None
