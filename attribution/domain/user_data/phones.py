from __future__ import annotations

import phonenumbers

from attribution.domain.user_data.findings import LeftOut


def international(text: str, region: str) -> str:
    """A phone number as +<country code><number> (E.164). LeftOut where its country is unknown or it cannot exist.

    Without a country code it is read as dialled inside `region` (see `home_region`; empty: no such guess is allowed).
    """
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as problem:
        if problem.error_type == phonenumbers.NumberParseException.INVALID_COUNTRY_CODE and not region:
            raise LeftOut(
                "it has no country code, and neither the person's country nor a default region is known"
            ) from None
        raise LeftOut("it cannot be read as a phone number") from None
    if not phonenumbers.is_valid_number(number):
        raise LeftOut("no such phone number exists")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
