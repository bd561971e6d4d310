"""The curves route: those of the runs that exist, as the description in wire says."""

from __future__ import annotations

import asyncio
import dataclasses
import json

import pytest
from starlette.requests import Request

from nn.runs.differences import configuration_key
from nn.runs.store.store import State
from nn.runs.worker.loop import work
from pages.server import assets, curves_route, shared_store
from tests.runs.store.test_store import put


@pytest.fixture
def get(store, monkeypatch):
    """``get(query)`` → status, what the response holds"""
    monkeypatch.setattr(shared_store, "store", lambda: store)

    def make(query: str):
        scope = {"type": "http", "query_string": query.encode(), "headers": []}
        response = asyncio.run(curves_route.route.endpoint(Request(scope)))
        is_text = response.media_type == "text/plain"
        return response.status_code, response.body if is_text else json.loads(response.body)

    return make


def test_the_curves_of_several_runs_come_in_one_response(store, quick, get):
    trained, queued = store.create(quick), store.create(quick)
    for _ in work(store, trained.id):
        pass
    status, found = get(f"runs={trained.id},gone,{queued.id},{trained.id}")
    assert status == 200 and found["version"] == assets.VERSION
    assert list(found["runs"]) == [trained.id, queued.id]
    run = found["runs"][trained.id]
    assert run["name"] == trained.name
    assert run["configuration"] == configuration_key(dataclasses.replace(quick, seed=7))
    assert run["status"] == {
        "state": "finished", "step": 100, "total_steps": 100, "samples_seen": 38_000,
        "seconds": store.run(trained.id).seconds, "epochs": 2,
    }  # fmt: skip
    recorded = store.points(trained.id)
    assert run["points"]["samples_seen"] == [point.samples_seen for point in recorded]
    losses = [point.smoothed_loss for point in recorded]
    assert run["points"]["smoothed_loss"] == pytest.approx(losses, rel=1e-3)
    estimates = store.accuracy_estimates(trained.id)
    assert run["estimates"] == {
        "samples_seen": [estimate.samples_seen for estimate in estimates],
        "accuracy": [estimate.accuracy for estimate in estimates],
    }
    assert [epoch["epoch"] for epoch in run["epochs"]] == [1, 2]
    assert found["runs"][queued.id]["epochs"] == []
    _, few = get(f"runs={trained.id}&points=5")
    assert len(few["runs"][trained.id]["points"]["samples_seen"]) <= 7


def test_a_run_that_diverged_has_curves(store, quick, get):
    run = store.create(quick)
    for _ in work(store, run.id):
        pass
    put(store, run, state=State.DIVERGED)
    assert get(f"runs={run.id}")[1]["runs"][run.id]["status"]["state"] == "diverged"


@pytest.mark.parametrize("points", ["0", "-1", "x", "201", "9" * 40, "000000001" + "9" * 5000])
def test_a_wrong_number_of_points_is_an_error(get, points):
    status, message = get(f"runs=a&points={points}")
    assert status == 400 and b"from 1 to 200" in message


def test_one_request_is_for_a_hundred_runs(get):
    assert get("runs=" + ",".join(map(str, range(101))))[0] == 400
    assert get("runs=" + ",".join(map(str, range(100))))[1]["runs"] == {}
    assert get("")[1]["runs"] == {}
