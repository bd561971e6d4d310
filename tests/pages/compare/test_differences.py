"""The difference table: exactly the settings in which the runs differ, and their results."""

from __future__ import annotations

import dataclasses

from nn.runs.spec import RunSpec
from nn.runs.store import schema
from nn.runs.store.store import State
from pages.compare import differences
from pages.compare.colors import colors
from tests.runs.store.test_store import add, put


def shown(monkeypatch, store, runs):
    """What the table is given: the runs, the settings, the results by their labels."""
    tables = []
    notes = []
    monkeypatch.setattr(differences, "difference_table", lambda *given: tables.append(given))
    monkeypatch.setattr(differences, "note", notes.append)
    differences.show(runs, store.last_epochs(), colors(runs))
    [(heads, settings, results)] = tables
    return heads, settings, {row.label: row for row in results}, notes


def test_settings_in_which_runs_differ_come_before_their_results(monkeypatch, store):
    runs = [store.create(RunSpec(lr=lr, hidden=hidden)) for lr, hidden in ((0.1, ()), (0.5, (3,)))]
    put(store, runs[0], state=State.FINISHED, test_accuracy=0.9, seconds=12.34)
    for epoch, accuracy in ((1, 0.95), (2, 0.9)):
        add(
            store, schema.epochs, runs[0],
            epoch=epoch, test_accuracy=accuracy, images_per_second=1234.5,
        )  # fmt: skip
    runs = [store.run(run.id) for run in runs]
    heads, settings, results, notes = shown(monkeypatch, store, runs)
    assert [head["id"] for head in heads] == [run.id for run in runs]
    assert len({head["color"] for head in heads}) == 2
    assert [(row.label, row.values) for row in settings] == [
        ("Hidden layers", ["none", "3"]),
        ("Learning rate", ["0.1", "0.5"]),
    ]
    texts = {
        label: [text.replace("\xa0", " ") for text in row.values] for label, row in results.items()
    }
    assert texts == {
        "State": ["Finished", "Queued"],
        "Test accuracy": ["90.00 %", "–"],
        "Best epoch": ["1 (95.00 %)", "–"],
        "Images per second": ["1,234", "–"],
        "Seconds of training": ["12.34", "–"],
        "Parameters": ["7,850", "2,395"],
    }
    assert not any(results["Test accuracy"].best)  # of one known value, none is better
    assert not notes


def test_the_best_of_several_results_is_marked(monkeypatch, store):
    runs = [store.create(RunSpec(seed=seed)) for seed in range(3)]
    for run, accuracy in zip(runs, (0.8, 0.9, 0.9), strict=True):
        put(store, run, test_accuracy=accuracy)
    results = shown(monkeypatch, store, [store.run(run.id) for run in runs])[2]
    assert results["Test accuracy"].best == [False, True, True]
    assert not any(results["Parameters"].best)


def test_of_very_many_runs_the_first_are_shown(monkeypatch, store):
    run = store.create(RunSpec())
    runs = [dataclasses.replace(run, id=str(number)) for number in range(30)]
    heads, _, results, notes = shown(monkeypatch, store, runs)
    assert len(heads) == len(results["State"].values) == 24
    assert notes == ["The table has the first 24 of 30 runs."]
