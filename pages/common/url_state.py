"""URL state: the parameters of a link, and what version 0.1 called them and their choices."""

from __future__ import annotations

import streamlit as st

from nn.runs.old_names import FIELDS

# A choice stands in the URL as its label: 0.1's label → today's.
LABELS_OF_0_1: dict[str, dict[str, str]] = {
    "dataset": {"built-in strokes": "built-in synthetic digits"},
    "mode": {"pull (gradient)": "gradient"},
    "sort": {
        "strength (norm)": "weight norm",
        "how often it fires": "activation rate",
        "digit it serves": "preferred digit",
        "likeness": "similarity",
    },
    "only": {"neither": "unique"},
}


def translate_old_names() -> None:
    """Give the parameters of a link by 0.1 today's names and labels, before any widget reads them.

    Where a link has a parameter under both names, today's counts.
    """
    found = st.query_params.to_dict()
    renamed = {FIELDS[name]: value for name, value in found.items() if name in FIELDS}
    renamed |= {name: value for name, value in found.items() if name not in FIELDS}
    translated = {
        name: LABELS_OF_0_1.get(name, {}).get(value, value) for name, value in renamed.items()
    }
    if translated != found:
        st.query_params.from_dict(translated)
