"""The weights of two neurons and their difference."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.components.register import component

_show = component("neuron_comparison")


def neuron_comparison(data: Mapping[str, Any]) -> None:
    """data: see pages.neurons.details.compared."""
    _show(key="neuron_comparison", data=dict(data))
