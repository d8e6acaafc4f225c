"""`python -m bench` runs every published benchmark, `python -m bench NAME` one. A benchmark is a module with `run()`."""

from __future__ import annotations

import argparse
from collections.abc import Iterable
from importlib import import_module

import django

from bench.servers import throw_away_servers

ON_SERVERS = ("ingest", "attribution", "matcher", "ledger", "decisions", "executor", "honesty")
ALONE = ("paths", "sampler", "offpolicy", "addaily", "simulator")
"""These need neither a database nor Django."""


def main() -> None:
    known = ON_SERVERS + ALONE
    parser = argparse.ArgumentParser(prog="python -m bench", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"of {', '.join(known)}; all without one")
    names = parser.parse_args().names or known
    if unknown := set(names) - set(known):
        parser.error(f"there is no benchmark {', '.join(sorted(unknown))}: choose from {', '.join(known)}")
    if on_servers := [name for name in names if name in ON_SERVERS]:
        with throw_away_servers():
            django.setup()
            _run(on_servers)
    _run(name for name in names if name in ALONE)


def _run(names: Iterable[str]) -> None:
    for name in names:
        print(f"== {name} ==\n", flush=True)
        import_module(f"bench.{name}").run()


if __name__ == "__main__":
    main()
