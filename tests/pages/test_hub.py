"""The live hub, spoken to over real WebSockets."""

from __future__ import annotations

import json
import struct
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import uvicorn
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from nn.runs import launch
from nn.runs.recorder import BEGINNING, Recorder
from nn.runs.spec import RunSpec
from nn.runs.store import Run, RunStore, State
from nn.training import Step
from pages.parts import hub
from pages.parts.hub import FOREIGN, GONE, Hub

SPEC = RunSpec(hidden=(4,), data="strokes")


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")


@pytest.fixture
def port(store: RunStore) -> Iterator[int]:
    app = Starlette(routes=[WebSocketRoute("/live/{run}", Hub(lambda: store).endpoint)])
    server = uvicorn.Server(uvicorn.Config(app, host="localhost", port=0, log_level="error"))
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield server.servers[0].sockets[0].getsockname()[1]
    server.should_exit = True
    thread.join()


@pytest.fixture
def recorder(store: RunStore) -> Recorder:
    """A worker's recorder on a new run of 1,000 steps, which has recorded nothing yet."""
    recorder = Recorder(store, store.create(SPEC).id)
    recorder.start(SPEC.sizes, steps=1000, threads=1)
    return recorder


def learn(recorder: Recorder, step: int) -> None:
    """One more step recorded, and written at once."""
    network, _, _ = SPEC.build()
    recorder.record(Step(step, 10 * step, 1 / step, 2 / step), network.parameters, seconds=step)
    recorder.write(network.parameters)


def hear(socket: ClientConnection) -> dict:
    data = socket.recv(timeout=5)
    assert isinstance(data, bytes)
    (length,) = struct.unpack_from("<I", data)
    header = json.loads(data[4 : 4 + length])
    header["bytes"] = len(data) - 4 - length
    return header


def watch(port: int, run_id: str, origin: str = "http://localhost:{port}") -> ClientConnection:
    origin = origin.format(port=port)
    return connect(f"ws://localhost:{port}/live/{run_id}", additional_headers={"Origin": origin})


def wait_until(true: Callable[[], object]) -> None:
    until = time.monotonic() + 5
    while not true():
        assert time.monotonic() < until
        time.sleep(0.01)


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd
    return closed.value.rcvd.code


def test_a_viewer_is_sent_what_there_is_and_then_only_what_is_new(port, recorder) -> None:
    learn(recorder, 1)
    with watch(port, recorder.run_id) as socket:
        first = hear(socket)
        assert first["state"] == "running"
        assert first["points"] == {"samples": [10], "loss": [1.0], "smooth_loss": [2.0]}
        assert first["frame"]["step"] == 1
        assert first["bytes"] == 4 * 4 + 4 * 784  # scales, tiles
        socket.send("drawn")
        learn(recorder, 2)
        second = hear(socket)
        assert second["points"] == {"samples": [20], "loss": [0.5], "smooth_loss": [1.0]}
        assert second["frame"]["step"] == 2


def test_a_slow_viewer_skips_frames_but_no_points(port, recorder) -> None:
    learn(recorder, 1)
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        for step in (2, 3, 4, 5):  # it has not answered yet
            learn(recorder, step)
            time.sleep(0.1)
        socket.send("drawn")
        header = hear(socket)
        assert header["frame"]["step"] == 5
        assert header["points"]["samples"] == [20, 30, 40, 50]


def test_every_viewer_of_a_run_sees_it(port, recorder) -> None:
    learn(recorder, 1)
    with watch(port, recorder.run_id) as one, watch(port, recorder.run_id) as other:
        assert hear(one) == hear(other)


def test_the_worker_is_told_that_somebody_watches(port, store, recorder) -> None:
    recorder.commands()
    assert not recorder.watched
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        time.sleep(0.2)
        recorder.commands()
        assert recorder.watched


def test_a_change_of_state_is_sent_though_nothing_was_learned(port, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        socket.send("drawn")
        recorder.end(State.FAILED, "The disk is full.")
        header = hear(socket)
        assert (header["state"], header["sentence"]) == ("failed", "The disk is full.")
        assert header["frame"] is None


def test_an_unknown_or_deleted_run_closes_with_a_sentence(port, store, recorder) -> None:
    with watch(port, "nonesuch") as socket:
        assert close_code(socket) == GONE
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        socket.send("drawn")
        store.delete(recorder.run_id)
        assert close_code(socket) == GONE


def test_commands_reach_the_store(port, store, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        for command in ("pause", "resume", "stop"):
            socket.send(command)
        wait_until(lambda: len(store.commands(recorder.run_id)) == 3)
    asked = [command.kind for command in store.commands(recorder.run_id)]
    assert asked == ["pause", "resume", "stop"]


def test_resuming_a_run_without_a_worker_starts_one(port, store, recorder, monkeypatch) -> None:
    launched: list[str] = []
    monkeypatch.setattr(launch, "launch", launched.append)
    recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        socket.send("resume")
        wait_until(lambda: launched)
    assert launched == [recorder.run_id]
    assert store.run(recorder.run_id).state is State.QUEUED


def test_a_command_that_cannot_be_obeyed_is_answered_with_a_sentence(port, recorder) -> None:
    recorder.end(State.FINISHED, last=SPEC.build()[0].parameters)
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        socket.send("resume")
        answer = socket.recv(timeout=5)
        assert isinstance(answer, str) and "nothing to resume" in answer


def test_pages_of_other_sites_may_not_watch(port, recorder) -> None:
    with watch(port, recorder.run_id, origin="http://evil.example") as socket:
        assert close_code(socket) == FOREIGN


def test_nothing_is_read_for_a_run_that_nobody_watches(port, store, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        hear(socket)
    time.sleep(0.3)
    reads: list[str] = []
    original = store.run

    def counted(run_id: str) -> Run:
        reads.append(run_id)
        return original(run_id)

    store.run = counted  # type: ignore[method-assign]
    time.sleep(0.3)
    assert not reads


def test_a_viewer_that_answers_nothing_keeps_no_worker_writing(port, store, recorder, monkeypatch):
    """A hidden tab: still connected, drawing nothing."""
    monkeypatch.setattr(hub, "WATCH_SECONDS", 0.3)
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        time.sleep(1.5)
        recorder.commands()
        assert not recorder.watched


def test_a_run_that_goes_on_from_its_checkpoint_is_shown_where_it_is(port, store, recorder):
    learn(recorder, 900)
    recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
    store.requeue(recorder.run_id)
    again = Recorder(store, recorder.run_id)
    with watch(port, recorder.run_id) as socket:
        assert hear(socket)["frame"]["step"] == 900
        socket.send("drawn")
        again.start(SPEC.sizes, 1000, 1, at=BEGINNING._replace(step=500, samples=5000))
        time.sleep(0.3)
        again.commands()
        learn(again, 501)
        while (header := hear(socket))["frame"] is None or header["frame"]["step"] == 900:
            socket.send("drawn")
        assert header["frame"]["step"] == 501


def test_a_fault_in_reading_closes_the_socket_rather_than_leaving_it_silent(
    port, store, recorder, monkeypatch
):
    monkeypatch.setattr(store, "epochs", lambda *_: 1 / 0)
    with watch(port, recorder.run_id) as socket:
        assert close_code(socket) == hub.FAILED
