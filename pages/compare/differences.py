"""The settings in which the compared runs differ, and their results."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from nn.network import parameter_count
from nn.runs.differences import differing_fields
from nn.runs.store.store import Run
from pages.common.numbers import percent
from pages.common.run_columns import Epoch
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import note
from pages.components.difference_table import Row, difference_table

MAX_COLUMNS = 24  # runs; more are not compared by eye
NOTHING = "–"


def show(runs: Sequence[Run], epochs: Mapping[str, Epoch], colors: Mapping[str, str]) -> None:
    """epochs: the last ones, as RunStore.last_epochs."""
    fields = differing_fields([run.spec for run in runs])
    shown = runs[:MAX_COLUMNS]
    rows = [Row(FIELDS[name], [text_of(run.spec, name) for run in shown]) for name in fields]
    heads = [{"id": run.id, "name": run.name, "color": colors[run.id]} for run in shown]
    difference_table(heads, rows, _results(shown, epochs))
    if len(runs) > len(shown):
        note(f"The table has the first {len(shown)} of {len(runs):,} runs.")


def _results(runs: Sequence[Run], epochs: Mapping[str, Epoch]) -> list[Row]:
    def row(
        label: str, values: Sequence[float | None], text: Callable[[float], str], best: str = ""
    ) -> Row:
        """best: "max" or "min" where one value is better than another."""
        known = [value for value in values if value is not None]
        top = {"max": max, "min": min}[best](known) if best and len(set(known)) > 1 else None
        texts = [NOTHING if value is None else text(value) for value in values]
        return Row(label, texts, [top is not None and value == top for value in values])

    last = [epochs.get(run.id, {}) for run in runs]
    best_epochs = [
        f"{epoch['best_epoch']} ({percent(epoch['best_test_accuracy'], 2)})"
        if epoch.get("best_epoch")
        else NOTHING
        for epoch in last
    ]
    return [
        Row("State", [run.state.capitalize() for run in runs]),
        row("Test accuracy", [run.test_accuracy for run in runs], lambda x: percent(x, 2), "max"),
        Row("Best epoch", best_epochs),
        row(
            "Images per second",
            [epoch.get("images_per_second") for epoch in last],
            lambda speed: f"{speed:,.0f}",
            "max",
        ),
        row("Seconds of training", [run.seconds or None for run in runs], lambda x: f"{x:,.2f}"),
        row(
            "Parameters",
            [parameter_count(run.spec.sizes) for run in runs],
            lambda count: f"{count:,}",
        ),
    ]
