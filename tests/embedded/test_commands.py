"""Commands outside `make run`: each finds servers or brings its own, and none takes them from another."""

from __future__ import annotations

import os
import signal

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
