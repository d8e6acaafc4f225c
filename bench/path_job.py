"""One job in a process of its own: input made first, then timed; processor seconds of the best run, and the peak of memory."""

from __future__ import annotations

import json
import resource
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

Credits = dict[str, dict[str, float]]
"""By model: channel → conversions."""


def run_job(jobs: Mapping[str, Callable[[Path], Callable[[], Credits]]]) -> None:
    """`FOLDER JOB ROUNDS` from the command line; the answer is the last line of the output, as JSON."""
    folder, name, rounds = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
    work = jobs[name](folder)
    seconds = []
    for _ in range(rounds):
        began = time.process_time()
        credits = work()
        seconds.append(time.process_time() - began)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print("\n" + json.dumps({"seconds": min(seconds), "peak": peak / 1024, "credits": credits}))
