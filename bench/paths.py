"""Attribution models on a million channel paths, beside the packages and the query engines that people use for it."""

from __future__ import annotations

import json
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from bench import path_data
from bench.path_golden import golden_sentence
from bench.path_job import Credits
from bench.peers_environment import ROOT, peers_python
from bench.table import print_table

ROUNDS = 3
FIVE_TARGET, MARKOV_TARGET, PEAK_TARGET = 3e6, 5e6, 450
OWN, PEER = "own", "peer"
# What is printed, in this order: name, whose, job, models that the job computes.
JOBS = (
    ("Stratum, five rules", OWN, "five", 5),
    ("DuckDB, five rules in SQL", PEER, "DuckDB five", 5),
    ("pandas, five rules", PEER, "pandas five", 5),
    ("MAM, five rules", PEER, "MAM five", 5),
    ("Stratum, three rules", OWN, "three", 3),
    ("ChannelAttribution, three rules", PEER, "ChannelAttribution rules", 3),
    ("Stratum, Markov, exact", OWN, "markov", 1),
    ("ChannelAttribution, Markov, simulated", PEER, "ChannelAttribution markov 1", 1),
    ("MAM, Markov, exact", PEER, "MAM markov", 1),
    ("Stratum, Markov of order 2, exact", OWN, "markov 2", 1),
    ("ChannelAttribution, Markov of order 2", PEER, "ChannelAttribution markov 2", 1),
    ("Stratum, Shapley of 20, sampled", OWN, "shapley", 1),
    ("MAM, Shapley, cut to 4 channels", PEER, "MAM shapley", 1),
    ("Stratum, hazard with baseline, learnt", OWN, "hazard", 1),
)


@dataclass(frozen=True)
class Answer:
    seconds: float
    peak: float
    """Megabytes, the input included."""
    credits: Credits

    @property
    def rate(self) -> float:
        return path_data.PATHS / self.seconds


def run() -> None:
    python = {OWN: Path(sys.executable), PEER: peers_python()}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        path_data.make(folder)
        paths = path_data.read(folder)
        print(
            f"{path_data.PATHS:,} paths over {path_data.CHANNELS} channels, {len(paths.channel) / path_data.PATHS:.2f} touches a path, "
            f"{paths.converted.mean():.1%} converting. A process a line, best of {ROUNDS}, processor time of all its threads."
        )
        print(
            "Everybody starts from the shape they take: text for the two packages, a long table for pandas and DuckDB,"
        )
        print("flat arrays for us. Making that shape is not counted; its memory is.\n")
        answers = {title: _ask(python[whose], whose, job, folder) for title, whose, job, _ in JOBS}
        six = _ask(python[PEER], PEER, "MAM six channels", folder)
    rows = [
        (title, count, f"{answers[title].rate:,.0f}", f"{answers[title].seconds:.2f}", f"{answers[title].peak:,.0f}")
        for title, _, _, count in JOBS
    ]
    print_table(("1,000,000 paths", "models", "paths/s a core", "CPU seconds", "peak MB"), rows)
    _accuracy(answers, six)
    print(golden_sentence(), end="\n\n")
    _verdict(answers)


def _ask(python: Path, whose: str, job: str, folder: Path) -> Answer:
    module = "bench.path_own" if whose == OWN else "bench.path_peers"
    command = [python, "-m", module, folder, job, str(ROUNDS)]
    asked = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if asked.returncode:
        raise RuntimeError(f"{job}: {asked.stderr[-2000:]}")
    return Answer(**json.loads(asked.stdout.splitlines()[-1]))


def _accuracy(answers: dict[str, Answer], six: Answer) -> None:
    own = answers["Stratum, five rules"].credits
    rows = []
    for title in (
        "DuckDB, five rules in SQL",
        "pandas, five rules",
        "MAM, five rules",
        "ChannelAttribution, three rules",
    ):
        for model, theirs in answers[title].credits.items():
            rows.append((f"{title}: {model}", *_apart(theirs, own[model])))
    exact = answers["Stratum, Markov, exact"].credits["markov"]
    for title in ("MAM, Markov, exact", "ChannelAttribution, Markov, simulated"):
        rows.append(
            (
                f"{title}: {'removal effects' if 'MAM' in title else 'simulation'}",
                *_apart(answers[title].credits["markov"], exact),
            )
        )
    second = answers["Stratum, Markov of order 2, exact"].credits["markov"]
    rows.append(
        (
            "ChannelAttribution, Markov of order 2: simulation",
            *_apart(answers["ChannelAttribution, Markov of order 2"].credits["markov"], second),
        )
    )
    print_table(("apart from us, of a channel's credit", "mean", "largest"), rows)
    shapley = answers["Stratum, Shapley of 20, sampled"].credits
    print(
        f"Shapley: our largest standard error is {shapley['standard error']['largest']:,.0f} of {sum(shapley['shapley'].values()):,.0f} conversions."
    )
    shares = ", ".join(f"{name} {share:.2f}" for name, share in sorted(six.credits["shapley"].items()))
    print(
        f"One path over six channels, where each has earned a sixth: MAM's Shapley says {shares}; what is missing got nothing.\n"
    )


def _apart(theirs: dict[str, float], ours: dict[str, float]) -> tuple[str, str]:
    """Relative differences of conversions over the channels; theirs are scaled where a package answers in shares."""
    mine, other = (np.array([credit.get(name, 0.0) for name in path_data.NAMES]) for credit in (ours, theirs))
    apart = np.abs(other * mine.sum() / other.sum() - mine) / mine
    return (
        f"{apart.mean():.2%}" if apart.max() > 1e-9 else "equal",
        f"{apart.max():.2%}" if apart.max() > 1e-9 else "equal",
    )


def _verdict(answers: dict[str, Answer]) -> None:
    five, chain = answers["Stratum, five rules"], answers["Stratum, Markov, exact"]
    peak = max(five.peak, chain.peak)
    for name, reached, text in (
        ("five rules", five.rate >= FIVE_TARGET, f"at least {FIVE_TARGET / 1e6:.0f} M paths/s a core; measured {five.rate / 1e6:.1f} M"),
        ("exact Markov", chain.rate >= MARKOV_TARGET, f"at least {MARKOV_TARGET / 1e6:.0f} M paths/s a core; measured {chain.rate / 1e6:.1f} M"),
        ("memory", peak <= PEAK_TARGET, f"at most {PEAK_TARGET} MB for a million paths; measured {peak:.0f} MB"),
    ):  # fmt: skip
        print(f"Target {'reached' if reached else 'MISSED'}, {name}: {text}.")
