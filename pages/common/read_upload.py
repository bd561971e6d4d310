"""Reading what a visitor uploads: one upload at a time for the whole server, so that many together
take no more memory than one; with progress, and a button to cancel."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from threading import Lock
from typing import Any, TypeVar

import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nn.support.progress import Progress
from pages.common import state
from pages.common.text import note

T = TypeVar("T")

INTERVAL = 0.2  # seconds between two changes of the progress bar, where a canceled script ends

_turn = Lock()


def read_upload(key: str, read: Callable[[Progress], T]) -> T | None:
    """What ``read`` returns, when it is this upload's turn; None when the visitor has canceled it.

    key: of the upload, new for each. Whatever ``read`` raises is raised.
    """
    container = st.empty()
    if state.canceled_upload() == key:
        with container.container(horizontal=True, vertical_alignment="center"):
            note("Canceled: these files have not been read.")
            st.button("Read them", key=f"read {key}", on_click=state.cancel_upload, args=("",))
        return None
    with container.container():
        bar = st.progress(0.0, "Reading your files…")
        # A press ends the script run that is reading.
        st.button("Cancel", key=f"cancel {key}", on_click=state.cancel_upload, args=(key,))
        while not _turn.acquire(timeout=INTERVAL):
            bar.progress(0.0, "Waiting: the server is reading another upload…")
        try:
            return read(partial(_with_progress, bar))
        finally:
            _turn.release()
            container.empty()


def _with_progress(bar: DeltaGenerator, items: Sequence[Any]) -> Iterator[Any]:
    """The items, while the bar shows how many are done."""
    shown = 0.0
    for done, item in enumerate(items):
        if time.monotonic() - shown >= INTERVAL:
            bar.progress(done / len(items), f"Reading {done + 1:,} of {len(items):,}…")
            shown = time.monotonic()
        yield item
