"""Net: a network as columns of nodes, and its strongest weights as lines, for a picture."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nn.analysis.neurons.strongest_weights import strongest_weights
from nn.layers import Array

SIDE = 28
UNIT = 480  # pixels: the width that the measures below are for
MARGIN, RADIUS, LABEL = 14, 6, 16  # around it; of a node at most; beside the last nodes
TALL = 0.62  # height for a width of 1
POINTS = 24  # on a line
FINE = 2  # lines are drawn so many times as large, and made smaller, which smooths their edges


def places(sizes: Sequence[int], width: int) -> list[tuple[NDArray[np.float64], float]]:
    """For each layer where its nodes are, (n, 2): x, y, and how large their radius is, in pixels of
    a picture ``width`` wide. The first layer's are the pixels of a digit."""
    unit, height = width / UNIT, TALL * width
    side = 0.26 * width
    cell = side / SIDE
    row, column = np.divmod(np.arange(sizes[0]), SIDE)
    left, top = MARGIN * unit, (height - side) / 2
    pixels = np.stack([left + (column + 0.5) * cell, top + (row + 0.5) * cell], axis=1)
    found = [(pixels, cell / 2)]
    first, last = left + side, width - (MARGIN + LABEL) * unit
    for layer, count in enumerate(sizes[1:], 1):
        step = (height - 2 * MARGIN * unit) / count
        y = MARGIN * unit + (np.arange(count) + 0.5) * step
        x = np.full(count, first + (last - first) * layer / (len(sizes) - 1))
        found.append((np.stack([x, y], axis=1), max(1.0, min(RADIUS * unit, 0.4 * step))))
    return found


def shades(parameters: Array, sizes: Sequence[int], width: int) -> NDArray[np.int8]:
    """→ (height, width): the lines alone, as ``nn.analysis.neurons.weight_tiles`` has weights: 127
    is the strongest of its layer that speaks for a node, −127 against it; what is not finite is
    left out."""
    drawn = Image.new("L", (FINE * width, FINE * int(TALL * width)), 127)
    brush = ImageDraw.Draw(drawn)
    nodes = [FINE * where for where, _ in places(sizes, width)]
    t = np.linspace(0, 1, POINTS)[:, None]
    ahead, over = t * (1.5 - 1.5 * t + t * t), t * t * (3 - 2 * t)  # of a curve with level ends
    for lines, starts, ends in zip(
        strongest_weights(parameters, sizes), nodes, nodes[1:], strict=False
    ):
        weights = np.nan_to_num(lines.weight, posinf=0, neginf=0)
        strength = np.abs(weights) / (np.abs(weights).max() or 1)
        start, end = starts[lines.source], ends[lines.target]
        curves = start[:, None] + (end - start)[:, None] * np.concatenate([ahead, over], axis=1)
        shade = np.rint(127 + 127 * np.sign(weights) * strength**1.5)
        thick = np.rint(FINE * (0.4 + 1.6 * strength) * width / UNIT).clip(1)
        for curve, color, wide in zip(
            curves.reshape(len(curves), -1).tolist(), shade, thick, strict=True
        ):
            brush.line(curve, int(color), int(wide))
    return (np.asarray(drawn.reduce(FINE)).astype(np.int16) - 127).astype(np.int8)
