"""Commands outside `make run`: each finds servers or brings its own, and none takes them from another."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time

from stratum.embedded.places import ROOT
from tests.embedded.conftest import Checkout, until


def test_a_command_starts_servers_for_its_life_and_keeps_its_rows(checkout: Checkout) -> None:
    assert checkout.sql("create table kept as select 7 as n; select n from kept") == "(7,)"
    assert not (checkout.state / "runtime.json").exists()
    assert checkout.sql("select n from kept") == "(7,)"


def test_a_short_command_waits_for_the_long_one_that_uses_its_servers(checkout: Checkout) -> None:
    short = checkout.command_in_background("print('up', flush=True); sys.stdin.readline()")
    assert short.stdout.readline() == "up\n"
    long = checkout.command_in_background(
        "import psycopg; print('joined', flush=True); sys.stdin.readline(); print(psycopg.connect(URL).execute('select 7').fetchone())"
    )
    assert long.stdout.readline() == "joined\n"
    short.stdin.write("\n")
    short.stdin.flush()
    assert short.stdout.readline().startswith("another command still uses the servers started here")
    assert long.communicate("\n", timeout=20)[0] == "(7,)\n"
    assert short.wait(20) == 0


def test_make_run_does_not_take_the_data_of_a_running_command(checkout: Checkout) -> None:
    command = checkout.command_in_background("print('up', flush=True); sys.stdin.readline()")
    command.stdout.readline()
    assert checkout.run().stderr == f"stratum: `a test's command` is using the data, pid {command.pid}\n"
    command.communicate("\n", timeout=20)


def test_a_killed_command_leaves_nothing_that_the_next_one_minds(checkout: Checkout) -> None:
    command = checkout.command_in_background("print('up', flush=True); sys.stdin.readline()")
    command.stdout.readline()
    children = checkout.record.children
    os.kill(command.pid, signal.SIGKILL)
    command.wait()
    assert checkout.sql("select n from kept") == "(7,)"
    assert until(lambda: not any(child.is_alive() for child in children.values()))


def manage(state_of: Checkout, *words: str) -> subprocess.Popen[str]:
    command = [sys.executable, "manage.py", *words]
    streams = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
    return subprocess.Popen(command, cwd=ROOT, env=state_of.environment(), text=True, **streams)


def test_the_first_commands_of_a_fresh_clone_make_the_tables_once_for_all(fresh: Checkout) -> None:
    started = [manage(fresh, "workspace", name) for name in ("One", "Two")]
    said = [command.communicate(timeout=90)[0] for command in started]
    assert [command.returncode for command in started] == [0, 0], said
    assert sum("making its tables" in text for text in said) == 1
    assert all("API key" in text for text in said)


def test_commands_that_come_while_others_go_never_meet_a_refused_connection(checkout: Checkout) -> None:
    ask = "import psycopg, redis; psycopg.connect(URL).execute('select 1'); redis.Redis.from_url(os.environ['REDIS_URL']).ping(); print('ok')"
    for pause in (0.0, 0.5):
        commands = []
        for _ in range(3):
            commands.append(checkout.command_in_background(ask))
            time.sleep(pause)
        said = [command.communicate(timeout=60)[0] for command in commands]
        assert all("ok" in text and "Traceback" not in text for text in said), said


def test_no_command_joins_servers_whose_owner_has_not_given_their_addresses(checkout: Checkout) -> None:
    """`make run` writes its record before it knows all addresses, and without them when it stops."""
    code = """
from stratum.embedded import runtime
from stratum.embedded.processes import Living
from stratum.embedded.record import Record
state = runtime.state_folder()
for name in ("DATABASE_URL", "REDIS_URL"):
    os.environ.pop(name)
Record(runtime.record_path(state), Living.now(os.getpid()), "make run").write()
print(runtime._join(state))
"""
    assert checkout.command(code).stdout.split() == ["None"]
