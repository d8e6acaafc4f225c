"""Keeps children running: one that dies is started again, and one that keeps dying ends the run."""

from __future__ import annotations

import signal
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from types import FrameType

from stratum.embedded.children import Child
from stratum.embedded.log import Log
from stratum.embedded.places import CannotStart

RESTARTS, WITHIN_SECONDS = 5, 60.0


@dataclass
class Watched:
    child: Child
    revive: Callable[[], None]
    stage: int = 0
    restarts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS))


class Supervisor:
    """`on_change` hears of every child that was started; `on_tick` is called about once a second while all is well."""

    def __init__(self, log: Log, *, on_change: Callable[[Child], None]) -> None:
        self.log = log
        self.on_change = on_change
        self.servers: list[Watched] = []
        self.programs: list[Watched] = []
        self.asked_at: list[float] = []

    def listen_for_signals(self) -> None:
        def interrupt(number: int, frame: FrameType | None) -> None:
            self.asked_at.append(time.monotonic())

        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupt)

    @property
    def stopping(self) -> bool:
        return bool(self.asked_at)

    @property
    def hurried(self) -> bool:
        """Asked again. One request can arrive twice: from the terminal, and from `make`, which passes it on."""
        return self.stopping and self.asked_at[-1] - self.asked_at[0] > 1.0

    def add_server(self, child: Child, revive: Callable[[], None]) -> None:
        self.servers.append(Watched(child, revive))
        self.on_change(child)

    def add_program(self, child: Child, *, stage: int = 1) -> None:
        """Programs of a later stage use those of an earlier one, as the worker uses the sandbox."""
        self._spawn(child)
        self.programs.append(Watched(child, lambda: self._spawn(child), stage))
        self.on_change(child)

    def watch_the_start(self) -> None:
        """A server that dies is revived already; a program that does not survive its start would only fail again."""
        self._revive_the_dead(self.servers)
        for watched in self.programs:
            if not watched.child.is_alive() and not self.stopping:
                self.log.pump(0.2)
                how = watched.child.how_it_ended()
                raise CannotStart(f"{watched.child.name} ended while starting ({how}): its last lines above say why")

    def watch(self, on_tick: Callable[[], None]) -> None:
        """Returns when somebody asked to stop; CannotStart when a child ended too often."""
        ticked = time.monotonic()
        while not self.stopping:
            self.log.pump(0.2)
            self._revive_the_dead([*self.servers, *self.programs])
            if time.monotonic() - ticked >= 1:
                ticked = time.monotonic()
                on_tick()

    def stop(self) -> None:
        """The last stage first, so that nothing loses what it still needs. A second Ctrl-C takes away the patience."""
        stages = sorted({watched.stage for watched in self.programs}, reverse=True)
        for group in [*([w for w in self.programs if w.stage == stage] for stage in stages), self.servers]:
            self._stop_together([watched.child for watched in group])

    def _stop_together(self, children: list[Child]) -> None:
        asked, patience = time.monotonic(), max((child.patience for child in children), default=0.0)
        for child in children:
            child.ask_to_stop()
        while any(child.is_alive() for child in children) and time.monotonic() - asked < patience and not self.hurried:
            self.log.pump(0.05)
        for child in children:
            child.finish(time.monotonic())

    def _revive_the_dead(self, group: list[Watched]) -> None:
        for watched in group:
            if not watched.child.is_alive() and not self.stopping:
                self._revive(watched)

    def _spawn(self, child: Child) -> None:
        child.spawn()
        self.log.attach(child.name, child.output)

    def _revive(self, watched: Watched) -> None:
        child, now = watched.child, time.monotonic()
        if len(watched.restarts) == RESTARTS and now - watched.restarts[0] < WITHIN_SECONDS:
            often = f"{RESTARTS + 1} times within {WITHIN_SECONDS:.0f} seconds"
            raise CannotStart(f"{child.name} ended {often} (last: {child.how_it_ended()}): giving up")
        self.log.say(f"{child.name} ended ({child.how_it_ended()}): starting it again")
        child.sweep()
        watched.restarts.append(now)
        watched.revive()
        self.on_change(child)
