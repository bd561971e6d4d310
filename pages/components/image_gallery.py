"""Small images in groups, each with a title and a note, in the theme's colors."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np

from nn.layers import Array
from pages.components.register import component

_show = component("image_gallery")


class Group(NamedTuple):
    """Images side by side under one title, with a sign between each two."""

    images: list[dict[str, Any]]  # of ``drawing_image``, ``network_input`` and ``signed``
    title: str
    note: str
    signs: Sequence[str] = ()


def drawing_image(image: Array, alt: str) -> dict[str, Any]:
    """An image (h, w) uint8, bright where there is ink, shown as ink on paper."""
    return _encoded(image, "drawing", alt)


def network_input(image: Array, alt: str) -> dict[str, Any]:
    """The same as a network is given it: white on black."""
    return _encoded(image, "input", alt)


def signed(values: Array, alt: str, full_color: float | None = None) -> dict[str, Any]:
    """Numbers (h, w): blue above 0, red below; ``full_color`` (else the largest) is the value with
    the strongest color."""
    full_color = full_color or float(np.abs(values).max()) or 1.0
    int8 = np.rint((values / full_color).clip(-1, 1) * 127).astype(np.int8)
    return _encoded(int8, "signed", alt)


def _encoded(image: Array, kind: str, alt: str) -> dict[str, Any]:
    height, width = image.shape
    values = base64.b64encode(image.tobytes()).decode()
    return {"values": values, "width": width, "height": height, "kind": kind, "alt": alt}


def image_gallery(groups: Sequence[Group], size: int, key: str, wide: bool = False) -> None:
    """size: an image's side in pixels of the page; wide: the groups share the whole width."""
    data = {"groups": [group._asdict() for group in groups], "size": size, "wide": wide}
    _show(key=key, data=data)
