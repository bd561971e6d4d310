"""The live hub, spoken to over real WebSockets."""

from __future__ import annotations

import base64
import json
import threading
import time
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import uvicorn
from sqlalchemy import update
from starlette.applications import Starlette
from starlette.routing import WebSocketRoute
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store import schema
from nn.runs.store.groups import create_group
from nn.runs.store.store import RunStore, State
from nn.runs.worker import process
from nn.runs.worker.recorder import BEGINNING, Recorder
from nn.training import Step
from pages.server import assets, budget, hub, runs_api
from pages.server.hub import Hub
from pages.server.visitor import Visitor
from pages.server.visitor_cookie import COOKIE, visitor_id
from tests.pages.server.unpack import unpack

SPEC = RunSpec(hidden=(4,), dataset="strokes")
ME = {COOKIE: "me"}
ID = 7  # of a request


@pytest.fixture
def store(tmp_path: Path) -> RunStore:
    return RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")


@pytest.fixture
def port(store: RunStore) -> Iterator[int]:
    app = Starlette(routes=[WebSocketRoute("/live", Hub(lambda: store).endpoint)])
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
    """A worker's recorder on a new run of 1,000 steps, with nothing recorded yet."""
    recorder = Recorder(store, store.create(SPEC, owner=visitor_id(ME)).id)
    recorder.start(SPEC.sizes, steps=1000, cores=1)
    return recorder


def train_step(recorder: Recorder, step: int) -> None:
    """Record one step and write it at once."""
    network, _, _ = SPEC.build()
    recorder.record(Step(step, 10 * step, 1 / step, 2 / step), network.parameters, seconds=step)
    recorder.write(network.parameters)


def receive(socket: ClientConnection) -> dict:
    """The header of the next binary message, with the length of what follows it as "bytes"."""
    data = socket.recv(timeout=5)
    assert isinstance(data, bytes)
    header, parts = unpack(data)
    return header | {"bytes": len(parts)}


def connection(
    port: int, origin: str = "http://localhost:{port}", visitor: str = "me"
) -> ClientConnection:
    headers = {"Origin": origin.format(port=port), "Cookie": f"{COOKIE}={visitor}"}
    return connect(f"ws://localhost:{port}/live", additional_headers=headers)


@contextmanager
def watch(port: int, run_id: str, **more: str) -> Iterator[ClientConnection]:
    with connection(port, **more) as socket:
        send(socket, watch=run_id)
        yield socket


def send(socket: ClientConnection, **content: object) -> None:
    socket.send(json.dumps(content))


def drawn(socket: ClientConnection, run_id: str) -> None:
    send(socket, drawn=run_id)


def request(socket: ClientConnection, run_id: str, what: object, value: object = None) -> None:
    send(socket, id=ID, run=run_id, request=what, value=value)


def text(socket: ClientConnection) -> dict:
    """The next text; what comes before it is drawn."""
    while isinstance(data := socket.recv(timeout=60), bytes):  # test digits may have to be made
        drawn(socket, unpack(data)[0]["run"])
    return dict(json.loads(data))


def response(socket: ClientConnection, request_id: int | None = ID) -> dict:
    """The next response, which has the request's id."""
    received = text(socket)
    assert received.pop("id") == request_id
    return received


def wait_until(condition: Callable[[], object]) -> None:
    deadline = time.monotonic() + 5
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.01)


def close_code(socket: ClientConnection) -> int:
    with pytest.raises(ConnectionClosed) as closed:
        socket.recv(timeout=5)
    assert closed.value.rcvd
    return closed.value.rcvd.code


def test_a_viewer_receives_everything_first_and_then_only_what_is_new(port, recorder) -> None:
    train_step(recorder, 1)
    with watch(port, recorder.run_id) as socket:
        first = receive(socket)
        assert first["state"] == "running"
        assert first["points"] == {"samples_seen": [10], "loss": [1.0], "smoothed_loss": [2.0]}
        assert first["snapshot"]["step"] == 1
        assert first["connections"] == [400, 40]
        assert first["bytes"] == 4 * 4 + 4 * 784 + 8 * (400 + 40)  # scales, tiles, lines
        drawn(socket, recorder.run_id)
        train_step(recorder, 2)
        second = receive(socket)
        assert second["points"] == {"samples_seen": [20], "loss": [0.5], "smoothed_loss": [1.0]}
        assert second["snapshot"]["step"] == 2


def test_accuracy_estimates_are_sent_once_and_say_on_which_images(port, recorder) -> None:
    network, _, _ = SPEC.build()
    recorder.untrained(network.parameters, 0.1)
    train_step(recorder, 1)
    with watch(port, recorder.run_id) as socket:
        first = receive(socket)
        assert first["accuracy_estimates"] == {"samples_seen": [0], "accuracy": [0.1]}
        assert first["estimated_on"] == "validation"
        drawn(socket, recorder.run_id)
        step = Step(2, 20, 0.5, 1.0)
        recorder.record(step, network.parameters, seconds=2, accuracy=0.25)
        recorder.write(network.parameters)
        assert receive(socket)["accuracy_estimates"] == {"samples_seen": [20], "accuracy": [0.25]}


def test_a_slow_viewer_skips_snapshots_but_no_points(port, recorder) -> None:
    train_step(recorder, 1)
    with watch(port, recorder.run_id) as socket, watch(port, recorder.run_id) as fast:
        receive(socket)
        receive(fast)
        for step in (2, 3, 4, 5):  # the slow one has not acknowledged yet
            drawn(fast, recorder.run_id)
            train_step(recorder, step)
            assert receive(fast)["snapshot"]["step"] == step
        drawn(socket, recorder.run_id)
        header = receive(socket)
        assert header["snapshot"]["step"] == 5
        assert header["points"]["samples_seen"] == [20, 30, 40, 50]


def test_all_viewers_of_a_run_receive_the_same(port, recorder) -> None:
    train_step(recorder, 1)
    with watch(port, recorder.run_id) as one, watch(port, recorder.run_id) as other:
        assert receive(one) == receive(other)


def test_the_worker_knows_that_its_run_is_watched(port, store, recorder) -> None:
    recorder.commands()
    assert not recorder.watched
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        wait_until(lambda: recorder.commands() or recorder.watched)


def test_thumbnails_ask_for_as_many_live_snapshots_as_they_show(
    port, store, recorder, monkeypatch
) -> None:
    single: list[list[str]] = []
    renewals: list[list[str]] = []
    monkeypatch.setattr(RunStore, "request_live_snapshot", lambda _, runs: single.append(runs))
    monkeypatch.setattr(RunStore, "watch", lambda _, runs, seconds: renewals.append(runs))
    with connection(port) as socket:
        send(socket, watch=recorder.run_id, rate=5, tiles=2, connections=False, points=False)
        began = time.monotonic()
        while time.monotonic() < began + 1:
            socket.send('{"drawn": "another"}')  # it is there
            time.sleep(0.05)
        assert 2 <= len(single) <= 6 and not renewals
        with watch(port, recorder.run_id):
            wait_until(lambda: [recorder.run_id] in renewals)


def test_a_change_of_state_is_sent_without_a_new_snapshot(port, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        drawn(socket, recorder.run_id)
        recorder.end(State.FAILED, "The disk is full.")
        header = receive(socket)
        assert (header["state"], header["message"]) == ("failed", "The disk is full.")
        assert header["snapshot"] is None


def test_a_viewer_learns_that_one_run_does_not_exist_and_still_sees_the_others(
    port, store, recorder
) -> None:
    other = store.create(SPEC)
    with watch(port, "nonesuch") as socket:
        assert text(socket) == {
            "run": "nonesuch",
            "gone": "There is no run 'nonesuch'. It may have been deleted.",
        }
        send(socket, watch=recorder.run_id)
        send(socket, watch=other.id)
        assert {receive(socket)["run"], receive(socket)["run"]} == {recorder.run_id, other.id}
        drawn(socket, other.id)
        store.delete(recorder.run_id)
        assert text(socket)["run"] == recorder.run_id
        recorder_of_other = Recorder(store, other.id)
        recorder_of_other.start(SPEC.sizes, steps=1000, cores=1)
        while (header := receive(socket))["state"] != "running":
            drawn(socket, other.id)
        assert header["run"] == other.id


def test_a_run_that_cannot_be_opened_says_why_and_does_not_harm_the_others(
    port, store, recorder
) -> None:
    broken = store.create(SPEC)
    with store.writing() as connection:
        ours = schema.runs.c.id == broken.id
        connection.execute(update(schema.runs).where(ours).values(spec="{"))
    with watch(port, broken.id) as socket:
        assert "cannot be read" in text(socket)["problem"]
        send(socket, watch=recorder.run_id)
        assert receive(socket)["run"] == recorder.run_id


def test_a_viewer_that_watches_many_runs_has_one_message_of_each_under_way(port, store) -> None:
    runs = [store.create(SPEC).id for _ in range(5)]
    with connection(port) as socket:
        for run in runs:
            send(socket, watch=run)
        assert {receive(socket)["run"] for _ in runs} == set(runs)
        for run in runs:
            store.cancel(run)  # each is news of a run whose last message is not drawn
        drawn(socket, runs[2])
        assert receive(socket)["run"] == runs[2]


def test_thumbnails_get_the_rate_tiles_and_parts_they_want(port, recorder, monkeypatch) -> None:
    train_step(recorder, 1)
    with connection(port) as socket:
        send(socket, watch=recorder.run_id, rate=4, tiles=2, connections=False, points=False)
        began = time.monotonic()
        first = receive(socket)
        assert (first["snapshot"]["neurons"], first["snapshot"]["total_neurons"]) == (2, 4)
        assert first["bytes"] == 2 * 4 + 2 * 784
        assert first["connections"] is None
        assert first["points"]["loss"] == []
        drawn(socket, recorder.run_id)
        train_step(recorder, 2)
        assert receive(socket)["snapshot"]["step"] == 2
        assert time.monotonic() - began > 0.2


def test_what_a_viewer_wants_can_change(port, recorder) -> None:
    """The rest of what it lacks is sent, without the run having changed."""
    train_step(recorder, 1)
    recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
    with connection(port) as socket:
        send(socket, watch=recorder.run_id, tiles=0, connections=False, points=False)
        first = receive(socket)
        assert (first["first"], first["bytes"]) == (True, 0)
        drawn(socket, recorder.run_id)
        send(socket, watch=recorder.run_id)
        found: dict = {"points": [], "tiles": 0, "connections": None}
        while not (found["points"] and found["tiles"] == 4 and found["connections"]):
            header = receive(socket)
            assert not header["first"]
            found["points"] += header["points"]["loss"]
            found["tiles"] = header["snapshot"]["neurons"] if header["snapshot"] else 0
            found["connections"] = header["connections"]
            drawn(socket, recorder.run_id)
        assert found["points"] == [1.0]


def test_slow_thumbnails_do_not_slow_the_large_wall(port, store, recorder) -> None:
    others = [Recorder(store, store.create(SPEC).id) for _ in range(9)]
    for other in others:
        other.start(SPEC.sizes, steps=1000, cores=1)
        train_step(other, 1)
    with connection(port) as socket:
        for other in others:
            send(socket, watch=other.run_id, rate=2, tiles=4, connections=False)
        assert {receive(socket)["run"] for _ in others} == {other.run_id for other in others}
        send(socket, watch=recorder.run_id)
        receive(socket)
        for step in range(2, 7):
            drawn(socket, recorder.run_id)
            train_step(recorder, step)
            for other in others:
                train_step(other, step)
            header = receive(socket)
            assert (header["run"], header["step"]) == (recorder.run_id, step)


def test_what_is_not_watched_any_more_is_not_sent(port, store, recorder) -> None:
    other = store.create(SPEC)
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        send(socket, unwatch=recorder.run_id)
        train_step(recorder, 1)
        send(socket, watch=other.id)
        assert receive(socket)["run"] == other.id
        send(socket, watch=recorder.run_id)
        header = receive(socket)
        assert (header["run"], header["first"], header["points"]["loss"]) == (
            recorder.run_id, True, [1.0],
        )  # fmt: skip


def test_a_viewer_may_watch_so_many_runs_and_learns_of_the_limit(
    port, store, recorder, monkeypatch
) -> None:
    monkeypatch.setattr(hub, "MAX_RUNS", 1)
    other = store.create(SPEC)
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        send(socket, watch=other.id)
        assert text(socket) == {"run": other.id, "problem": hub.TOO_MANY_RUNS}
        send(socket, unwatch=recorder.run_id)
        send(socket, watch=other.id)
        assert receive(socket)["run"] == other.id


def test_a_long_request_does_not_hold_up_the_news(port, recorder, monkeypatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(hub, "_random_image", lambda *_: {"image": str(released.wait(30))})
    train_step(recorder, 1)
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        request(socket, recorder.run_id, "random_image")
        drawn(socket, recorder.run_id)
        train_step(recorder, 2)
        assert receive(socket)["step"] == 2
        released.set()
        assert response(socket) == {"image": "True"}


COMMANDS = [
    ("pause", None),
    ("step", 3),
    ("lr", 0.05),
    ("speed", 2.5),
    ("resume", None),
    ("stop", None),
]


def test_commands_reach_the_store_with_their_values(port, store, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        accepted = []
        for what, value in COMMANDS:
            request(socket, recorder.run_id, what, value)
            accepted.append(response(socket)["command"])
    sent = store.commands(recorder.run_id)
    assert [(c.kind, c.value) for c in sent] == COMMANDS
    assert [c.id for c in sent] == accepted


def test_every_viewer_learns_when_the_worker_has_obeyed(port, store, recorder) -> None:
    """The last of two learning rates wins, whoever set it."""
    with watch(port, recorder.run_id) as one, watch(port, recorder.run_id) as other:
        ids = []
        for socket, lr in ((one, 0.05), (other, 0.02)):
            assert receive(socket)["last_obeyed"] == 0
            drawn(socket, recorder.run_id)
            request(socket, recorder.run_id, "lr", lr)
            ids.append(response(socket)["command"])
        wait_until(lambda: [recorder.acknowledge(found) for found in recorder.commands()])
        for socket in (one, other):
            while (header := receive(socket))["last_obeyed"] < ids[-1]:
                drawn(socket, recorder.run_id)
            assert header["lr"] == 0.02


def test_the_version_of_the_assets_is_sent(port, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        assert receive(socket)["version"] == assets.VERSION


@pytest.mark.parametrize("visitor", ["another", ""])
def test_other_visitors_may_watch_but_not_command(port, store, recorder, visitor) -> None:
    train_step(recorder, 1)
    with watch(port, recorder.run_id, visitor=visitor) as socket:
        assert receive(socket)["snapshot"]["step"] == 1
        request(socket, recorder.run_id, "stop")
        message = "Only the visitor who started this run, or the server's owner, may stop it."
        assert response(socket) == {"error": message}
        request(socket, recorder.run_id, "random_image")
        assert "image" in response(socket)
    assert not store.commands(recorder.run_id)


def test_no_visitor_may_command_a_run_of_the_command_line(port, store) -> None:
    run = store.create(SPEC)
    with watch(port, run.id, visitor="") as socket:
        request(socket, run.id, "stop")
        assert "Only the visitor who started" in response(socket)["error"]


@pytest.mark.parametrize(
    "text",
    [
        "", "[]", "3", "null", '{"request": "stop"}', '{"id": 7}', "[" * 199, '{"watch": 3}',
        '{"run": "a", "id": 7}', '{"drawn": "a", "watch": "a"}', '{"watch": "a", "rate": "fast"}',
        '{"watch": "a", "rate": 0}', '{"watch": "a", "rate": NaN}', '{"watch": "a", "tiles": -1}',
        '{"watch": "a", "tiles": []}', '{"watch": "a", "tiles": Infinity}',
    ],
)  # fmt: skip
def test_what_is_no_request_gets_an_error_message(port, store, recorder, text) -> None:
    with watch(port, recorder.run_id) as socket:
        socket.send(text)
        assert "did not understand" in response(socket, None)["error"]
    assert not store.commands(recorder.run_id)


@pytest.mark.parametrize(
    ("what", "value"),
    [
        ([], None), ("explode", None), ("step", 0), ("step", {}), ("speed", None),
        ("lr", None), ("lr", "fast"), ("lr", float("nan")),
    ],
)  # fmt: skip
def test_an_invalid_request_gets_an_error_message(port, store, recorder, what, value) -> None:
    with watch(port, recorder.run_id) as socket:
        request(socket, recorder.run_id, what, value)
        received = response(socket)
        assert received["error"].endswith(".")
        assert received.get("field") == ("lr" if what == "lr" else None)
    assert not store.commands(recorder.run_id)


def test_a_stopped_race_is_resumed_as_a_whole(port, store, monkeypatch) -> None:
    monkeypatch.setattr("nn.runs.worker.process.launch", lambda run_id: None)
    specs = [replace(SPEC, lr=lr) for lr in (0.1, 1.0, 2.0)]
    runs = create_group(store, "race", specs, owner=visitor_id(ME)).runs
    store.cancel(*runs)
    with watch(port, runs[1]) as socket:
        request(socket, runs[1], "resume_race")
        assert response(socket) == {"command": None}
        request(socket, runs[1], "resume_race")
        assert "there is nothing to resume" in response(socket)["error"]
    assert [store.run(run_id).state for run_id in runs] == [State.QUEUED] * 3


def test_a_resumed_run_counts_as_one_that_is_started(port, store, monkeypatch) -> None:
    monkeypatch.setattr("nn.runs.worker.process.launch", lambda run_id: None)
    monkeypatch.setattr(runs_api, "MAX_ACTIVE", 1)
    stopped = store.create(SPEC, owner=visitor_id(ME)).id
    store.cancel(stopped)
    waiting = store.create(SPEC, owner=visitor_id(ME)).id
    with watch(port, stopped) as socket:
        request(socket, stopped, "resume")
        assert "At most 1 of your runs" in response(socket)["error"]
        store.cancel(waiting)
        request(socket, stopped, "resume")
        assert response(socket) == {"command": None}
    assert store.run(stopped).state is State.QUEUED


def test_who_resumes_the_run_of_somebody_else_is_not_bound_by_their_limit(store, monkeypatch):
    monkeypatch.setattr("nn.runs.worker.process.launch", lambda run_id: None)
    monkeypatch.setattr(runs_api, "MAX_ACTIVE", 1)
    stopped = store.create(SPEC).id  # on the command line
    store.cancel(stopped)
    store.create(SPEC)
    received = {"run": stopped, "request": "resume"}
    assert hub._response_to(received, lambda: store, Visitor("me", True)) == {"command": None}


def test_a_random_image_of_the_test_set_is_sent(port, store, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        request(socket, recorder.run_id, "random_image")
        received = response(socket)
    test = sources.load_splits(SPEC.dataset, SPEC.validation_size, SPEC.seed).test
    image = np.frombuffer(base64.b64decode(received["image"]), np.uint8).reshape(28, 28)
    [rows] = np.nonzero((test.images == image).all(axis=(1, 2)))
    assert received["label"] in test.labels[rows]


def test_a_learning_rate_set_during_training_is_sent(port, store, recorder) -> None:
    train_step(recorder, 1)
    with watch(port, recorder.run_id) as socket:
        assert receive(socket)["lr"] is None
        drawn(socket, recorder.run_id)
        store.command(recorder.run_id, "lr", 0.05)
        while not (found := recorder.commands()):
            pass
        recorder.acknowledge(found[0])
        train_step(recorder, 2)
        while (header := receive(socket))["step"] < 2:
            drawn(socket, recorder.run_id)
        assert header["lr"] == 0.05


def test_resuming_a_run_without_a_worker_starts_one(port, store, recorder, monkeypatch) -> None:
    launched: list[str] = []
    monkeypatch.setattr(process, "launch", launched.append)
    recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        request(socket, recorder.run_id, "resume")
        assert response(socket) == {"command": None}
    assert launched == [recorder.run_id]
    assert store.run(recorder.run_id).state is State.QUEUED


def test_a_command_that_the_state_forbids_gets_an_error_message(port, recorder) -> None:
    recorder.end(State.FINISHED, last=SPEC.build()[0].parameters)
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        request(socket, recorder.run_id, "resume")
        assert "nothing to resume" in response(socket)["error"]


def test_an_oversized_request_closes_the_socket(port, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        socket.send("[" * 201)
        assert close_code(socket) == hub.TOO_LONG


def test_the_number_of_viewers_is_limited(port, recorder, monkeypatch) -> None:
    monkeypatch.setattr(hub, "MAX_VIEWERS", 1)
    with watch(port, recorder.run_id) as one:
        receive(one)
        with connection(port) as other:
            assert close_code(other) == budget.VIEWER_LIMIT
    wait_until(lambda: can_watch(port, recorder.run_id))


def can_watch(port: int, run_id: str) -> bool:
    try:
        with watch(port, run_id) as socket:
            return bool(receive(socket))
    except ConnectionClosed:
        return False


def test_the_last_message_of_a_run_sums_it_up(port, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
        while (header := receive(socket))["state"] != "stopped":
            drawn(socket, recorder.run_id)
        assert "Resume continues" in header["message"]


def test_a_run_without_viewers_is_not_polled(port, store, recorder) -> None:
    with watch(port, recorder.run_id) as socket:
        receive(socket)
    time.sleep(0.3)  # until the hub has noticed, at its next poll
    polls: list[object] = []
    original = store.present

    def counted(run_ids: Collection[str]) -> object:
        polls.append(run_ids)
        return original(run_ids)

    store.present = counted  # type: ignore[method-assign]
    time.sleep(0.3)  # longer than IDLE_INTERVAL
    assert not polls


def test_all_watched_runs_are_polled_with_one_query(port, store, recorder) -> None:
    runs = [recorder.run_id, *(store.create(SPEC).id for _ in range(20))]
    with connection(port) as socket:
        for run in runs:
            send(socket, watch=run)
        assert {receive(socket)["run"] for _ in runs} == set(runs)
        polls: list[set[str]] = []
        original = store.present

        def counted(run_ids: Collection[str]) -> object:
            polls.append(set(run_ids))
            return original(run_ids)

        store.present = counted  # type: ignore[method-assign]
        wait_until(lambda: set().union(*polls) == set(runs) and max(map(len, polls)) > 10)


def test_a_viewer_that_acknowledges_nothing_keeps_no_worker_writing(
    port, store, recorder, monkeypatch
):
    """Such as a hidden tab."""
    monkeypatch.setattr(hub, "WATCH_SECONDS", 1.0)
    with watch(port, recorder.run_id) as socket:
        receive(socket)
        wait_until(lambda: recorder.commands() or recorder.watched)
        wait_until(lambda: recorder.commands() or not recorder.watched)


def test_a_resumed_run_is_shown_at_its_checkpoint(port, store, recorder):
    train_step(recorder, 900)
    recorder.end(State.STOPPED, last=SPEC.build()[0].parameters)
    store.requeue(recorder.run_id)
    resumed = Recorder(store, recorder.run_id)
    with watch(port, recorder.run_id) as socket:
        assert receive(socket)["snapshot"]["step"] == 900
        drawn(socket, recorder.run_id)
        resumed.start(SPEC.sizes, 1000, 1, at=BEGINNING._replace(step=500, samples_seen=5000))
        wait_until(lambda: resumed.commands() or resumed.watched)
        train_step(resumed, 501)
        while (header := receive(socket))["snapshot"] is None or header["snapshot"]["step"] == 900:
            drawn(socket, recorder.run_id)
        assert header["snapshot"]["step"] == 501


def test_a_failure_while_polling_is_reported_for_that_run(port, store, recorder, monkeypatch):
    other, original = store.create(SPEC), store.epochs
    monkeypatch.setattr(
        store,
        "epochs",
        lambda run, *more: 1 / 0 if run == recorder.run_id else original(run, *more),
    )
    with watch(port, recorder.run_id) as socket:
        assert text(socket) == {"run": recorder.run_id, "problem": hub.BROKEN}
        send(socket, watch=other.id)
        assert receive(socket)["run"] == other.id
