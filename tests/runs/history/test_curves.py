"""The curves of many runs: few points of each, and its last one always."""

from __future__ import annotations

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.runs.history.curves import FIGURES, curves, thinned
from nn.runs.store import schema
from nn.runs.store.store import State
from nn.runs.worker.loop import work
from tests.runs.store.test_store import add, put


@given(st.lists(st.integers(), unique=True), st.integers(1, 50))
def test_few_values_stay_with_the_first_and_the_last(values, count):
    kept = thinned(values, count)
    assert len(kept) <= count + 1
    assert kept[:1] == values[:1] and kept[-1:] == values[-1:]
    assert kept == sorted(kept, key=values.index)


@pytest.fixture
def trained(store, quick):
    """Two runs of different lengths."""
    runs = [store.create(dataclasses.replace(quick, epochs=epochs)) for epochs in (1, 2)]
    for run in runs:
        for _ in work(store, run.id):
            pass
    return [store.run(run.id) for run in runs]


def test_all_points_and_epochs_are_as_recorded(store, trained):
    found = curves(store, trained, 1000)
    for run in trained:
        assert found[run.id].points == store.points(run.id)
        assert found[run.id].epochs == [
            {name: epoch[name] for name in FIGURES} for epoch in store.epochs(run.id)
        ]
        assert found[run.id].estimates == store.accuracy_estimates(run.id) != []


def test_of_many_points_few_are_found_up_to_the_last(store, trained):
    found = curves(store, trained, 10)
    for run in trained:
        points = found[run.id].points
        assert 8 <= len(points) <= 12
        assert set(points) <= set(store.points(run.id))
        assert points[-1].step == run.step
        estimates, recorded = found[run.id].estimates, store.accuracy_estimates(run.id)
        assert len(estimates) <= 11 and set(estimates) <= set(recorded)
        assert estimates[0] == recorded[0] and estimates[-1] == recorded[-1]


def test_a_run_that_stopped_midway_has_its_last_point(store, trained):
    run = trained[1]
    point = store.points(run.id)[56]
    put(store, run, step=point.step, samples_seen=point.samples_seen, state=State.STOPPED)
    with store.writing() as connection:
        t = schema.points
        connection.execute(t.delete().where(t.c.run == run.id, t.c.step > point.step))
    stopped = store.run(run.id)
    found = curves(store, [stopped], 10)[run.id].points
    assert found[-1] == point and len(found) > 3


def test_points_at_other_steps_than_todays_are_found_too(store, quick):
    run = store.create(quick)
    for step in range(1, 400):
        add(store, schema.points, run, step=7 * step, samples_seen=step)
    put(store, run, total_steps=100_000, step=2793)
    found = curves(store, [store.run(run.id)], 200)[run.id].points
    assert 100 < len(found) <= 201 and found[-1].step == 2793


def test_a_run_without_anything_recorded_has_empty_curves(store, quick):
    run = store.create(quick)
    assert curves(store, [run], 10) == {run.id: ([], [], [])}
    assert curves(store, [], 10) == {}
