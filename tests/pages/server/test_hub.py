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

from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore, State
from nn.runs.worker import process
from nn.runs.worker.recorder import BEGINNING, Recorder
from nn.training import Step
from pages.server import hub, visitor
from pages.server.hub import FOREIGN, GONE, Hub

SPEC = RunSpec(hidden=(4,), dataset="strokes")
ME = {visitor.COOKIE: "me"}


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
    recorder = Recorder(store, store.create(SPEC, owner=visitor.of(ME)).id)
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


def watch(
    port: int, run_id: str, origin: str = "http://localhost:{port}", who: str = "me"
) -> ClientConnection:
    headers = {"Origin": origin.format(port=port), "Cookie": f"{visitor.COOKIE}={who}"}
    return connect(f"ws://localhost:{port}/live/{run_id}", additional_headers=headers)


def ask(socket: ClientConnection, what: str, value: object = None) -> None:
    socket.send(json.dumps({"ask": what, "value": value}))


def answer(socket: ClientConnection) -> dict:
    """The next text."""
    while isinstance(data := socket.recv(timeout=60), bytes):  # strokes may have to be drawn first
        socket.send("drawn")
    return json.loads(data)


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
        assert first["points"] == {"samples_seen": [10], "loss": [1.0], "smoothed_loss": [2.0]}
        assert first["frame"]["step"] == 1
        assert first["lines"] == [400, 40]
        assert first["bytes"] == 4 * 4 + 4 * 784 + 8 * (400 + 40)  # scales, tiles, lines
        socket.send("drawn")
        learn(recorder, 2)
        second = hear(socket)
        assert second["points"] == {"samples_seen": [20], "loss": [0.5], "smoothed_loss": [1.0]}
        assert second["frame"]["step"] == 2


def test_a_slow_viewer_skips_frames_but_no_points(port, recorder) -> None:
    learn(recorder, 1)
    with watch(port, recorder.run_id) as socket, watch(port, recorder.run_id) as fast:
        hear(socket)
        hear(fast)
        for step in (2, 3, 4, 5):  # the slow one has not answered yet
            fast.send("drawn")
            learn(recorder, step)
            assert hear(fast)["frame"]["step"] == step
        socket.send("drawn")
        header = hear(socket)
        assert header["frame"]["step"] == 5
        assert header["points"]["samples_seen"] == [20, 30, 40, 50]


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
        assert (header["state"], header["message"]) == ("failed", "The disk is full.")
        assert header["frame"] is None


def test_an_unknown_or_deleted_run_closes_with_a_sentence(port, store, recorder) -> None:
    with watch(port, "nonesuch") as socket:
        assert close_code(socket) == GONE
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        socket.send("drawn")
        store.delete(recorder.run_id)
        assert close_code(socket) == GONE


ASKED = [
    ("pause", None),
    ("step", 3),
    ("lr", 0.05),
    ("speed", 2.5),
    ("resume", None),
    ("stop", None),
]


def test_commands_reach_the_store_with_their_values(port, store, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        for what, value in ASKED:
            ask(socket, what, value)
        wait_until(lambda: len(store.commands(recorder.run_id)) == len(ASKED))
    assert [(c.kind, c.value) for c in store.commands(recorder.run_id)] == ASKED


@pytest.mark.parametrize("who", ["another", ""])
def test_others_may_watch_but_not_command(port, store, recorder, who) -> None:
    learn(recorder, 1)
    with watch(port, recorder.run_id, who=who) as socket:
        assert hear(socket)["frame"]["step"] == 1
        ask(socket, "stop")
        assert answer(socket) == {"refusal": "Only who started this run may stop it."}
        ask(socket, "digit")
        assert "digit" in answer(socket)
    assert not store.commands(recorder.run_id)


def test_a_run_of_the_command_line_is_commanded_there_alone(port, store) -> None:
    run = store.create(SPEC)
    with watch(port, run.id, who="") as socket:
        ask(socket, "stop")
        assert "Only who started" in answer(socket)["refusal"]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "3", "null", '{"ask": []}', '{"ask": "explode"}', '{"ask": "lr"}',
        '{"ask": "lr", "value": "fast"}', '{"ask": "lr", "value": NaN}',
        '{"ask": "step", "value": 0}', '{"ask": "step", "value": {}}', '{"ask": "speed"}',
        "[" * 199,
    ],
)  # fmt: skip
def test_what_cannot_be_done_is_answered_with_a_sentence(port, store, recorder, text) -> None:
    with watch(port, recorder.run_id) as socket:
        socket.send(text)
        assert answer(socket)["refusal"].endswith(".")
    assert not store.commands(recorder.run_id)


def test_a_digit_is_sent_through_the_network_that_is_shown(port, store, recorder) -> None:
    learn(recorder, 5)
    with watch(port, recorder.run_id) as socket:
        ask(socket, "digit")
        digit = answer(socket)["digit"]
    assert digit["step"] == 5 and digit["truth"] in range(10)
    assert [len(column) for column in digit["columns"]] == [784, 4, 10]
    assert sum(digit["columns"][-1]) == pytest.approx(1, abs=1e-3)


def test_the_rate_given_while_it_runs_is_told(port, store, recorder) -> None:
    learn(recorder, 1)
    with watch(port, recorder.run_id) as socket:
        assert hear(socket)["lr"] is None
        socket.send("drawn")
        store.command(recorder.run_id, "lr", 0.05)
        while not (found := recorder.commands()):
            pass
        recorder.acknowledge(found[0])
        learn(recorder, 2)
        while (header := hear(socket))["step"] < 2:
            socket.send("drawn")
        assert header["lr"] == 0.05


def test_resuming_a_run_without_a_worker_starts_one(port, store, recorder, monkeypatch) -> None:
    launched: list[str] = []
    monkeypatch.setattr(process, "launch", launched.append)
    recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        ask(socket, "resume")
        wait_until(lambda: launched)
    assert launched == [recorder.run_id]
    assert store.run(recorder.run_id).state is State.QUEUED


def test_a_command_that_cannot_be_obeyed_is_answered_with_a_sentence(port, recorder) -> None:
    recorder.end(State.FINISHED, last=SPEC.build()[0].parameters)
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        ask(socket, "resume")
        assert "nothing to resume" in answer(socket)["refusal"]


def test_pages_of_other_sites_may_not_watch(port, recorder) -> None:
    with watch(port, recorder.run_id, origin="http://evil.example") as socket:
        assert close_code(socket) == FOREIGN


def test_a_question_longer_than_any_ends_the_conversation(port, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        hear(socket)
        socket.send("[" * 201)
        assert close_code(socket) == hub.TOO_LONG


def test_no_more_watch_than_there_is_room_for(port, recorder, monkeypatch) -> None:
    monkeypatch.setattr(hub, "MOST_VIEWERS", 1)
    with watch(port, recorder.run_id) as one:
        hear(one)
        with watch(port, recorder.run_id) as other:
            assert close_code(other) == hub.FULL
    wait_until(lambda: admitted(port, recorder.run_id))


def admitted(port: int, run_id: str) -> bool:
    with watch(port, run_id) as socket:
        try:
            return bool(hear(socket))
        except ConnectionClosed:
            return False


def test_the_end_of_a_run_is_summed_up(port, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
        while (header := hear(socket))["state"] != "stopped":
            socket.send("drawn")
        assert "Resume goes on" in header["message"]


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
        again.start(SPEC.sizes, 1000, 1, at=BEGINNING._replace(step=500, samples_seen=5000))
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
