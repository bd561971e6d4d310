"""The snapshot slider: one of a run's kept snapshots, by the images seen until then."""

from __future__ import annotations

from collections.abc import Mapping

import streamlit as st

from pages.common import state
from pages.common.glossary import term
from pages.common.numbers import images

BEFORE_TRAINING = "before training"


def snapshot_slider(label: str, samples_seen: Mapping[int, int], key: str, default: int) -> int:
    """samples_seen: step → images seen, at least one, rising. → the selected step."""
    steps = list(samples_seen)
    if len(steps) < 2:
        return steps[-1]
    state.keep_valid(key, steps, default)  # an old run may have lost some
    step: int = st.select_slider(
        label,
        steps,
        format_func=lambda step: images(samples_seen[step]) if step else BEFORE_TRAINING,
        key=key,
        help=term("snapshot"),
    )
    return step
