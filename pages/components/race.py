"""The lanes of a race, its buttons, and who leads."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from pages.common.setting_text import FIELDS
from pages.components.register import component

KEY = "race"

_show = component("race")


class Lane(NamedTuple):
    run: str | None
    label: str  # its value of the varied setting
    color: str
    neurons: int  # in the first layer
    tiles: str | None  # the first layer before training, see pages.server.wire; in Base64


def race(
    lanes: Sequence[Lane],
    varied: str,
    options: Mapping[str, Any],
    on_new: Callable[[], None],
) -> str | None:
    """→ the id of the race that the browser has started.

    varied: the label of the varied setting. options: "group" (None before the start), "is_free" (of
    equal training time), "can_control", "started_by" (if not the visitor), "request" (to start it:
    see pages.server.wire), "texts" and "choices" (the settings that it was made of, as the screen
    shows them), "link" (the query of a link that sets it up; "" if there is none). The browser
    starts the race and sends the commands itself. ``on_new`` is called before the script runs when
    another race is wanted.
    """
    started: str | None = _show(
        key=KEY,
        data={
            "lanes": [lane._asdict() for lane in lanes],
            "varied": varied,
            "labels": FIELDS,
            **options,
        },
        on_started_change=lambda: None,
        on_again_change=on_new,
    ).started
    return started
