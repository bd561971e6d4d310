"""The list of keyboard shortcuts, with the switch that the browser remembers."""

from __future__ import annotations

from pages.components.register import component

_show = component("keyboard_shortcuts")


def keyboard_shortcuts() -> None:
    _show(key="keyboard_shortcuts", data={})
