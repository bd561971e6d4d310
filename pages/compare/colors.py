"""The color of each compared run, the same everywhere on the page."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import quote

from nn.runs.differences import by_configuration
from nn.runs.store.store import Run
from pages.common.charts import PALETTE

GRAY = "#8b95a3"  # of all others


def colors(runs: Sequence[Run]) -> dict[str, str]:
    """Run → color: the first configurations have one each, which their seeds share."""
    return {
        run.id: PALETTE[i] if i < len(PALETTE) else GRAY
        for i, seeds in enumerate(by_configuration(runs))
        for run in seeds
    }


def swatch(color: str) -> str:
    """An image of the color, as the URL of an image column; "" for none."""
    disk = f'<circle cx="8" cy="8" r="6" fill="{color}"/>'
    image = f'<svg xmlns="http://www.w3.org/2000/svg" width="16" height="16">{disk}</svg>'
    return f"data:image/svg+xml,{quote(image)}" if color else ""
