"""Every policy by the name it is printed under."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from bench.market.peers.best_share import BestShare
from bench.market.peers.blended import Blended
from bench.market.peers.budgeted_thompson import BudgetedThompson
from bench.market.peers.contextual_slots import Contextual
from bench.market.peers.equal import Equal
from bench.market.peers.gaussian_campaigns import GaussianCampaigns
from bench.market.peers.mabwiser_slots import Mabwiser
from bench.market.peers.mix_model import MixModel
from bench.market.peers.proportional import Proportional
from bench.market.peers.raw_optimiser import RawOptimiser
from bench.market.peers.river_slots import River
from bench.market.peers.rules import Rules
from bench.market.peers.vowpal_slots import Vowpal
from bench.market.policy import Policy

EQUAL, AS_TOLD = "equal split", "as told"
PEERS: Mapping[str, Callable[[], Policy]] = {
    "blended score^2": lambda: Blended(2.0),
    "blended score": lambda: Blended(1.0),
    "proportional to ROAS^1.5": lambda: Proportional(1.5),
    "proportional to ROAS": lambda: Proportional(1.0),
    "AdComB-Mean": lambda: GaussianCampaigns(draws=False),
    "AdComB-TS": lambda: GaussianCampaigns(draws=True),
    "rules ±20 %": lambda: Rules(pauses=False),
    "rules ±20 %, pausing": lambda: Rules(pauses=True),
    "budgeted Thompson": BudgetedThompson,
    "Thompson, share = P(best)": BestShare,
    "raw ROAS, exact optimiser": RawOptimiser,
    EQUAL: Equal,
}
PACKAGES: Mapping[str, Callable[[], Policy]] = {
    "mix model, SLSQP": MixModel,
    "mabwiser Thompson": lambda: Mabwiser("thompson"),
    "mabwiser UCB1": lambda: Mabwiser("ucb1"),
    "mabwiser epsilon-greedy": lambda: Mabwiser("epsilon"),
    "mabwiser softmax": lambda: Mabwiser("softmax"),
    "river Thompson": lambda: River("thompson"),
    "river UCB": lambda: River("ucb"),
    "contextualbandits LinUCB": lambda: Contextual("ucb"),
    "contextualbandits LinTS": lambda: Contextual("thompson"),
    "Vowpal Wabbit softmax": lambda: Vowpal("--softmax --lambda 3"),
    "Vowpal Wabbit squarecb": lambda: Vowpal("--squarecb"),
}
"""These drive a package, and run in the peers' interpreter."""


def make_policy(name: str) -> Policy:
    """`own`, `own key=value …` with the engine's switches, `as told` with what the product tells it, or a peer."""
    if name == AS_TOLD or name.split()[0] == "own":
        from bench.market.own import AsTold, Own  # the peers' interpreter has no product

        if name == AS_TOLD:
            return AsTold()
        return Own(**{key: _value(text) for key, text in (switch.split("=") for switch in name.split()[1:])})
    return (PEERS | PACKAGES)[name]()


def _value(text: str) -> object:
    if text in ("True", "False"):
        return text == "True"
    return None if text == "None" else float(text)
