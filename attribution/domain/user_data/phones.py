from __future__ import annotations

import re

import phonenumbers

from attribution.domain.user_data.findings import LeftOut
from attribution.domain.user_data.spelling import visible

FLOAT, ROUNDED = re.compile(r"\d+\.0", re.ASCII), re.compile(r"\d[\d.,]*[eE]\+?\d+", re.ASCII)
"""A number as spreadsheets export it: 491701234567.0 and 4.91701E+11."""


def international(text: str, region: str) -> str:
    """A phone number as +<country code><number> (E.164). LeftOut where its country is unknown or it cannot exist.

    Without a country code it is read as dialled inside `region` (see `home_region`; empty: no such guess is allowed). Digits that
    begin with the region's code may hold it already, with the plus lost on the way: where both readings are numbers, only the one of a
    mobile phone is taken, else LeftOut.
    """
    text = visible(text)
    if ROUNDED.fullmatch(text):
        raise LeftOut("a spreadsheet has rounded it")
    text = text.removesuffix(".0") if FLOAT.fullmatch(text) else text
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as problem:
        if problem.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not region:
            raise LeftOut(
                "it has no country code, and neither the person's country nor a default region is known"
            ) from None
        raise LeftOut("it cannot be read as a phone number") from None
    readings = [one for one in (number, _with_plus(text, region)) if one and phonenumbers.is_valid_number(one)]
    if not readings:
        raise LeftOut("no such phone number exists")
    *others, last = readings
    if others and others[0] != last and not (_is_mobile(last) and not _is_mobile(others[0])):
        raise LeftOut("nobody can tell whether it begins with its country code: write it with a plus")
    return phonenumbers.format_number(last, phonenumbers.PhoneNumberFormat.E164)


def _is_mobile(number: phonenumbers.PhoneNumber) -> bool:
    return phonenumbers.number_type(number) == phonenumbers.PhoneNumberType.MOBILE


def _with_plus(text: str, region: str) -> phonenumbers.PhoneNumber | None:
    """The number if its digits begin with the region's country code, and only the plus is missing."""
    digits = phonenumbers.normalize_digits_only(text)
    code = str(phonenumbers.country_code_for_region(region)) if region else ""
    if not code or "+" in text or not digits.startswith(code):
        return None
    try:
        return phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return None
