"""Identifiers of people become keyed hashes the moment they enter: 8 bytes of HMAC-SHA256, different in every workspace."""

from __future__ import annotations

import ipaddress

from stratum.core.crypto import keyed_hash

KEYS = ("click", "anonymous", "fingerprint", "ip", "email")


def _network(ip: str) -> str:
    """An IPv4 address whole, an IPv6 one as its /64 (the rest changes by the day); text that is no address stays text."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ip
    return str(address) if address.version == 4 else str(ipaddress.ip_network(f"{address}/64", strict=False))


# A click id is case-sensitive, an e-mail address is not.
NORMALISE = {"email": lambda text: text.lower(), "ip": _network}


def hashed(workspace_id: int, key: str, value: str | None) -> int | None:
    """The hash that stands for one identifier, or None where there is none. `key` is one of KEYS."""
    text = (value or "").strip()
    if not text:
        return None
    text = NORMALISE.get(key, lambda same: same)(text)
    return int.from_bytes(keyed_hash(workspace_id, key, text)[:8], "big", signed=True)


def hashes(workspace_id: int, values: dict[str, str | None]) -> dict[str, int | None]:
    """`{"click_hash": …, "anonymous_hash": …, …}` from raw values under the names in KEYS."""
    return {f"{key}_hash": hashed(workspace_id, key, values.get(key)) for key in KEYS}
