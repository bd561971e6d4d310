"""What a new sweep is made of."""

from __future__ import annotations

from functools import partial

import streamlit as st

from nn.errors import FieldError, UserError
from nn.runs.presets import PRESETS
from nn.runs.spec import LIMITS
from pages.common import state
from pages.common.glossary import term
from pages.common.link_settings import settings_of
from pages.common.setting_text import FIELDS
from pages.common.text import plain
from pages.sweep import plan
from pages.sweep import state as sweep_state
from pages.sweep.plan import SUGGESTED, Plan
from pages.sweep.state import BASE_EPOCHS, BASE_PRESET, DRAWS, FIELD, NAME, ROWS_SHOWN, SEEDS, TEXT

VALUES_HELP = (
    "A list: 0.01, 0.1, 1 (of hidden layers 32/64,32: one layer of 32, and two of 64 and 32). "
    "A range: 0..0.5:6 is six evenly spaced values. With a constant ratio: log:0.001..1:4. "
    "Random values: random:log:0.001..1."
)


def choose() -> tuple[Plan | None, str]:
    """Draw the settings → the sweep and its size in words, or None and why it is not possible."""
    state.initialize_all(
        {BASE_PRESET: next(iter(PRESETS)), BASE_EPOCHS: 1, SEEDS: 3, DRAWS: 20, NAME: ""}
    )
    if state.value(ROWS_SHOWN) is None:
        for field in ("lr", "hidden"):
            sweep_state.add_row(field, SUGGESTED[field])
    numbers = list(state.value(ROWS_SHOWN))
    for position, number in enumerate(numbers, 1):
        _row(position, number, len(numbers) > 1)
    rows = [(state.value(f"{FIELD}{i}"), state.value(f"{TEXT}{i}")) for i in numbers]
    used = [field for field, _ in rows]
    unused = next((field for field in SUGGESTED if field not in used), "")
    if unused:
        st.button(
            "Add a setting",
            icon=":material/add:",
            on_click=partial(sweep_state.add_row, unused, SUGGESTED[unused]),
        )
    _common(plan.has_random(rows))
    base = settings_of(state.value(BASE_PRESET)) | {"epochs": state.value(BASE_EPOCHS)}
    try:
        made = plan.make(rows, base, state.value(SEEDS), state.value(DRAWS))
    except FieldError as error:
        return None, f"{FIELDS[error.field]} {error.rule}"
    except UserError as error:
        return None, str(error)
    return made, plan.in_words(made, rows)


def _row(position: int, number: int, can_remove: bool) -> None:
    field, text = f"{FIELD}{number}", f"{TEXT}{number}"

    def suggest() -> None:
        state.fill_in({text: SUGGESTED[state.value(field)]})

    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            f"Setting {position}",
            list(SUGGESTED),
            format_func=lambda name: FIELDS[name],
            key=field,
            persist_state="session",
            on_change=suggest,
            width=220,
        )
        st.text_input(
            f"Values of setting {position}", key=text, persist_state="session", help=VALUES_HELP,
            width=280,
        )  # fmt: skip
        if can_remove:
            st.button(
                f"Remove setting {position}",
                icon=":material/close:",
                key=f"remove sweep row {number}",
                on_click=partial(sweep_state.remove_row, number),
            )
    try:
        plan.check(state.value(field), state.value(text))
    except FieldError as error:
        st.error(plain(f"{FIELDS[error.field]} {error.rule}"))


def _common(has_random: bool) -> None:
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Preset",
            list(PRESETS),
            format_func=lambda name: PRESETS[name].title,
            key=BASE_PRESET,
            persist_state="session",
            help="The configuration of all runs, except for the settings above.",
            width=220,
        )
        low, high = LIMITS["epochs"]
        st.number_input(
            FIELDS["epochs"], int(low), int(high), key=BASE_EPOCHS, persist_state="session",
            help=term("epoch"), width=115,
        )  # fmt: skip
        st.number_input(
            "Seeds", 1, 100, key=SEEDS, persist_state="session", width=115,
            help="Runs of each configuration. " + term("seed"),
        )  # fmt: skip
        if has_random:
            st.number_input(
                "Random draws", 1, 1000, key=DRAWS, persist_state="session", width=115,
                help="How many combinations of the random values are trained.",
            )  # fmt: skip
