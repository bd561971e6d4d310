"""What a new sweep is made of: settings and their values, seeds, and what all runs have in
common."""

from __future__ import annotations

import math
from collections.abc import Mapping

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError
from streamlit.delta_generator import DeltaGenerator

from nn.errors import FieldError, UserError
from nn.runs import sweep
from nn.runs.store.groups import create_group
from nn.runs.sweep import Plan
from nn.runs.sweep_runs import find_sweep
from pages.common import base_settings, errors, state
from pages.common.setting_text import FIELDS, in_common
from pages.common.text import note, plain
from pages.server import runs_api
from pages.server.shared_store import store
from pages.sweep import state as sweep_state
from pages.sweep.launching import launch_queued, visitor_and_run_ids
from pages.sweep.state import (
    BASE_EPOCHS,
    BASE_FIELDS,
    BASE_PRESET,
    DRAWS,
    FIELD,
    NAME,
    PROBLEMS,
    ROWS,
    SEEDS,
    VALUES,
)

MAX_RUNS = 200  # of a sweep that a visitor starts
MAX_SEEDS, MAX_DRAWS = 20, 100
DEFAULT_SEEDS, DEFAULT_DRAWS = 3, 10
BASE = BASE_PRESET, BASE_EPOCHS, BASE_FIELDS
FIRST_FIELDS = ("lr", "hidden")
# What can be swept, and values to begin with.
SUGGESTED = {
    "lr": "0.01, 0.1, 1",
    "hidden": "32 / 128 / 64, 32",
    "batch_size": "16, 64, 256",
    "epochs": "1, 2, 4",
    "optimizer": "sgd, rmsprop, adam",
    "momentum": "0, 0.5, 0.9",
    "lr_schedule": "constant, cosine, warm_up_linear",
    "activation": "sigmoid, tanh, relu",
    "initializer": "he, lecun, normal",
    "loss": "cross_entropy, squared_error",
    "dropout": "0, 0.2, 0.4",
    "augmentation": "0, 0.5, 1",
    "weight_decay": "0, 0.0001, 0.01",
    "label_smoothing": "0, 0.1, 0.2",
    "train_size": "500, 5000, 50000",
}
GRAMMAR = """\
- `0.01, 0.1, 1`: a list; networks are separated by `/`, as in `32 / 64, 32`
- `0..0.5:6`: 6 evenly spaced values, both ends included
- `log:0.001..1:4`: likewise, with a constant ratio
- `random:0..0.5` or `random:log:0.001..1`: random values
- `random:relu,tanh`: random values of a list"""


def show() -> None:
    """Draw the settings and Start."""
    _initialize()
    for message in state.value(PROBLEMS):
        st.warning(plain(message))
    messages = {number: _row(number) for number in state.value(ROWS)}
    st.button("Add a setting", icon=":material/add:", on_click=_add_row)
    _common()
    settings, problems = _read()
    plan = None
    if not problems:
        try:
            plan = make(settings)
        except FieldError as error:
            named = f"{FIELDS.get(error.field, error.field)} {error.rule}"
            numbers = [n for n in messages if state.value(f"{FIELD}{n}") == error.field]
            problems[numbers[0] if numbers else None] = named
        except UserError as error:
            problems[None] = str(error)
    with st.container(horizontal=True, vertical_alignment="center"):
        is_pressed = st.button("Start", type="primary", icon=":material/play_arrow:")
        if plan:
            st.markdown(plain(in_words(settings, plan)), width="content")
    if plan:
        varied = [*settings, "seed"] if state.value(SEEDS) > 1 else list(settings)
        note(plain(f"All runs: {in_common(plan.specs[0], varied)}"))
    for number, message in problems.items():
        messages.get(number, st).error(plain(message))
    if is_pressed and plan:
        try:
            started = start(plan, state.value(NAME).strip())
        except (UserError, runs_api.Rejected, SQLAlchemyError) as error:
            st.error(plain(errors.explained(error)))
        else:
            sweep_state.view_sweep(started)
            st.rerun()


def make(settings: Mapping[str, str]) -> Plan:
    """The sweep of the settings, field → text, with what else the page holds. Raises UserError."""
    base = base_settings.chosen(*BASE)
    plan = sweep.plan(
        settings,
        lambda changes: runs_api.spec_of(base | changes),
        state.value(SEEDS),
        state.value(DRAWS) if _is_random(settings) else None,
        base["seed"],
    )
    if len(plan.specs) > MAX_RUNS:
        raise UserError(
            f"A sweep has at most {MAX_RUNS} runs here, and more on the command line; these values "
            f"make {len(plan.specs)}. Choose fewer values or seeds."
        )
    return plan


def in_words(settings: Mapping[str, str], plan: Plan) -> str:
    """ "3 × 2 configurations × 5 seeds = 30 runs"."""
    parsed = [sweep.parse(field, text) for field, text in settings.items()]
    factors = [len(values) for values in parsed if isinstance(values, list)]
    if _is_random(settings):
        factors.insert(0, state.value(DRAWS))
    seeds = state.value(SEEDS)
    total = len(plan.specs)
    configurations = total // seeds
    if math.prod(factors) != configurations:  # some are equal
        factors = [configurations]
    shown = " × ".join(map(str, factors))
    first = f"{shown} configuration{'' if shown == '1' else 's'}"
    times = f" × {seeds} seeds" if seeds > 1 else ""
    return f"{first}{times} = {total} run{'' if total == 1 else 's'}"


def start(plan: Plan, name: str = "") -> str:
    """Record and launch the sweep → its id; if the visitor has started the same one before, that
    of the earlier one. Raises UserError, and Rejected for a visitor with many active runs."""
    visitor = state.visitor_id()
    if visitor and (earlier := find_sweep(store(), plan, visitor)):
        st.toast("You have started this sweep before. Here it is.")
        return earlier.id
    visitor, run_ids = visitor_and_run_ids(len(plan.specs))
    made = create_group(
        store(), "sweep", plan.specs, name, visitor, plan.names, run_ids=run_ids, **plan.options
    )
    launch_queued()
    return made.id


def _initialize() -> None:
    problems: list[str] = []
    first = base_settings.read_link(*BASE, problems) | {
        PROBLEMS: problems,
        SEEDS: DEFAULT_SEEDS,
        DRAWS: DEFAULT_DRAWS,
        NAME: "",
        ROWS: list(range(len(FIRST_FIELDS))),
    }
    for number, field in enumerate(FIRST_FIELDS):
        first |= {f"{FIELD}{number}": field, f"{VALUES}{number}": SUGGESTED[field]}
    state.initialize_all(first)


def _row(number: int) -> DeltaGenerator:
    """The field and its values → where its error goes."""
    field_key, values_key = f"{FIELD}{number}", f"{VALUES}{number}"

    def suggest() -> None:
        state.fill_in({values_key: SUGGESTED[state.value(field_key)]})

    def remove() -> None:
        state.set_value(ROWS, [other for other in state.value(ROWS) if other != number])

    position = state.value(ROWS).index(number) + 1
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            f"Setting {position}",
            list(SUGGESTED),
            format_func=FIELDS.__getitem__,
            key=field_key,
            persist_state="session",
            on_change=suggest,
            width=220,
        )
        st.text_input(
            f"Values of setting {position}",
            key=values_key,
            persist_state="session",
            placeholder=SUGGESTED[state.value(field_key)],
            help=GRAMMAR,
            width=300,
        )
        if len(state.value(ROWS)) > 1:
            st.button(
                f"Remove setting {position}",
                icon=":material/close:",
                key=f"remove {values_key}",
                on_click=remove,
            )
    return st.empty()


def _common() -> None:
    """What belongs to no single field."""
    with st.container(horizontal=True, vertical_alignment="bottom"):
        base_settings.choose(
            *BASE, help="The configuration of all runs, except for the settings above."
        )
        st.selectbox(
            "Seeds", list(range(1, MAX_SEEDS + 1)), key=SEEDS, persist_state="session", width=130,
            help="Runs of each configuration, which differ in their random numbers. Their spread "
            "says how much of a difference may be chance.",
        )  # fmt: skip
        if _is_random(_read()[0]):
            st.selectbox(
                "Draws",
                list(range(1, MAX_DRAWS + 1)),
                key=DRAWS,
                persist_state="session",
                help="How many random values to draw.",
                width=130,
            )
        st.text_input(
            "Name", max_chars=60, key=NAME, persist_state="session", placeholder="Optional",
            width=220,
        )  # fmt: skip


def _read() -> tuple[dict[str, str], dict[int | None, str]]:
    """→ field → text of its values, and what is wrong with a row, by its number."""
    settings: dict[str, str] = {}
    problems: dict[int | None, str] = {}
    for number in state.value(ROWS):
        field = state.value(f"{FIELD}{number}")
        text = state.value(f"{VALUES}{number}").replace(" ", "")
        if field in settings:
            problems[number] = f"{FIELDS[field]} is there twice. Choose another setting."
            continue
        settings[field] = text
        if not text:
            problems[number] = f"{FIELDS[field]} needs values, for example {SUGGESTED[field]}"
            continue
        try:
            sweep.parse(field, text)
        except FieldError as error:
            problems[number] = f"{FIELDS[field]} {error.rule}"
    return settings, problems


def _is_random(settings: Mapping[str, str]) -> bool:
    return any(text.startswith("random:") for text in settings.values())


def _add_row() -> None:
    """A row with a field that no other has."""
    numbers = state.value(ROWS)
    taken = {state.value(f"{FIELD}{number}") for number in numbers}
    field = next((name for name in SUGGESTED if name not in taken), next(iter(SUGGESTED)))
    new = max(numbers) + 1
    state.fill_in({f"{FIELD}{new}": field, f"{VALUES}{new}": SUGGESTED[field]})
    state.set_value(ROWS, [*numbers, new])
