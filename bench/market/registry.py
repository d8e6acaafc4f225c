"""Every policy by the name it is printed under."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.market.peers.equal import Equal
from bench.market.peers.proportional import Proportional
from bench.market.policy import Policy

PEERS: Mapping[str, Callable[[], Policy]] = {
    "proportional to ROAS^1.5": lambda: Proportional(1.5),
    "proportional to ROAS": lambda: Proportional(1.0),
    "equal split": Equal,
}


def make_policy(name: str) -> Policy:
    """`own`, `own key=value …` with the engine's switches, or a peer."""
    if name.split()[0] == "own":
        from bench.market.own import Own  # the peers' interpreter has no product

        return Own(**{key: _value(text) for key, text in (switch.split("=") for switch in name.split()[1:])})
    return PEERS[name]()


def _value(text: str) -> object:
    if text in ("True", "False"):
        return text == "True"
    return None if text == "None" else float(text)
