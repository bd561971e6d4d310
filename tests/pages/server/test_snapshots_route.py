"""The snapshots route: every kept snapshot once, complete, coarse first."""

from __future__ import annotations

import asyncio
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from nn.runs.spec import RunSpec
from nn.runs.store.run import Run
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work
from pages.server import shared_store, snapshots_route, wire
from tests.pages.server.unpack import unpack_messages


@given(st.lists(st.integers(0, 10**6), unique=True).map(sorted))
def test_every_step_comes_once_and_any_first_few_are_evenly_spread(steps):
    order = snapshots_route.coarse_first(steps)
    assert sorted(order) == steps
    assert order[:2] == [*steps[:1], *steps[1:][-1:]]
    for count in range(2, len(order)):
        positions = sorted(steps.index(step) for step in order[:count])
        widest_gap = max(b - a for a, b in pairwise(positions))
        assert widest_gap <= 4 * len(steps) / count


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    created = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setattr(shared_store, "store", lambda: created)
    return created


@pytest.fixture
def run(store: RunStore) -> Run:
    created = store.create(RunSpec(hidden=(5,), dataset="strokes", epochs=1, batch_size=500))
    for _ in work(store, created.id):
        pass
    return created


def get(run_id: str, query: str = "") -> tuple[int, bytes]:
    scope = {
        "type": "http", "path_params": {"run": run_id}, "query_string": query.encode(),
        "headers": [],
    }  # fmt: skip
    response = asyncio.run(snapshots_route.route.endpoint(Request(scope)))
    return response.status_code, response.body


def steps_of(messages: list[tuple[dict, bytes]]) -> list[int]:
    return [header["snapshot"]["step"] for header, _ in messages]


def test_each_message_holds_what_the_store_holds(store, run):
    steps, sizes = store.snapshot_steps(run.id), run.spec.sizes
    messages = unpack_messages(get(run.id)[1])
    assert steps_of(messages) == snapshots_route.coarse_first(steps)
    for header, data in messages:
        snapshot = store.snapshot(run.id, header["snapshot"]["step"])
        assert header["snapshot"] == wire.snapshot_header(snapshot, sizes)
        assert data == wire.pack_first_layer(snapshot.parameters, sizes) + wire.pack_connections(
            snapshot.parameters, sizes
        )
    later = unpack_messages(get(run.id, f"after={steps[3]}")[1])
    assert sorted(steps_of(later)) == steps[4:]


def test_portions_add_up_to_all_snapshots(run, monkeypatch):
    everything = unpack_messages(get(run.id)[1])
    monkeypatch.setattr(snapshots_route, "MAX_BYTES", 3 * len(everything[0][1]))
    received: list = []
    while portion := unpack_messages(get(run.id, f"skip={len(received)}")[1]):
        assert len(portion) <= 4
        received += portion
    assert received == everything
    last = steps_of(everything)[-1]
    early = unpack_messages(get(run.id, f"until={last}&skip=0")[1])
    assert early and all(step <= last for step in steps_of(early))


def test_fewer_tiles_come_without_connections(store, run):
    sizes = run.spec.sizes
    messages = unpack_messages(get(run.id, "tiles=3")[1])
    assert len(messages) == len(store.snapshot_steps(run.id))
    for header, data in messages:
        snapshot = store.snapshot(run.id, header["snapshot"]["step"])
        assert header["connections"] is None
        assert (header["snapshot"]["neurons"], header["snapshot"]["total_neurons"]) == (3, 5)
        assert data == wire.pack_first_layer(snapshot.parameters, sizes, 3)
        assert len(data) == 3 * (4 + 784)
    more = unpack_messages(get(run.id, "tiles=64")[1])
    assert {header["snapshot"]["neurons"] for header, _ in more} == {5}


@pytest.mark.parametrize("name", ["after", "until", "skip", "tiles"])
@pytest.mark.parametrize("value", ["", "x", "1e3", "9" * 30, "--1", "²"])
def test_a_value_that_is_no_number_gets_an_explanation(store, name, value):
    status, body = get(store.create(RunSpec()).id, f"{name}={value}")
    assert status == 400 and body.endswith(b".")


def test_an_unknown_run_gets_an_explanation(store):
    status, body = get("nonesuch")
    assert status == 404 and b"There is no run" in body
