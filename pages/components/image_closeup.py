"""One image, large, with the probability of each digit."""

from __future__ import annotations

from pages.components.register import component
from pages.components.thumbnails import Thumbnail

_show = component("image_closeup")


def image_closeup(image: Thumbnail) -> None:
    _show(key="image_closeup", data=image._asdict())
