"""Shared requests whose answers are not as they should be: nobody takes another's, and a doubt is a doubt for all whom it concerns."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from stratum.platforms.http import Connection, NoAnswer, Refused, TryLater
from stratum.platforms.meta_batch import Written, send_batch
from stratum.platforms.meta_errors import Stop
from stratum.platforms.meta_graph import Graph
from stratum.platforms.meta_shared import SharedCalls


class Scripted:
    """An HTTP server that answers each item as Meta does when all is well, and then lets a test spoil the whole answer."""

    def __init__(self) -> None:
        self.spoil: Callable[[int, Any], tuple[int, Any]] = lambda status, body: (status, body)
        self.headers: dict[str, str] = {}
        self.asked: list[int] = []
        self._busy = threading.Lock()
        self.overlapped = False

    def answer(self, method: str, path: str, raw: str) -> tuple[int, Any]:
        self.overlapped |= not self._busy.acquire(blocking=False)
        try:
            sent = parse_qs(raw)
            if "batch" not in sent:
                self.asked.append(0)
                return 200, {"id": urlsplit(path).path.split("/")[-1]}
            items = json.loads(sent["batch"][0])
            self.asked.append(len(items))
            time.sleep(0.01)
            return self.spoil(200, [self._slot(item) for item in items])
        finally:
            if self._busy.locked():
                self._busy.release()

    def _slot(self, item: dict[str, str]) -> dict[str, Any]:
        node = urlsplit(item["relative_url"]).path.split("/")[-1]
        usage = json.dumps({"acc_id_util_pct": 97 if node in FULL else 1})
        body = {"id": node} if item["method"] == "GET" else {"success": True, "id": node}
        return {"code": 200, "headers": [{"name": "X-Ad-Account-Usage", "value": usage}], "body": json.dumps(body)}


FULL = ("act_9797", "9797")


@pytest.fixture
def scripted() -> Iterator[tuple[Scripted, Callable[..., list[Any]]]]:
    """The server, and what runs a function a seat with a Graph of its own; returns what each made of it, raised or not."""
    script = Scripted()

    class Handler(BaseHTTPRequestHandler):
        def _answer(self) -> None:
            raw = self.rfile.read(int(self.headers.get("content-length") or 0)).decode()
            status, body = script.answer(self.command, self.path, raw)
            said = body.encode() if isinstance(body, str) else json.dumps(body).encode()
            self.send_response(status)
            for name, value in {**script.headers, "content-length": str(len(said))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(said)

        do_GET = do_POST = _answer

        def log_message(self, *args: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True, kwargs={"poll_interval": 0.02}).start()
    url = f"http://127.0.0.1:{server.server_address[1]}"

    def run(*works: Callable[[Graph], Any], patience: float = 5.0) -> list[Any]:
        shared = SharedCalls(Connection(url, "token"), seats=len(works), patience=patience)

        def one(work: Callable[[Graph], Any]) -> Any:
            with shared.seat() as seat:
                try:
                    return work(Graph("token", url, seat))
                except Exception as problem:
                    return problem

        with ThreadPoolExecutor(len(works)) as pool:
            return list(pool.map(one, works))

    yield script, run
    server.shutdown()
    server.server_close()


def read(node: str) -> Callable[[Graph], Any]:
    return lambda graph: graph.get(f"act_{node}", fields="id", after=None)["id"]


def write(*nodes: str) -> Callable[[Graph], Any]:
    return lambda graph: [outcome.written for outcome in send_batch(graph, [(node, {"a": 1}) for node in nodes])]


def error(code: int, status: int = 400) -> Callable[[int, Any], tuple[int, Any]]:
    return lambda *_: (status, {"error": {"code": code, "message": "no"}})


SPOILT = [
    ("the first answer is missing", lambda status, slots: (status, slots[1:]), NoAnswer),
    ("the last answer is missing", lambda status, slots: (status, slots[:-1]), NoAnswer),
    ("one answer too many", lambda status, slots: (status, [*slots, slots[0]]), NoAnswer),
    ("nothing in it", lambda status, slots: (status, []), NoAnswer),
    ("a server's error with a list", lambda status, slots: (500, slots), NoAnswer),
    ("an object", lambda *_: (200, {"success": True}), NoAnswer),
    ("an error that is only words", lambda *_: (200, {"error": "no"}), NoAnswer),
    ("a number", lambda *_: (200, 5), NoAnswer),
    ("a page", lambda *_: (200, "<html>"), NoAnswer),
    ("a refusal of who knows what", error(100), NoAnswer),
    ("an error that passes", error(2, 500), NoAnswer),
    ("an error with a good status", error(1, 200), NoAnswer),
    ("a limit", error(4), TryLater),
    ("a dead token", error(190), Stop),
]


@pytest.mark.parametrize(("what", "spoil", "raised"), SPOILT, ids=[what for what, *_ in SPOILT])
def test_a_spoilt_answer_is_a_success_to_nobody(scripted, what, spoil, raised):
    script, run = scripted
    script.spoil = spoil
    found = run(read("71"), write("1", "2"))
    assert [type(one) for one in found] == [raised, raised] and script.asked == [3]


SPOILT_ITEM = [
    ({"code": None}, NoAnswer, "unknown"),
    ({"code": "200"}, NoAnswer, "unknown"),
    ({"code": 500}, NoAnswer, "unknown"),
    ({"code": 404}, Refused, "unknown"),
    ({"body": "<html>"}, NoAnswer, "unknown"),
    ({"body": None}, NoAnswer, "unknown"),
    ({"headers": 7}, str, "applied"),
]


@pytest.mark.parametrize(("change", "reading", "writing"), SPOILT_ITEM)
def test_a_spoilt_item_is_only_its_own(scripted, change, reading, writing):
    script, run = scripted
    script.spoil = lambda status, slots: (status, [slot | change if '71"' in slot["body"] else slot for slot in slots])
    spoilt, fine = run(read("71"), write("1", "2"))
    assert type(spoilt) is reading and fine == [Written.APPLIED] * 2
    spoilt, fine = run(write("71"), write("1", "2"))
    assert spoilt == [Written(writing)] and fine == [Written.APPLIED] * 2


def test_each_account_heeds_its_own_limit_and_all_heed_the_apps(scripted):
    script, run = scripted

    def waits(work: Callable[[Graph], Any]) -> Callable[[Graph], Any]:
        return lambda graph: (work(graph), graph.wait > 0)[1]

    assert run(waits(read("71")), waits(read("9797")), waits(write("1")), waits(write("9797"))) == [
        False,
        True,
        False,
        True,
    ]
    script.headers = {"X-App-Usage": json.dumps({"call_count": 96})}
    assert run(waits(read("71")), waits(write("1"))) == [True, True]


def test_many_seats_get_their_own_answers_one_request_at_a_time(scripted):
    script, run = scripted

    def works(number: int) -> Callable[[Graph], Any]:
        def work(graph: Graph) -> bool:
            for turn in range(12):
                if (turn + number) % 3 == 0:
                    assert write(*(f"{number}{n}" for n in range(number * 4 + 1)))(graph) == [Written.APPLIED] * (
                        number * 4 + 1
                    )
                assert read(f"{number}{turn}")(graph) == f"act_{number}{turn}"
                if turn == number + 3:
                    return True
            return True

        return work

    assert run(*map(works, range(10)), patience=0.5) == [True] * 10
    assert not script.overlapped and max(script.asked) <= 50
    assert sum(script.asked) / len(script.asked) > 5, "they do share"


def test_what_is_too_much_together_is_asked_for_alone(scripted):
    script, run = scripted
    script.spoil = lambda *_: (502, "<html>")

    def stubborn(node: str) -> Callable[[Graph], Any]:
        def work(graph: Graph) -> Any:
            for _ in range(2):
                with pytest.raises(NoAnswer):
                    read(node)(graph)
            return read(node)(graph)

        return work

    assert run(stubborn("71"), stubborn("72")) == ["act_71", "act_72"]
    assert script.asked == [2, 2, 0, 0]


def test_a_write_that_waited_too_long_is_not_sent(scripted, monkeypatch):
    script, run = scripted
    monkeypatch.setattr("stratum.platforms.meta_shared.FRESH_SECONDS", -1.0)
    reading, writing = run(read("71"), write("1"))
    assert reading == "act_71" and type(writing) is TryLater and script.asked == [0]


def test_another_tokens_account_does_not_take_the_seat():
    shared = SharedCalls(Connection("http://127.0.0.1:1", "first"), seats=1)
    with shared.seat() as seat:
        assert Graph("first", "http://127.0.0.1:1", seat)._connection is seat
        assert Graph("", "http://127.0.0.1:1", seat)._connection is not seat
