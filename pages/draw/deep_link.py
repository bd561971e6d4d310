"""Linked: a link to the Draw page may put a test digit on the paper, read by a run at a moment."""

from __future__ import annotations

import streamlit as st

from nn.data import sources
from nn.errors import UserError
from nn.runs.spec import RunSpec
from pages.common import model_picker
from pages.common.text import plain
from pages.draw import input_image
from pages.draw import state as draw_state
from pages.server.shared_store import store


def take() -> None:
    """``?digit=N&run=RUN&step=STEP``: digit N of the test set that RUN was scored on. Once a link;
    a sentence where it leads nowhere."""
    digit, run_id, step = (st.query_params.get(key, "") for key in ("digit", "run", "step"))
    if not digit or not draw_state.newly_linked((digit, run_id, step)):
        return
    try:
        run = store().find(run_id) if run_id else None
        spec = run.spec if run else RunSpec(dataset=sources.default_dataset())
        test = sources.load_splits(spec.dataset, spec.validation_size, spec.seed).test
        if not (digit.isdecimal() and len(digit) < 10 and int(digit) < len(test)):
            raise UserError(f"There is no test digit {digit[:20]!r}; they go to {len(test) - 1:,}.")
    except UserError as error:
        st.warning(plain(str(error)))
        return
    words = f"Digit {int(digit):,} of the test set: it is a {test.labels[int(digit)]}."
    draw_state.load(input_image.of_dataset(test, int(digit), words))
    if run and run.samples_seen:
        model_picker.prefer(run.id, int(step) if step.isdecimal() and len(step) < 16 else None)
