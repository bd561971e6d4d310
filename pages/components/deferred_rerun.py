"""Deferred rerun: reruns its fragment when a newer prediction than it shows has been drawn."""

from __future__ import annotations

from pages.components.register import component

_show = component("deferred_rerun", "<span></span>")


def deferred_rerun(turn: int) -> None:
    """turn: of the prediction that the fragment has just shown."""
    _show(key="deferred_rerun", data={"turn": turn}, height=1, on_turn_change=lambda: None)
