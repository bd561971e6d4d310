"""The best configuration of a sweep, and training it longer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import streamlit as st
from sqlalchemy.exc import SQLAlchemyError

from nn.errors import UserError
from nn.runs.run_names import configuration_name
from nn.runs.spec import LIMITS, RunSpec
from nn.runs.store.groups import Group
from nn.runs.store.run import Run
from nn.runs.sweep_results import Result
from pages.common import errors, state
from pages.common.numbers import percent
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import plain
from pages.common.url_state import RUN
from pages.server import runs_api
from pages.server.shared_store import store
from pages.sweep.launching import launch_queued, visitor_and_run_ids
from pages.sweep.state import BEST_EPOCHS

TIMES_LONGER = 5


def show(sweep: Group, found: Result, fields: Sequence[str]) -> None:
    """The best configuration in a sentence, and a button that trains it longer."""
    spec = found.runs[0].spec
    st.markdown(summary(found, fields))
    low, high = LIMITS["epochs"]
    key = f"{BEST_EPOCHS} {sweep.id}"
    state.initialize(key, min(spec.epochs * TIMES_LONGER, int(high)))
    with st.container(horizontal=True, vertical_alignment="bottom"):
        epochs = st.number_input(FIELDS["epochs"], int(low), int(high), key=key, width=140)
        if st.button(
            "Train the best longer",
            icon=":material/model_training:",
            help="Starts a new run of this configuration with so many epochs, and opens it on "
            "Train.",
        ):
            try:
                run = start(spec, epochs, fields)
            except (UserError, runs_api.Rejected, SQLAlchemyError) as error:
                st.error(plain(errors.explained(error)))
            else:
                st.switch_page("train/page.py", query_params={RUN: run.id})


def summary(found: Result, fields: Sequence[str]) -> str:
    """Markdown: "Best: **Learning rate 0.1**, 97.4 % test accuracy (median of 5 seeds)."""
    spec, accuracy = found.runs[0].spec, found.accuracy
    named = ", ".join(f"{FIELDS[field]} {text_of(spec, field)}" for field in fields)
    what = f"Best: **{plain(named)}**" if named else "Result:"
    if not accuracy:
        return f"{what}."
    of = f" (median of {accuracy.values} seeds)" if accuracy.values > 1 else ""
    return f"{what}{',' if named else ''} {percent(accuracy.median, 2)} test accuracy{of}."


def start(spec: RunSpec, epochs: int, fields: Sequence[str]) -> Run:
    """Queue and launch a run of the configuration with so many epochs. Raises UserError, and
    Rejected for a visitor with many active runs."""
    visitor, [run_id] = visitor_and_run_ids(1)
    longer = replace(spec, epochs=epochs)
    named = configuration_name(longer, [field for field in fields if field != "epochs"])
    name = f"{named}, epochs {epochs}" if named else f"epochs {epochs}"
    run = store().create(longer, name, owner=visitor, run_id=run_id)
    launch_queued()
    return run
