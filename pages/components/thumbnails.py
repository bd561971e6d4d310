"""Thumbnails: images of digits as a grid of buttons."""

from __future__ import annotations

import base64
from collections.abc import Callable, Sequence
from typing import NamedTuple

import streamlit as st

from nn.layers import Array
from pages.components.register import component

_show = component("thumbnails")


class Thumbnail(NamedTuple):
    row: int  # what is reported when it is opened
    image: str  # as ``encoded``
    title: str
    note: str
    alt: str  # a sentence
    probabilities: list[float] | None = None  # (10,)
    label: int | None = None
    predicted: int | None = None


def encoded(image: Array) -> str:
    """image: (28, 28) uint8 → Base64."""
    return base64.b64encode(image.tobytes()).decode()


def thumbnails(images: Sequence[Thumbnail], on_open: Callable[[int], object], key: str) -> None:
    """``on_open`` is called with the row of the one that is clicked."""
    _show(
        key=key,
        data={"thumbnails": [image._asdict() for image in images]},
        on_opened_change=lambda: on_open(int(st.session_state[key].opened)),
    )
