"""Links to the Draw page: ``?run=RUN&step=STEP&digit=N``."""

from __future__ import annotations

import streamlit as st

from nn.data import sources
from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run
from pages.common import model_picker, state, url_state
from pages.common.text import plain
from pages.common.url_state import DIGIT, FIRST_MODEL, RUN, STEP
from pages.draw import input_image
from pages.draw import state as draw_state
from pages.server.shared_store import store


def open_link() -> None:
    """Choose RUN as the model, at STEP or its newest snapshot, and put image N of its test set on
    the canvas. Once a link, so that the visitor can then choose another; a link that leads nowhere
    gets a message.

    Every page carries the run in view in its URL, so ``run`` alone counts as a link only in the
    URL with which the session began.
    """
    parameters = url_state.read_all()
    if DIGIT not in parameters:
        parameters = {} if draw_state.opened_link() else state.first_link("draw")
    digit, run_id, step = (parameters.get(key, "") for key in (DIGIT, RUN, STEP))
    if not (digit or run_id) or draw_state.opened_link() == (digit, run_id, step):
        return
    draw_state.keep_opened_link((digit, run_id, step))
    try:
        run = store().find(run_id) if run_id else None
        if digit:
            _load_test_image(run, digit)
    except UserError as error:
        st.warning(plain(str(error)))
        return
    if run and run.samples_seen and parameters.get(FIRST_MODEL, run.id) == run.id:
        number = int(step) if step.isdecimal() and len(step) < 16 else None
        model_picker.select(draw_state.MODELS[0], run.id, number)


def _load_test_image(run: Run | None, digit: str) -> None:
    """Raises UserError if there is no such image."""
    spec = run.spec if run else RunSpec(dataset=sources.default_dataset())
    test = sources.load_splits(spec.dataset, spec.validation_size, spec.seed).test
    if not (digit.isdecimal() and len(digit) < 10 and int(digit) < len(test)):
        raise UserError(
            f"There is no test image {digit[:20]!r}: expected a number from 0 to {len(test) - 1:,}."
        )
    row = int(digit)
    description = f"Test image {row:,}, actual digit {test.labels[row]}"
    draw_state.load_image(input_image.of_dataset(test, row, description))
