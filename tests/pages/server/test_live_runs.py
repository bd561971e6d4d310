"""The list of active runs, pushed over real WebSockets."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Iterator

import pytest
import uvicorn
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from nn.runs.spec import RunSpec
from nn.runs.store.store import State
from pages.server import live_runs
from pages.server.budget import VIEWER_LIMIT
from pages.server.live_runs import LiveRuns
from pages.server.visitor_cookie import COOKIE, visitor_id

SPEC = RunSpec(hidden=(4,), dataset="strokes")
ME, OTHER = ({COOKIE: name} for name in ("me", "other"))


@pytest.fixture
def served(store, monkeypatch) -> Iterator[tuple[int, LiveRuns]]:
    """→ the port, and the endpoint"""
    monkeypatch.setattr(live_runs, "INTERVAL", 0.02)
    monkeypatch.setattr(live_runs, "RETRY_SECONDS", 0.02)
    runs = LiveRuns(lambda: store)
    app = Starlette(routes=[WebSocketRoute("/live-runs", runs.endpoint)])
    server = uvicorn.Server(uvicorn.Config(app, host="localhost", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1], runs
    server.should_exit = True
    thread.join()


def listen(port: int, visitor: str = "me", origin: str = "") -> ClientConnection:
    headers = {
        "Origin": origin or f"http://localhost:{port}",
        "Cookie": f"{COOKIE}={visitor}",
    }
    return connect(f"ws://localhost:{port}/live-runs", additional_headers=headers)


def receive(socket: ClientConnection) -> list[dict]:
    return json.loads(socket.recv(timeout=5))["runs"]


def test_a_browser_hears_which_runs_are_active_and_then_of_each_change(served, store) -> None:
    port, _ = served
    with listen(port) as socket:
        assert receive(socket) == []
        run = store.create(SPEC, "first", owner=visitor_id(OTHER))
        [seen] = receive(socket)
        assert seen == {
            "id": run.id, "name": "first", "network": "784-4-10", "state": "queued", "yours": False,
        }  # fmt: skip
        store.rename(run.id, "second")
        assert [each["name"] for each in receive(socket)] == ["second"]
        assert store.cancel(run.id)
        assert receive(socket) == []
        assert store.run(run.id).state is State.STOPPED


def test_nobody_learns_who_others_are_only_which_runs_are_their_own(served, store) -> None:
    port, _ = served
    for cookies in (ME, OTHER):
        store.create(SPEC, owner=visitor_id(cookies))
    store.create(SPEC)  # on the command line
    with listen(port) as first, listen(port, "other") as others, listen(port, "new") as new:
        texts = [socket.recv(timeout=5) for socket in (first, others, new)]
    yours = [[run["yours"] for run in json.loads(text)["runs"]] for text in texts]
    assert yours == [[False, False, True], [False, True, False], [False, False, False]]
    for cookies in (ME, OTHER):
        assert not any(visitor_id(cookies) in text or "owner" in text for text in texts)


def test_all_browsers_share_one_poll_which_ends_with_the_last(served, store, monkeypatch) -> None:
    port, runs = served
    polls = []
    active_runs = runs._active_runs
    monkeypatch.setattr(runs, "_active_runs", lambda: polls.append(1) or active_runs())
    with listen(port) as one:
        receive(one)
        with listen(port) as other:
            receive(other)
            count, begun = len(polls), time.monotonic()
            time.sleep(0.5)
            assert 2 <= len(polls) - count <= (time.monotonic() - begun) / live_runs.INTERVAL + 1
    wait_until(lambda: runs._polling is None)
    count = len(polls)
    time.sleep(0.1)
    assert len(polls) == count
    with listen(port) as again:
        assert receive(again) == []


def wait_until(condition) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def test_a_store_that_does_not_answer_is_asked_again(served, store, monkeypatch) -> None:
    port, runs = served
    active_runs, failures = runs._active_runs, iter(range(3))

    def fail_at_first():
        for _ in failures:
            raise OperationalError("select", {}, Exception("database is locked"))
        return active_runs()

    monkeypatch.setattr(runs, "_active_runs", fail_at_first)
    store.create(SPEC)
    with listen(port) as socket:
        assert len(receive(socket)) == 1


def test_viewers_are_limited(served, store, monkeypatch) -> None:
    port, _ = served
    monkeypatch.setattr(live_runs, "MAX_VIEWERS", 1)
    with listen(port) as first:
        receive(first)
        with listen(port) as second:
            assert close_code(second) == VIEWER_LIMIT


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd
    return closed.value.rcvd.code
