"""Everything about one neuron: its weights and statistics."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pages.components.register import component

_show = component("neuron_details")


def neuron_details(data: Mapping[str, Any]) -> None:
    """data: see pages.neurons.details.of."""
    _show(key="neuron_details", data=dict(data))
