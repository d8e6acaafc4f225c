"""Text as people and programs paste it, without what nobody sees."""

from __future__ import annotations

import re
import unicodedata

_IN_BRACKETS = re.compile(r"<([^<>]*)>\s*$")
_AROUND = " \t<>\"',;."


def visible(text: str) -> str:
    """The text without invisible characters (zero-width spaces, byte-order marks, soft hyphens, marks of direction), trimmed.

    Spaces of any kind become plain ones. Joiners between letters go too: no e-mail address, number or id holds one.
    """
    if text.isascii() and text.isprintable():
        return text.strip()
    shown = (" " if sign.isspace() else sign for sign in text if sign.isspace() or unicodedata.category(sign)[0] != "C")
    return "".join(shown).strip()


def address(text: str) -> str:
    """An e-mail address in lower case, out of what holds one: `mailto:` links, `Mary <mary@example.com>`, a comma after it."""
    shown = visible(text)
    named = _IN_BRACKETS.search(shown)
    shown = (named[1] if named else shown).strip(_AROUND).lower()
    if shown.startswith("mailto:"):
        shown = shown.removeprefix("mailto:").partition("?")[0].replace("%40", "@")
    return shown.strip(_AROUND)
