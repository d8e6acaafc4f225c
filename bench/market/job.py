"""Some policies in one market, in a process of its own: the task on standard input, a line of JSON a policy on standard output."""

from __future__ import annotations

import json
import sys
import warnings

from bench.market.registry import PACKAGES, make_policy
from bench.market.scenario import SCENARIOS
from bench.market.trial import Trial, run_oracle, run_policy

ORACLE = "oracle"


def main() -> None:
    warnings.simplefilter("ignore")
    task = json.load(sys.stdin)
    for name in task["policies"]:
        print(json.dumps({"policy": name, **_outcome(name, task["scenario"], task["seed"])}), flush=True)


def _outcome(name: str, scenario: str, seed: int) -> dict[str, object]:
    try:
        return {"trial": _play(name, scenario, seed).as_json()}
    except Exception as error:
        if name not in PACKAGES:
            raise
        return {"failed": f"{type(error).__name__}: {error}"}


def _play(name: str, scenario: str, seed: int) -> Trial:
    if name == ORACLE:
        return run_oracle(SCENARIOS[scenario], seed)
    return run_policy(make_policy(name), SCENARIOS[scenario], seed)


if __name__ == "__main__":
    main()
