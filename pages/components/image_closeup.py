"""One image, large, with the probability of each digit."""

from __future__ import annotations

from pages.components.register import component
from pages.components.thumbnails import Thumbnail

_show = component("image_closeup")


def image_closeup(image: Thumbnail, key: str = "image_closeup") -> None:
    _show(key=key, data=image._asdict())
