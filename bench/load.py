"""Closed-loop load from a process of its own: every connection sends its next request when the last one is answered.

`python -m bench.load` reads an Order as JSON, makes and signs the requests, says `ready`, starts at the next line, and
answers with a Result as JSON. Bounded both ways: it ends when the time is up or the requests are.
"""

from __future__ import annotations

import json
import re
import selectors
import socket
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field

from bench.deliveries import body, signed_request

ANSWER_SECONDS = 30.0
_STATUS = re.compile(rb"HTTP/1\.[01] (\d{3})")
_LENGTH = re.compile(rb"\r\nContent-Length: (\d+)", re.IGNORECASE)


@dataclass(frozen=True)
class Order:
    port: int
    public_url: str
    first: int
    """Number of the first body."""
    most: int
    events: int
    """Events in a body."""
    seconds: float
    connections: int = 16


@dataclass
class Result:
    sent: int = 0
    seconds: float = 0.0
    statuses: dict[str, int] = field(default_factory=dict)
    milliseconds: list[float] = field(default_factory=list)

    @property
    def all_accepted(self) -> bool:
        return sum(self.statuses.values()) == self.sent and all(status.startswith("2") for status in self.statuses)


def load(order: Order, on_start: Callable[[], None]) -> Result:
    """Runs the order in a process of its own. `on_start` is called when its requests are signed and none is sent."""
    command = [sys.executable, "-m", "bench.load"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdin and process.stdout
        print(json.dumps(asdict(order)), file=process.stdin, flush=True)
        assert process.stdout.readline() == "ready\n", "the load generator did not start"
        on_start()
        print("go", file=process.stdin, flush=True)
        answer = process.stdout.readline()
        assert answer, "the load generator ended without a result: its last words are above"
        return Result(**json.loads(answer))


class Connection:
    def __init__(self, port: int) -> None:
        self.socket = socket.create_connection(("127.0.0.1", port), timeout=ANSWER_SECONDS)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.answer, self.sent_at = b"", 0.0

    def send(self, request: bytes) -> None:
        self.answer, self.sent_at = b"", time.perf_counter()
        self.socket.sendall(request)

    def read(self) -> str | None:
        """The status once the answer is whole. A connection that the server ends, ends the run: no retry hides it."""
        more = self.socket.recv(65536)
        if not more:
            raise ConnectionError("the server closed a connection")
        self.answer += more
        head, end, rest = self.answer.partition(b"\r\n\r\n")
        length, status = _LENGTH.search(head), _STATUS.match(head)
        return status[1].decode() if end and length and status and len(rest) >= int(length[1]) else None


class Drive:
    def __init__(self, order: Order, requests: Iterator[bytes]) -> None:
        self.requests = requests
        self.result, self.statuses = Result(), Counter[str]()
        self.connections = [Connection(order.port) for _ in range(order.connections)]
        self.selector = selectors.DefaultSelector()
        self.began = time.perf_counter()
        self.until = self.began + order.seconds

    def run(self) -> Result:
        for connection in self.connections:
            self._send_next(connection)
        while self.selector.get_map():
            ready = self.selector.select(ANSWER_SECONDS)
            if not ready:
                raise TimeoutError(f"no answer within {ANSWER_SECONDS:.0f} seconds")
            for key, _ in ready:
                self._read(key.data)
        self.result.seconds = time.perf_counter() - self.began
        self.result.statuses = dict(self.statuses)
        return self.result

    def _send_next(self, connection: Connection) -> None:
        request = next(self.requests, None) if time.perf_counter() < self.until else None
        if request is not None:
            connection.send(request)
            self.result.sent += 1
            self.selector.register(connection.socket, selectors.EVENT_READ, connection)

    def _read(self, connection: Connection) -> None:
        if (status := connection.read()) is not None:
            self.selector.unregister(connection.socket)
            self.statuses[status] += 1
            self.result.milliseconds.append(round(1000 * (time.perf_counter() - connection.sent_at), 2))
            self._send_next(connection)


def main() -> None:
    order = Order(**json.loads(sys.stdin.readline()))
    numbers = range(order.first, order.first + order.most)
    requests = [signed_request(body(number, order.events), order.public_url) for number in numbers]
    print("ready", flush=True)
    sys.stdin.readline()
    print(json.dumps(asdict(Drive(order, iter(requests)).run())), flush=True)


if __name__ == "__main__":
    main()
