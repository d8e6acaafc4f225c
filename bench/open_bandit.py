"""The Open Bandit Dataset (Saito et al., arXiv 2008.07146): impressions of a fashion shop, logged with their propensities."""

from __future__ import annotations

import csv
import gzip
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import yaml

from bench.data_folder import DataMissing, data_folder

SOURCE = (
    "the Open Bandit Dataset, small version: the folder obp/dataset/obd of the Python package obp 0.4.1, or github.com/st-tech/zr-obp; "
    "its files are POLICY/CAMPAIGN/CAMPAIGN.csv or .csv.gz with POLICY random and bts. obp/policy/conf/prior_bts.yaml may lie beside them."
)
CAMPAIGNS = ("all", "men", "women")
RANDOM, BTS = "random", "bts"
COLUMNS = ("item_id", "position", "click", "propensity_score")
DRAWS = 100_000


@dataclass(frozen=True)
class Impressions:
    """All (impressions,): the item shown, the position from 0, whether it was clicked, and the chance it was shown with."""

    item: np.ndarray
    position: np.ndarray
    click: np.ndarray
    propensity: np.ndarray


def obd_folder() -> Path:
    return data_folder("obd", SOURCE)


def campaigns_of(folder: Path) -> list[str]:
    """Those that both policies have a log of. DataMissing without any."""
    found = [name for name in CAMPAIGNS if all(_file(folder, policy, name) for policy in (RANDOM, BTS))]
    if not found:
        raise DataMissing(f"{folder} holds no campaign of both policies: {SOURCE}")
    return found


def impressions(folder: Path, policy: str, campaign: str) -> Impressions:
    path = _file(folder, policy, campaign)
    with gzip.open(path, "rt") if path.suffix == ".gz" else path.open() as lines:
        rows = csv.reader(lines)
        at = _columns(next(rows))
        values = np.array([[float(row[i]) for i in at] for row in rows])
    item, position, click, propensity = values.T
    return Impressions(item.astype(np.int64), position.astype(np.int64) - int(position.min()), click, propensity)


def shown_shares(log: Impressions, items: int) -> np.ndarray:
    """(positions, items): how often a policy showed an item in a position, of what it showed there."""
    shown = np.zeros((int(log.position.max()) + 1, items))
    np.add.at(shown, (log.position, log.item), 1.0)
    return shown / shown.sum(axis=1, keepdims=True)


def prior_shares(folder: Path, campaign: str, positions: int) -> np.ndarray | None:
    """(positions, items): what Bernoulli Thompson sampling shows under the shop's own prior, before it has learnt anything more.

    By `DRAWS` draws. None where the prior's file is not there.
    """
    path = folder / "prior_bts.yaml"
    if not path.exists():
        return None
    prior = yaml.safe_load(path.read_text())[campaign]
    drawn = np.random.default_rng(0).beta(prior["alpha"], prior["beta"], (DRAWS, len(prior["alpha"])))
    top = np.argsort(-drawn, axis=1)[:, :positions]
    return np.array([np.bincount(column, minlength=drawn.shape[1]) for column in top.T]) / DRAWS


def _columns(header: list[str]) -> list[int]:
    return [header.index(name) for name in COLUMNS]


def _file(folder: Path, policy: str, campaign: str) -> Path | None:
    stem = folder / policy / campaign / f"{campaign}.csv"
    return next((path for path in (stem, stem.with_suffix(".csv.gz")) if path.exists()), None)
