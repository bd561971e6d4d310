"""URL state: the parameters of a link, reading and writing them.

A link holds plain values: run ids, numbers, and RunSpec's own words (``optimizer=adam``). Only what
differs from the default is in the URL. pages.server.old_links translates links by version 0.1.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Collection, Mapping
from typing import TypeVar

import streamlit as st

from nn.runs.spec import RunSpec

N = TypeVar("N", int, float)

RUN, STEP = "run", "step"  # the run in view and the snapshot shown; absent: the newest snapshot
MODEL = "model"  # "pretrained": Neurons and Mistakes show the pretrained model instead of the run
SIMPLE = "simple"  # "1": the Train page for a class, with little more than Start and Stop
PRESET = "preset"
SETTINGS = {PRESET, *(field.name for field in dataclasses.fields(RunSpec))}
LAYER, NEURON = "layer", "neuron"  # counted from 1 and from 0, as on screen
MODE, SORT, ONLY = "mode", "sort", "only"  # of the weight wall on Neurons
GROUP = "group"  # the group shown; absent: the plan of a new one
COLUMNS, COLUMN_VALUES = "columns", "column_values"  # on Grid: a setting, and its values
ROWS, ROW_VALUES = "rows", "row_values"  # likewise
VARY, VALUES = "vary", "values"  # on Race: the varied setting, or "preset", and its values
FREE = "free"  # on Race: "1" for equal training time instead of equal images seen
SWEEP = "sweep"  # the sweep shown, or "new"; absent: the visitor's newest
RUNS = "runs"  # on Compare: ids, separated by commas
IMAGES = "images"  # on Compare: images seen, at which the weight walls are; absent: by now
DIGIT = "digit"  # on Draw: the row of a test image
FIRST_MODEL, SECOND_MODEL = "first", "second"  # on Draw: runs, or "pretrained"


def read(name: str, default: str = "") -> str:
    """A parameter's text; ``default`` without it."""
    return st.query_params.get(name, default)


def read_option(
    name: str, options: Collection[str], default: str, problems: list[str] | None = None
) -> str:
    """A parameter that is one of ``options``, else ``default``, and a sentence in ``problems``."""
    value = read(name, default)
    if value in options:
        return value
    _report(problems, name, f"must be one of {', '.join(options)}", default)
    return default


def read_number(name: str, low: N, high: N, default: N, problems: list[str] | None = None) -> N:
    """A parameter that is a number of ``default``'s type from low to high, else ``default``, and a
    sentence in ``problems``."""
    if not has(name):
        return default
    try:
        number = type(default)(read(name))
    except (ValueError, OverflowError):
        number = None
    if number is not None and low <= number <= high:
        return number
    _report(problems, name, f"must be a number from {low:,} to {high:,}", default)
    return default


def _report(problems: list[str] | None, name: str, rule: str, default: object) -> None:
    if problems is not None:
        problems.append(f"In the link, {name}={read(name)[:40]} {rule}; it is now {default}.")


def has(*names: str) -> bool:
    """Whether the URL has any of these parameters."""
    return any(name in st.query_params for name in names)


def write(name: str, value: object) -> None:
    """Put a parameter into the URL; None removes it."""
    write_all({name: value})


def write_all(parameters: Mapping[str, object]) -> None:
    """Put parameters into the URL, in one message to the browser; None removes one."""
    before = st.query_params.to_dict()
    after = before | {name: str(value) for name, value in parameters.items()}
    after = {name: text for name, text in after.items() if parameters.get(name, "") is not None}
    if after != before:
        st.query_params.from_dict(after)


def read_all() -> dict[str, str]:
    return st.query_params.to_dict()
