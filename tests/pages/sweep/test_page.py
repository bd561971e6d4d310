"""The Sweep page: the sweep in view, its progress and its results."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace
from pathlib import Path

import pytest
import streamlit as st
from streamlit.testing.v1 import AppTest

from nn.errors import UserError
from nn.runs import sweep as sweeps
from nn.runs import sweep_results
from nn.runs.run_names import configuration_name
from nn.runs.store.groups import create_group, groups
from nn.runs.store.store import State
from nn.runs.sweep import fingerprint
from nn.runs.worker import cluster, process
from pages.common import state
from pages.server import runs_api, shared_store
from pages.server.visitor import Visitor
from pages.sweep import best, figures, results, settings, table
from tests.runs.store.test_store import put

PAGE = Path(results.__file__).with_name("page.py")
ACCURACIES = (0.5, 0.6, 0.9, 0.8)  # of (rate, seed): (0.1, 0), (0.1, 1), (0.2, 0), (0.2, 1)


@pytest.fixture
def launched(store, monkeypatch):
    """The visitor is "me", and no worker starts → what would be launched."""
    calls: list[str] = []
    shared_store.store.cache_clear()
    monkeypatch.setattr(state, "visitor", lambda: Visitor("me", False))
    monkeypatch.setattr(process, "launch_queued", lambda store: calls.append("queued"))
    yield calls
    shared_store.store.cache_clear()


@pytest.fixture
def sweep(store, quick):
    """``sweep(hidden=…)``: two learning rates × the hidden layers × two seeds, all queued"""

    def make(name="", owner="me", hidden=((8,),)):
        specs = [
            replace(quick, lr=lr, hidden=widths, seed=seed)
            for widths in hidden for lr in (0.1, 0.2) for seed in (0, 1)
        ]  # fmt: skip
        fields = ["lr"] if len(hidden) == 1 else ["hidden", "lr"]
        names = [configuration_name(spec, [*fields, "seed"]) for spec in specs]
        return create_group(store, "sweep", specs, name, owner, names, fields=fields)

    return make


def finish(store, sweep, accuracies=ACCURACIES):
    for run_id, accuracy in zip(sweep.runs, accuracies, strict=False):
        put(store, store.run(run_id), state=State.FINISHED, test_accuracy=accuracy, seconds=1.5)


def opened(**parameters) -> AppTest:
    app = AppTest.from_file(str(PAGE), default_timeout=30)
    app.query_params.update(parameters)
    app.run()
    assert not app.exception
    return app


def texts(app) -> str:
    return "\n".join(text.value for text in app.markdown)


def test_without_a_sweep_the_page_says_what_one_is_and_how_to_start_it(launched):
    app = opened()
    assert "every combination of several settings" in texts(app)
    assert "python -m nn sweep" in texts(app)
    assert [button.label for button in app.button][-1] == "Start"


def test_the_newest_sweep_is_shown_unless_the_link_names_another(launched, sweep):
    old, new = sweep("old"), sweep("new")
    app = opened()
    assert app.selectbox[0].value == new.id
    assert app.query_params["sweep"] in (new.id, [new.id])
    assert opened(sweep=old.id).selectbox[0].value == old.id


def test_without_a_link_the_sweeps_of_others_are_not_shown_but_those_of_the_command_line(
    launched, sweep
):
    by_command = sweep("by command", owner="")
    sweep("of another", owner="another")
    app = opened()
    assert app.selectbox[0].value == by_command.id
    assert len(app.selectbox[0].options) == 2


def test_a_sweep_that_does_not_exist_is_named(launched, sweep):
    sweep()
    [warning] = opened(sweep="nonesuch").warning
    assert "no sweep" in warning.value and "nonesuch" in warning.value


def test_finished_runs_count_and_the_others_say_what_they_do(launched, sweep, store):
    made = sweep()
    finish(store, made, ACCURACIES[:1])
    put(store, store.run(made.runs[1]), state=State.DIVERGED)
    put(store, store.run(made.runs[2]), state=State.STOPPED)
    runs = store.runs(made.runs)
    assert results.progress_text(runs) == (
        "2 of 4 runs done, of which 1 diverged · 1 queued · 1 stopped"
    )


def test_stop_and_resume_are_of_all_runs_that_are_not_done(launched, sweep, store):
    made = sweep()
    finish(store, made, ACCURACIES[:1])
    app = opened()
    [stop] = [button for button in app.button if button.label == "Stop"]
    stop.click().run()
    states = [store.run(run_id).state for run_id in made.runs]
    assert states == [State.FINISHED, State.STOPPED, State.STOPPED, State.STOPPED]
    [resume] = [button for button in app.button if button.label == "Resume"]
    resume.click().run()
    states = [store.run(run_id).state for run_id in made.runs]
    assert states == [State.FINISHED, State.QUEUED, State.QUEUED, State.QUEUED]
    assert launched == ["queued"]


def test_resumed_runs_count_as_ones_that_are_started(launched, sweep, store, monkeypatch):
    monkeypatch.setattr(runs_api, "MAX_ACTIVE", 3)
    store.cancel(*sweep().runs)
    app = opened()
    [resume] = [button for button in app.button if button.label == "Resume"]
    assert "At most 3 of your runs" in errors(resume.click().run())[0]
    assert not any(run.state.active for run in store.runs()) and not launched


def test_the_sweep_of_somebody_else_cannot_be_stopped(launched, sweep):
    sweep(owner="another")
    assert not [button for button in opened().button if button.label == "Stop"]


def test_the_best_configuration_is_that_of_the_highest_median(launched, sweep, store):
    finish(store, sweep())
    best_one = "Learning rate 0\\.2**, 80.00\u00a0% test accuracy (median of 2 seeds)"
    assert best_one in texts(opened())


def test_one_click_trains_the_best_longer_and_opens_it(launched, sweep, store, monkeypatch):
    went = []

    def follow(page, query_params):
        went.append(query_params)

    monkeypatch.setattr(best.st, "switch_page", follow)
    made = sweep()
    finish(store, made)
    app = opened()
    [button] = [button for button in app.button if button.label == "Train the best longer"]
    button.click().run()
    [longer] = [run for run in store.runs() if run.id not in made.runs]
    assert (longer.spec.lr, longer.owner) == (0.2, "me")
    assert longer.spec.epochs == 5 * store.run(made.runs[0]).spec.epochs
    assert launched == ["queued"] and went == [{"run": longer.id}]


def test_the_table_has_a_row_for_each_configuration_the_best_first(launched, sweep, store):
    finish(store, sweep())
    [shown] = opened().dataframe
    found = shown.value
    assert found["Learning rate"].tolist() == [0.2, 0.1]
    assert found["Median accuracy"].tolist() == [0.8, 0.5]
    assert found["Highest"].tolist() == [0.9, 0.6]
    assert found["Seeds"].tolist() == [2, 2]
    assert found["Seconds of training"].tolist() == [1.5, 1.5]


def test_two_fields_make_a_heat_map_and_one_does_not(launched, sweep, store):
    finish(store, sweep())
    assert "Each cell" not in texts(opened())
    finish(store, sweep(hidden=((8,), (4, 4))), (0.5,) * 4)
    app = opened()
    assert "Each cell" in texts(app)
    columns, rows = (next(box for box in app.selectbox if box.label == label)
                     for label in ("Columns", "Rows"))  # fmt: skip
    assert (columns.value, rows.value) == ("hidden", "lr")
    columns.select("lr").run()
    assert not app.exception
    [rows] = [box for box in app.selectbox if box.label == "Rows"]
    assert rows.value == "hidden"


def test_the_charts_have_a_place_for_runs_that_have_not_finished(sweep, store):
    made = sweep(hidden=((8,), (4, 4)))
    finish(store, made, (0.5,))
    shown = results.with_pending(made, [store.run(run_id) for run_id in made.runs])
    found = sweep_results.heat_map(shown, "lr", "hidden")
    assert (found.columns, found.rows) == ([0.1, 0.2], [(4, 4), (8,)])
    assert found.medians == [[None, None], [0.5, None]]
    heat = figures.heat_map(shown, found, "lr", "hidden").data[0]
    assert heat.zmin < 0.5 < heat.zmax
    chart = figures.effect(shown, sweep_results.effect(shown, "lr"), "lr", (0.5, 0.5))
    assert list(chart.data[0].x) == [0] and list(chart.layout.xaxis.ticktext) == ["0.1", "0.2"]


def test_what_optuna_has_stopped_has_no_place_in_the_charts(sweep, store):
    made = sweep()
    finish(store, made, (0.5,))
    put(store, store.run(made.runs[1]), state=State.STOPPED)
    runs = [store.run(run_id) for run_id in made.runs]
    by_optuna = made._replace(options={"optuna": True})
    assert len(results.with_pending(made, runs)) == 4
    assert [run.id for run in results.with_pending(by_optuna, runs)] == [
        made.runs[0], *made.runs[2:],
    ]  # fmt: skip


def test_a_configuration_is_shown_by_its_values_in_words(launched, sweep, store):
    finish(store, sweep(hidden=((8,), (4, 4))), (0.5,) * 8)
    [shown] = opened().dataframe
    assert set(shown.value["Hidden layers"]) == {"8", "4, 4"}
    assert set(table.CONFIG) - {"Best epoch"} < set(shown.value.columns)


def fill(app, *rows, seeds=1) -> AppTest:
    """Set up a new sweep: a field and its values in each row."""
    for number, (field, values) in enumerate(rows):
        app.selectbox(key=f"sweep_field{number}").select(field).run()
        app.text_input(key=f"sweep_values{number}").input(values)
    app.selectbox(key="sweep_seeds").select(seeds)
    app.run()
    assert not app.exception
    return app


def errors(app) -> list[str]:
    return [error.value.replace("\\", "") for error in app.error]


def press_start(app) -> AppTest:
    [start] = [button for button in app.button if button.label == "Start"]
    start.click().run()
    assert not app.exception
    return app


def test_start_records_the_group_that_the_command_line_would(launched, store):
    app = fill(opened(), ("lr", "0.1, 0.2, 0.4"), ("hidden", "8/4,4"), seeds=5)
    assert "3 × 2 configurations × 5 seeds = 30 runs" in texts(app).replace("\\", "")
    press_start(app)
    [made] = groups(store)
    runs = [store.run(run_id) for run_id in made.runs]
    assert (made.kind, made.owner, made.options["fields"]) == ("sweep", "me", ["hidden", "lr"])
    assert made.options["fingerprint"] == fingerprint([run.spec for run in runs])
    assert [(run.spec.lr, run.spec.hidden, run.spec.seed) for run in runs] == [
        (lr, hidden, seed)
        for lr in (0.1, 0.2, 0.4) for hidden in ((8,), (4, 4)) for seed in range(5)
    ]  # fmt: skip
    assert runs[5].name == "hidden 4-4, lr 0.1, seed 0"
    assert {run.owner for run in runs} == {"me"} and launched == ["queued"]
    assert app.selectbox[0].value == made.id  # and it is shown


def test_a_second_start_shows_the_sweep_of_the_first(launched, store):
    first = press_start(fill(opened(), ("lr", "0.1,0.2"), ("hidden", "8")))
    again = press_start(fill(opened(sweep="new"), ("lr", "0.1,0.2"), ("hidden", "8")))
    [made] = groups(store)
    assert first.selectbox[0].value == again.selectbox[0].value == made.id
    assert len(store.runs()) == 2 and launched == ["queued"]
    store.delete(made.runs[0])  # the earlier one is no longer whole
    press_start(fill(opened(sweep="new"), ("lr", "0.1,0.2"), ("hidden", "8")))
    assert len(groups(store)) == 2


def test_a_cluster_that_does_not_answer_leaves_the_sweep_queued_and_is_named(
    launched, store, monkeypatch
):
    def no_answer(store):
        raise UserError("The Dask scheduler does not answer.")

    monkeypatch.setattr(process, "launch_queued", no_answer)
    app = press_start(fill(opened(), ("lr", "0.1,0.2"), ("hidden", "8")))
    assert any("does not answer" in toast.value for toast in app.toast)
    assert {run.state for run in store.runs()} == {State.QUEUED}
    assert app.selectbox[0].value == groups(store)[0].id


def test_the_owner_chooses_a_cluster_and_nobody_else_can(launched, store, monkeypatch):
    def threads(address):
        if address == "tcp://gone:1":
            raise UserError("The Dask scheduler at tcp://gone:1 does not answer.")
        return 4

    def choose(address):
        app = opened(sweep="new")
        app.text_input[-1].set_value(address)
        return next(b for b in app.button if b.label == "Train there").click().run()

    monkeypatch.setattr(cluster, "_threads", threads)
    monkeypatch.setenv(cluster.VARIABLE, "")
    assert not [field for field in opened(sweep="new").text_input if "Dask" in field.label]
    monkeypatch.setattr(state, "visitor", lambda: Visitor("me", True))
    assert "4 at a time" in texts(choose(" tcp://there:1 "))
    assert cluster.address() == "tcp://there:1" and launched == ["queued"]
    assert "does not answer" in choose("tcp://gone:1").error[0].value
    assert cluster.address() == "tcp://there:1"
    assert "train on this computer" in texts(choose(""))
    assert cluster.address() == ""


def test_random_values_ask_for_the_number_of_draws(launched, store):
    app = fill(opened(), ("lr", "random:log:0.01..1"), ("hidden", "8/16"))
    app.selectbox(key="sweep_draws").select(4).run()
    assert "4 × 2 configurations = 8 runs" in texts(app).replace("\\", "")
    press_start(app)
    assert len({run.spec.lr for run in store.runs()}) == 4


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ([("lr", "0.1..1")], "Learning rate needs a number of values from 2"),
        ([("lr", "")], "Learning rate needs values, for example"),
        ([("lr", "fast")], "Learning rate must be a number"),
        ([("lr", "-1")], "Learning rate must be a number"),
        ([("hidden", "wide")], "Hidden layers must be layer widths"),
        ([("lr", "0.1"), ("lr", "0.2")], "Learning rate is there twice"),
        ([("optimizer", "sgd,magic"), ("lr", "1")], "Optimizer must be one of"),
        ([("lr", "0.1..1:300")], "at most 200 runs"),
        ([("lr", "0.1..1:900"), ("dropout", "0..0.5:900")], "at most 1,000 runs"),
    ],
)
def test_what_cannot_be_trained_is_said_and_not_started(launched, store, rows, message):
    app = press_start(fill(opened(), *rows))
    assert any(message in error for error in errors(app)), errors(app)
    assert not store.runs() and not launched


def test_what_all_runs_have_in_common_is_shown_before_and_after_the_start(launched):
    app = fill(opened(momentum="0.5", epochs="7"), ("lr", "0.1,0.2"), ("hidden", "8"), seeds=2)
    shown = "All runs\\: Momentum 0\\.5 · Epochs 7 · Dataset "
    assert shown in texts(app)
    assert shown.replace("Mom", "Hidden layers 8 · Mom") in texts(press_start(app))


def test_rows_come_and_go(launched):
    app = fill(opened(), ("lr", "0.1,0.2"), ("hidden", "8/16"))
    next(button for button in app.button if button.label == "Add a setting").click().run()
    field = app.selectbox(key="sweep_field2").value
    assert field not in ("lr", "hidden")
    app.text_input(key="sweep_values2").input(settings.SUGGESTED[field]).run()
    app.button(key="remove sweep_values0").click().run()
    assert not app.exception and not app.error
    assert "2 × 3 configurations" in texts(app)


@pytest.mark.parametrize("field", settings.SUGGESTED)
def test_the_suggested_values_of_every_field_make_a_sweep(field):
    found = sweeps.plan(
        {field: settings.SUGGESTED[field]},
        lambda changes: runs_api.spec_of({"dataset": "strokes"} | changes),
    )
    assert len(found.specs) == 3 - (field == "loss") and found.options["fields"] == [field]


def test_without_a_cookie_nothing_is_started(launched, store, monkeypatch):
    monkeypatch.setattr(state, "visitor", lambda: Visitor("", False))
    app = press_start(opened())
    assert "cookie" in errors(app)[0] and not store.runs()


def test_the_runs_of_a_sweep_count_for_the_address_that_it_comes_from(launched, store, monkeypatch):
    monkeypatch.setattr(runs_api, "_started_at", defaultdict(set))
    monkeypatch.setattr(type(st.context), "ip_address", "192.168.1.7")
    press_start(opened())
    ids = {run.id for run in store.runs()}
    assert ids and runs_api._started_at["192.168.1.7"] == ids
    monkeypatch.setattr(runs_api, "ADDRESS_TIMES", len(ids) / runs_api.MAX_ACTIVE)
    monkeypatch.setattr(state, "visitor", lambda: Visitor("you", False))
    assert f"{len(ids)} runs from your address" in errors(press_start(opened()))[0]
    monkeypatch.setattr(type(st.context), "ip_address", "192.168.1.8")
    assert not errors(press_start(opened()))
    assert {run.owner for run in store.runs()} == {"me", "you"}


def test_a_bar_is_the_middle_half_and_of_few_runs_from_the_lowest_to_the_highest():
    few, many = (sweep_results.spread(x) for x in ((0.1, 0.5, 0.9), (0.1, 0.4, 0.5, 0.6, 0.9)))
    assert figures.bar_ends(few) == (0.1, 0.9)
    assert figures.bar_ends(many) == (0.4, 0.6)


def test_only_numbers_are_joined_by_a_line(store, sweep):
    made = sweep(hidden=((8,), (4, 4)))
    finish(store, made, (0.5,) * 8)
    runs = store.runs(made.runs)
    modes = {
        field: figures.effect(runs, sweep_results.effect(runs, field), field, (0, 1)).data[0].mode
        for field in ("lr", "hidden")
    }
    assert modes == {"lr": "lines+markers", "hidden": "markers"}
