"""A select box whose labels may change while it is on screen."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import streamlit as st

from pages.common import state


def labeled_selectbox(
    label: str,
    labels: Mapping[str, str],
    chosen: str,
    key: str,
    on_choose: Callable[[str], None],
    **options: Any,
) -> None:
    """Let the visitor choose one of the keys of ``labels``, which are shown in their place.

    A browser sends the label of what is chosen, and Streamlit takes one that has changed since, as
    that of a run in training does after each epoch, for the choice itself. So the choice is not
    kept in the widget: ``chosen`` is the present one, and ``on_choose`` is called with a new one.

    key: of the widget alone; options: of st.selectbox.
    """

    def choose() -> None:
        if (choice := state.value(key)) in labels:
            on_choose(choice)

    state.set_value(key, chosen)
    st.selectbox(
        label, list(labels), format_func=labels.__getitem__, key=key, on_change=choose, **options
    )
