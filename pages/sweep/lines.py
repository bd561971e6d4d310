"""The configurations of a sweep as lines through the axes of its fields."""

from __future__ import annotations

from collections.abc import Sequence

from nn.runs.sweep_results import Result
from pages.common.numbers import is_number, percent
from pages.common.setting_text import FIELDS, text_of
from pages.components.parallel_coordinates import Axis, Line


def axes_and_lines(found: Sequence[Result], fields: Sequence[str]) -> tuple[list[Axis], list[Line]]:
    """An axis for each field, and a line for each configuration with an accuracy, in their
    order."""
    shown = [result for result in found if result.accuracy]
    axes, columns = [], []
    for field in fields:
        values = [getattr(result.runs[0].spec, field) for result in shown]
        if all(map(is_number, values)):
            axes.append(Axis(FIELDS[field], None))
            columns.append([float(value) for value in values])
        else:
            positions = {value: position for position, value in enumerate(sorted(set(values)))}
            texts = {
                getattr(result.runs[0].spec, field): text_of(result.runs[0].spec, field)
                for result in shown
            }
            axes.append(Axis(FIELDS[field], [texts[value] for value in positions]))
            columns.append([float(positions[value]) for value in values])
    lines = [
        Line([column[i] for column in columns], accuracy.median, _text(result, fields))
        for i, result in enumerate(shown)
        if (accuracy := result.accuracy)
    ]
    return axes, lines


def _text(result: Result, fields: Sequence[str]) -> str:
    """ "Learning rate 0.1, Optimizer SGD: 97.41 % (median of 3 seeds)"."""
    spec, accuracy = result.runs[0].spec, result.accuracy
    named = ", ".join(f"{FIELDS[field]} {text_of(spec, field)}" for field in fields)
    if not accuracy:
        return named
    of = f" (median of {accuracy.values} seeds)" if accuracy.values > 1 else ""
    return f"{named}: {percent(accuracy.median, 2)} test accuracy{of}"
