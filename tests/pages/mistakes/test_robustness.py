"""The tab of robustness: on request, with progress, and kept."""

from __future__ import annotations

from threading import Event

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nn.analysis import robustness as analysis
from nn.analysis.robustness import KINDS
from nn.errors import UserError
from nn.runs.worker.loop import work
from pages.mistakes import robustness
from pages.server import measure_robustness, networks, shared_store

BUTTON = "Measure robustness"


@pytest.fixture(autouse=True)
def nothing_measured():
    st.cache_resource.clear()


@pytest.fixture
def trained(store, quick, monkeypatch):
    shared_store.store.cache_clear()
    networks.network_at.cache_clear()
    run = store.create(quick)
    for _ in work(store, run.id):
        pass
    yield run
    shared_store.store.cache_clear()


def script(run_id: str, step: int) -> None:
    from nn.data.synthetic import handwriting
    from pages.common.predictions import SnapshotId
    from pages.common.test_set import ImageSet
    from pages.mistakes import robustness

    digits = handwriting.make(6, seed=1)
    robustness.show(ImageSet("six digits", "Six digits", digits, False), SnapshotId(run_id, step))


def opened(run_id="", step=0) -> AppTest:
    app = AppTest.from_function(script, default_timeout=60, args=(run_id, step)).run()
    assert not app.exception
    return app


def press(app, label=BUTTON) -> AppTest:
    next(button for button in app.button if button.label == label).click().run()
    assert not app.exception
    return app


def measured(app) -> AppTest:
    """When what it has started is done."""
    app.session_state["measurement"].measurement._future.result(timeout=60)
    app.run()
    assert not app.exception
    return app


def labels(app) -> list[str]:
    return [button.label for button in app.button]


def table_of(app) -> list[list[str]]:
    """The cells of the rows below the heading, or [] without a table."""
    tables = [text.value for text in app.markdown if text.value.startswith("| corruption")]
    return [
        [cell.strip() for cell in line.strip("|").split("|")]
        for table in tables
        for line in table.splitlines()[2:]
    ]


def test_nothing_is_measured_until_someone_asks(trained):
    app = opened(trained.id, 100)
    assert labels(app) == [BUTTON] and not table_of(app)
    assert "6 images of this test set" in app.markdown[0].value


def test_the_model_is_measured_beside_the_pretrained_one_and_then_kept(trained, store):
    [step, *_] = reversed(store.snapshot_steps(trained.id))
    app = measured(press(opened(trained.id, step)))
    rows = table_of(app)
    assert [row[0] for row in rows] == [*KINDS, "**mean of the fifteen**"]
    assert {len(row) for row in rows} == {3} and not labels(app)
    assert table_of(opened(trained.id, step)) == rows, "for the next visitor, too"


def test_the_pretrained_model_has_one_column():
    app = measured(press(opened()))
    rows = table_of(app)
    assert {len(row) for row in rows} == {2}
    assert rows[0] == ["none", "100\u00a0%"]


def test_another_snapshot_is_measured_anew_and_the_earlier_one_stays_in_view(trained, store):
    first, *_, last = store.snapshot_steps(trained.id)
    app = measured(press(opened(trained.id, first)))
    rows = table_of(app)
    other = AppTest.from_function(script, default_timeout=60, args=(trained.id, last))
    other.session_state["measurement"] = app.session_state["measurement"]
    other.run()
    assert labels(other) == [BUTTON] and table_of(other) == rows
    assert any("another snapshot, after 0 images" in text.value for text in other.markdown)
    assert table_of(measured(press(other))) != rows


def test_it_shows_progress_and_can_be_canceled(monkeypatch):
    go = Event()

    def corrupted(images, kind):
        assert kind == "none" or go.wait(60)
        return analysis.corrupted(images, kind)

    monkeypatch.setattr(measure_robustness, "corrupted", corrupted)
    try:
        app = press(opened())
        assert labels(app) == ["Cancel"] and not table_of(app)
        job = app.session_state["measurement"]
        press(app, "Cancel")
        assert labels(app) == [BUTTON] and app.session_state["measurement"] is None
    finally:
        go.set()
    job.measurement._future.result(timeout=60)
    assert len(robustness._accuracies(job.snapshot, job.images)) < len(KINDS)


def test_what_ends_a_measurement_is_said_in_a_sentence(monkeypatch):
    def corrupted(images, kind):
        raise UserError("These images cannot be corrupted.")

    monkeypatch.setattr(measure_robustness, "corrupted", corrupted)
    app = press(opened())
    with pytest.raises(UserError):
        app.session_state["measurement"].measurement._future.result(timeout=60)
    app.run()
    [error] = app.error
    assert "cannot be corrupted" in error.value and labels(app) == [BUTTON]


def test_the_chart_has_a_bar_for_each_corruption_and_model():
    accuracies = {kind: number / 20 for number, kind in enumerate(KINDS)}
    one = robustness.chart({"a": accuracies})
    two = robustness.chart({"a": accuracies, "b": accuracies})
    assert list(one.data[0].y) == list(KINDS)
    assert list(one.data[0].x) == list(accuracies.values())
    assert [bars.name for bars in two.data] == ["a", "b"]
    assert not one.layout.showlegend and two.layout.showlegend


def test_the_mean_is_of_the_corruptions_alone():
    accuracies = dict.fromkeys(KINDS, 0.5) | {"none": 1.0, "zigzag": 0.35}
    assert robustness.mean(accuracies) == pytest.approx((14 * 0.5 + 0.35) / 15)
    assert "| **mean of the fifteen** | **49.0\u00a0%** |" in robustness.table({"a": accuracies})
