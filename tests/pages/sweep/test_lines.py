"""The lines of the parallel coordinates."""

from __future__ import annotations

from sqlalchemy import update

from nn.runs import sweep_results
from nn.runs.spec import RunSpec
from nn.runs.store import schema
from pages.sweep import lines


def test_each_configuration_is_a_line_through_its_values(store):
    accuracies = {(8, 0.2): (0.8, 0.9), (4, 0.1): (0.7, 0.7), (8, 0.1): (0.6, 0.6)}
    for (width, lr), seeds in accuracies.items():
        for seed, accuracy in enumerate(seeds):
            run = store.create(RunSpec(hidden=(width, 4), lr=lr, seed=seed))
            change = update(schema.runs).where(schema.runs.c.id == run.id)
            with store.writing() as connection:
                connection.execute(change.values(test_accuracy=accuracy))
    found = sweep_results.results(store.runs(), {})
    axes, drawn = lines.axes_and_lines(found, ["hidden", "lr"])
    assert axes == [("Hidden layers", ["4, 4", "8, 4"]), ("Learning rate", None)]
    assert [line.values for line in drawn] == [[1, 0.2], [0, 0.1], [1, 0.1]]
    assert drawn[0].accuracy == 0.8  # the lower one of two
    assert drawn[0].text == (
        "Hidden layers 8, 4, Learning rate 0.2: 80.00\u00a0% test accuracy (median of 2 seeds)"
    )
