"""The weight walls of several runs, live, at equal images seen under one timeline."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from pages.components.register import component

KEY = "compare_walls"

_show = component("compare_walls")


class ComparedRun(NamedTuple):
    run: str  # its id
    name: str
    color: str  # CSS
    settings: str  # those in which it differs, as plain text


def compare_walls(
    runs: Sequence[ComparedRun], images: int | None, on_move: Callable[[int | None], object]
) -> None:
    """In this order; runs in training move. images: seen, at which the timeline begins, None: by
    now; ``on_move`` is called with where it has been moved to."""
    _show(
        key=KEY,
        data={"runs": [run._asdict() for run in runs], "images": images},
        default={"images": images},
        on_images_change=lambda: on_move(st.session_state[KEY].images),
    )
