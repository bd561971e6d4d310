"""Pinned predictions: the displayed run's predictions for the visitor's pinned drawings."""

from __future__ import annotations

import base64
from io import BytesIO

import numpy as np
import streamlit as st
from PIL import Image

from nn import IMAGE_SIDE
from nn.errors import UserError
from nn.layers import Array
from nn.runs import load_network
from nn.runs.store.store import Run
from pages.common import state
from pages.server.shared_store import store

INTERVAL = 0.5  # seconds

_STYLE = """<style>
.pins { display: flex; flex-wrap: wrap; gap: 0.75rem 1.5rem; font-size: 0.875rem; }
.pins figure { display: flex; gap: 0.6rem; align-items: center; margin: 0; }
.pins img { width: 56px; border-radius: 6px; image-rendering: pixelated; }
.pins .ten { display: flex; align-items: flex-end; gap: 2px; height: 40px; }
.pins .ten i { width: 7px; background: currentColor; opacity: 0.7; }
.pins figcaption { font-variant-numeric: tabular-nums; min-width: 7rem; }
</style>"""


def show(run: Run) -> None:
    """Show the predictions and keep them current; show nothing if no drawing is pinned."""
    pins = state.pins()
    if pins:
        st.fragment(_predictions, run_every=INTERVAL)(run.id, pins)


def _predictions(run_id: str, pins: list[bytes]) -> None:
    images = np.frombuffer(b"".join(pins), np.uint8).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    try:
        network = load_network.network_at(store(), run_id)
    except UserError:
        return  # no snapshot yet, or the run was deleted; the status line says so
    predictions = zip(images, network.probabilities(images), strict=True)
    st.html(_STYLE + f'<div class="pins">{"".join(_figure(*each) for each in predictions)}</div>')


def _figure(image: Array, probabilities: Array) -> str:
    file = BytesIO()
    Image.fromarray(image).save(file, "PNG")
    data = base64.b64encode(file.getvalue()).decode()
    digit = int(probabilities.argmax())
    bars = "".join(f'<i style="height: {max(2, 100 * p):.0f}%"></i>' for p in probabilities)
    return (
        f'<figure><img src="data:image/png;base64,{data}" alt="Your pinned drawing">'
        f'<div class="ten" aria-hidden="true">{bars}</div><figcaption>Predicted: '
        f"<b>{digit}</b><br>{100 * probabilities[digit]:.0f} % confidence</figcaption></figure>"
    )
