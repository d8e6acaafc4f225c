"""`python -m bench.market --policy own --seeds 0,1`: one policy in one scenario, beside an equal split."""

from __future__ import annotations

import argparse

import numpy as np

from bench.market.registry import AS_TOLD, PEERS, make_policy
from bench.market.scenario import SCENARIOS, WEEK_AFTER_SHOCK
from bench.market.trial import run_oracle, run_policy
from bench.table import print_table


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench.market", description=__doc__)
    parser.add_argument(
        "--policy", default="own", help=f"own, “own switch=value …”, “{AS_TOLD}”, or one of: {', '.join(PEERS)}"
    )
    parser.add_argument("--seeds", default="100,101,102,103", help="100–105 are for tuning, 0–7 for reporting")
    parser.add_argument("--scenario", default="mixed", choices=SCENARIOS)
    chosen = parser.parse_args()
    scenario, rows, shares = SCENARIOS[chosen.scenario], [], []
    for seed in map(int, chosen.seeds.split(",")):
        best = np.array(run_oracle(scenario, seed).revenue)
        equal = sum(run_policy(make_policy("equal split"), scenario, seed).revenue)
        trial = run_policy(make_policy(chosen.policy), scenario, seed)
        earned = np.array(trial.revenue)
        share, lift = earned.sum() / best.sum(), (earned.sum() - equal) / (best.sum() - equal)
        week = slice(*WEEK_AFTER_SHOCK)
        inside = f"{trial.inside / trial.stated:.1%}" if trial.stated else "–"
        shares.append(share)
        rows.append((seed, f"{share:.4f}", f"{lift:.1%}", f"{earned[week].sum() / best[week].sum():.3f}", f"{np.mean(trial.churn):.3f}", inside, f"{np.mean(trial.forecast) if trial.forecast else np.nan:.3f}", f"{np.median(trial.milliseconds):.1f}"))  # fmt: skip
        print(f"seed {seed}: {share:.4f}", flush=True)
    print_table(
        ("seed", "of the oracle", "lift", "week after shock", "churn", "80 % holds", "stated/true", "ms a day"), rows
    )
    print(f"mean {np.mean(shares):.4f}, least {min(shares):.4f}")


if __name__ == "__main__":
    main()
