"""`python -m bench` runs every published benchmark, `python -m bench NAME` one. A benchmark is a module with `run()`."""

from __future__ import annotations

import argparse
from importlib import import_module

import django

from bench.servers import throw_away_servers

BENCHMARKS = ("ingest", "attribution", "matcher", "ledger", "paths", "executor")


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(BENCHMARKS)}; all without one")
    names = parser.parse_args().names or BENCHMARKS
    if unknown := set(names) - set(BENCHMARKS):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(BENCHMARKS)}")
    with throw_away_servers():
        django.setup()
        for name in names:
            print(f"== {name} ==\n", flush=True)
            import_module(f"bench.{name}").run()


if __name__ == "__main__":
    main()
