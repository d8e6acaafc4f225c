"""The memory as a dict of arrays, and back."""

from __future__ import annotations

from dataclasses import asdict, fields

import numpy as np
from numpy.typing import NDArray

from sampler.domain.portfolio.columns import account_columns, ad_columns
from sampler.domain.portfolio.config import PortfolioConfig
from sampler.domain.portfolio.creative_prior import CreativePrior, Pulls
from sampler.domain.portfolio.interval_width import Width
from sampler.domain.portfolio.memory import Memory
from sampler.domain.portfolio.noise import Noise
from sampler.domain.portfolio.table import Column, Table

NUMBERS = ("seed", "level_start", "level_variance", "slope", "wear", "shape", "dimensions")
MAYBE = ("today", "reference")
ARRAYS = ("vector_mean", "vector_scale", "gone_ids", "gone_days")
RECORDS = {"noise": Noise, "width": Width, "config": PortfolioConfig}
PULLS = ("level_pulls", "rate_pulls")
PRIORS = ("level_prior", "rate_prior")


def as_arrays(memory: Memory) -> dict[str, NDArray]:
    arrays = {name: np.array(getattr(memory, name)) for name in (*NUMBERS, *ARRAYS)}
    arrays |= {name: np.array([] if (value := getattr(memory, name)) is None else [value]) for name in MAYBE}
    for name in RECORDS:
        arrays |= {f"{name}.{part}": np.array(value) for part, value in asdict(getattr(memory, name)).items()}
    for name in PULLS:
        pulls = getattr(memory, name)
        arrays |= {f"{name}.account": np.array(pulls.account), f"{name}.feature": pulls.feature.copy()}
    for name in PRIORS:
        if (prior := getattr(memory, name)) is not None:
            arrays |= {f"{name}.{part.name}": getattr(prior, part.name).copy() for part in fields(CreativePrior)}
    for name in ("ads", "accounts"):
        arrays |= {f"{name}.{column}": values for column, values in getattr(memory, name).state().items()}
    return arrays


def from_arrays(arrays: dict[str, NDArray]) -> Memory:
    """KeyError for a part that is missing."""
    config = _record(arrays, "config")
    ads, accounts = ad_columns(config.horizon), account_columns(config.horizon)
    if "ads.vector" in arrays:
        ads["vector"] = Column(np.nan, arrays["ads.vector"].shape[1:])
    memory = Memory(config, int(arrays["seed"]), Table.restore(ads, part_of(arrays, "ads")), Table.restore(accounts, part_of(arrays, "accounts")))  # fmt: skip
    for name in NUMBERS:
        setattr(memory, name, arrays[name].item())
    for name in MAYBE:
        setattr(memory, name, arrays[name][0].item() if len(arrays[name]) else None)
    for name in ARRAYS:
        setattr(memory, name, np.array(arrays[name]))
    memory.noise, memory.width = _record(arrays, "noise"), _record(arrays, "width")
    for name in PULLS:
        setattr(memory, name, Pulls(arrays[f"{name}.account"].item(), np.array(arrays[f"{name}.feature"])))
    for name in PRIORS:
        part = part_of(arrays, name)
        setattr(memory, name, CreativePrior(**part) if part else None)
    return memory


def _record(arrays: dict[str, NDArray], name: str) -> object:
    return RECORDS[name](**{part: value.item() for part, value in part_of(arrays, name).items()})


def under(name: str, arrays: dict[str, NDArray]) -> dict[str, NDArray]:
    return {f"{name}.{key}": values for key, values in arrays.items()}


def part_of(arrays: dict[str, NDArray], name: str) -> dict[str, NDArray]:
    return {key[len(name) + 1 :]: np.array(value) for key, value in arrays.items() if key.startswith(f"{name}.")}
