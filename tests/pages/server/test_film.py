"""The film: every kept frame once, whole, coarse first."""

from __future__ import annotations

import json
import struct
from itertools import pairwise
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.requests import Request

from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work
from pages.server import film, pack_network, pack_tiles, shared_store


@given(st.lists(st.integers(0, 10**6), unique=True).map(sorted))
def test_all_come_once_and_at_any_time_those_that_came_are_spread_out(steps):
    order = film.coarse_first(steps)
    assert sorted(order) == steps
    assert order[:2] == [*steps[:1], *steps[1:][-1:]]
    for count in range(2, len(order)):
        places = sorted(steps.index(step) for step in order[:count])
        widest = max(b - a for a, b in pairwise(places))
        assert widest <= 4 * len(steps) / count


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> RunStore:
    made = RunStore(f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setattr(shared_store, "store", lambda: made)
    return made


def ask(run_id: str, query: str = "") -> tuple[int, bytes]:
    scope = {
        "type": "http", "path_params": {"run": run_id}, "query_string": query.encode(),
        "headers": [],
    }  # fmt: skip
    answer = film.route.endpoint(Request(scope))
    return answer.status_code, answer.body


def messages(body: bytes) -> list[tuple[dict, bytes]]:
    found = []
    while body:
        (length,) = struct.unpack_from("<I", body)
        message, body = body[4 : 4 + length], body[4 + length :]
        (header,) = struct.unpack_from("<I", message)
        found.append((json.loads(message[4 : 4 + header]), message[4 + header :]))
    return found


def test_each_kept_frame_is_what_the_store_holds(store):
    run = store.create(RunSpec(hidden=(5,), dataset="strokes", epochs=1, batch_size=500))
    for _ in work(store, run.id):
        pass
    steps = store.snapshot_steps(run.id)
    found = messages(ask(run.id)[1])
    assert [header["frame"]["step"] for header, _ in found] == film.coarse_first(steps)
    for header, data in found:
        frame = store.snapshot(run.id, header["frame"]["step"])
        assert header["frame"]["samples_seen"] == frame.samples_seen
        sizes = run.spec.sizes
        assert data == pack_tiles.pack(frame.parameters, sizes) + pack_network.pack(
            frame.parameters, sizes
        )
    rest = messages(ask(run.id, f"after={steps[3]}")[1])
    assert sorted(header["frame"]["step"] for header, _ in rest) == steps[4:]


def test_portions_are_the_whole_film(store, monkeypatch):
    run = store.create(RunSpec(hidden=(5,), dataset="strokes", epochs=1, batch_size=500))
    for _ in work(store, run.id):
        pass
    [*whole] = messages(ask(run.id)[1])
    monkeypatch.setattr(film, "PORTION", 3 * len(whole[0][1]))
    found: list = []
    while came := messages(ask(run.id, f"skip={len(found)}")[1]):
        assert len(came) <= 4
        found += came
    assert found == whole
    early = messages(ask(run.id, f"until={whole[-1][0]['frame']['step']}&skip=0")[1])
    assert all(header["frame"]["step"] <= whole[-1][0]["frame"]["step"] for header, _ in early)


@pytest.mark.parametrize("name", ["after", "until", "skip"])
@pytest.mark.parametrize("value", ["", "x", "1e3", "9" * 30, "--1", "²"])
def test_what_is_no_number_is_answered_with_a_sentence(store, name, value):
    status, body = ask(store.create(RunSpec()).id, f"{name}={value}")
    assert status == 400 and body.endswith(b".")


def test_an_unknown_run_is_answered_with_a_sentence(store):
    status, body = ask("nonesuch")
    assert status == 404 and b"There is no run" in body
