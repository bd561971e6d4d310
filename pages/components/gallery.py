"""Gallery: small pictures with a sentence each, in the theme's colors.

Registered once, when this module is imported: Streamlit takes component code as text.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from nn.layers import Array

_ASSETS = Path(__file__).parents[2] / "assets"

_gallery = st.components.v2.component(
    "digitscope.gallery",
    html='<div class="row"></div>',
    css=(_ASSETS / "draw.css").read_text(),
    js="".join((_ASSETS / file).read_text() for file in ("live.js", "gallery.js")),
)


class Group(NamedTuple):
    """Pictures side by side under one title, with a sign between each two."""

    pictures: list[dict[str, Any]]  # of ``ink``, ``light`` and ``signed``
    title: str
    note: str
    signs: Sequence[str] = ()


def ink(image: Array, alt: str) -> dict[str, Any]:
    """A picture (h, w) uint8, ink bright, shown as ink on paper."""
    return _packed(image, "ink", alt)


def light(image: Array, alt: str) -> dict[str, Any]:
    """The same as a network is given it: bright on black."""
    return _packed(image, "light", alt)


def signed(values: Array, alt: str, full: float | None = None) -> dict[str, Any]:
    """Numbers (h, w): blue above 0, red below; ``full`` (else the largest) has the full color."""
    full = full or float(np.abs(values).max()) or 1.0
    return _packed(np.rint((values / full).clip(-1, 1) * 127).astype(np.int8), "signed", alt)


def _packed(image: Array, kind: str, alt: str) -> dict[str, Any]:
    height, width = image.shape
    values = base64.b64encode(image.tobytes()).decode()
    return {"values": values, "width": width, "height": height, "kind": kind, "alt": alt}


def show(groups: Sequence[Group], size: int, key: str, way: bool = False) -> None:
    """size: a picture's side in pixels of the page; way: the groups share the whole width."""
    data = {"groups": [group._asdict() for group in groups], "size": size, "way": way}
    _gallery(key=key, data=data)
