"""All that was asked for, two processes at a time; packages run in the peers' interpreter."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from tqdm import tqdm

from bench.market.job import ORACLE
from bench.market.registry import EQUAL, PACKAGES
from bench.market.trial import Trial
from bench.peers_environment import ROOT, peers_python

PROCESSES = 2
ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")


@dataclass
class Season:
    """What came of it, by scenario, policy and seed."""

    seeds: tuple[int, ...]
    trials: dict[tuple[str, str, int], Trial] = field(default_factory=dict)
    failures: dict[str, str] = field(default_factory=dict)
    """By policy: why it could not play."""

    def play(self, scenario: str, policies: Iterable[str]) -> None:
        """Lets these play on all seeds, beside the oracle and an equal split. What has been played is not played again."""
        wanted = dict.fromkeys((ORACLE, EQUAL, *policies))
        jobs = []
        for seed in self.seeds:
            missing = [name for name in wanted if (scenario, name, seed) not in self.trials]
            for python, names in (
                (Path(sys.executable), [name for name in missing if name not in PACKAGES]),
                (None, [name for name in missing if name in PACKAGES]),
            ):
                if names:
                    jobs.append((python or peers_python(), scenario, seed, names))
        with ThreadPoolExecutor(PROCESSES) as pool:
            played = tqdm(pool.map(lambda job: _run(*job), jobs), scenario, len(jobs), leave=False)
            for job, lines in zip(jobs, played, strict=True):
                self._keep(job[1], job[2], lines)

    def _keep(self, scenario: str, seed: int, lines: list[dict]) -> None:
        for line in lines:
            if "failed" in line:
                self.failures[line["policy"]] = line["failed"]
            else:
                self.trials[scenario, line["policy"], seed] = Trial(**line["trial"])

    def of(self, scenario: str, policy: str) -> list[Trial]:
        return [self.trials[scenario, policy, seed] for seed in self.seeds]

    def played(self, scenario: str, policy: str) -> bool:
        return all((scenario, policy, seed) in self.trials for seed in self.seeds)

    def shares(self, scenario: str, policy: str, days: slice = slice(None)) -> np.ndarray:
        """By seed: revenue over the oracle's, on these evaluated days."""
        pairs = zip(self.of(scenario, policy), self.of(scenario, ORACLE), strict=True)
        return np.array([sum(trial.revenue[days]) / sum(best.revenue[days]) for trial, best in pairs])

    def lift(self, scenario: str, policy: str) -> float:
        """Of what the oracle earns more than an equal split."""
        equal = self.shares(scenario, EQUAL)
        return float(((self.shares(scenario, policy) - equal) / (1 - equal)).mean())


def _run(python: Path, scenario: str, seed: int, policies: list[str]) -> list[dict]:
    task = json.dumps({"scenario": scenario, "seed": seed, "policies": policies})
    asked = subprocess.run(
        [python, "-m", "bench.market.job"], check=False, cwd=ROOT, input=task, text=True, capture_output=True,
        env={**os.environ, **ONE_THREAD},
    )  # fmt: skip
    if asked.returncode:
        raise RuntimeError(f"{scenario}, seed {seed}: {asked.stderr[-2000:]}")
    return [json.loads(line) for line in asked.stdout.splitlines() if line.startswith('{"policy"')]
