"""A network as columns of nodes with its strongest weights as lines, drawn to an array."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw

from nn import IMAGE_SIDE
from nn.analysis.neurons.strongest_weights import strongest_weights
from nn.layers import Array

UNIT = 480  # pixels: the image width to which the lengths below refer
MARGIN, MAX_RADIUS, LABEL_WIDTH = 14, 6, 16  # around the diagram; of nodes; of the output labels
ASPECT = 0.62  # height / width
POINTS = 24  # of a curve
SUPERSAMPLING = 2  # lines are drawn larger and scaled down for smooth edges


def layout(sizes: Sequence[int], width: int) -> list[tuple[NDArray[np.float64], float]]:
    """→ for each layer, the centers (n, 2) as x, y of its nodes and their radius, in pixels of an
    image ``width`` wide. The nodes of the input layer are the pixels of a digit."""
    unit, height = width / UNIT, ASPECT * width
    side = 0.26 * width
    cell = side / IMAGE_SIDE
    row, column = np.divmod(np.arange(sizes[0]), IMAGE_SIDE)
    left, top = MARGIN * unit, (height - side) / 2
    pixels = np.stack([left + (column + 0.5) * cell, top + (row + 0.5) * cell], axis=1)
    layers = [(pixels, cell / 2)]
    first, last = left + side, width - (MARGIN + LABEL_WIDTH) * unit
    for layer, count in enumerate(sizes[1:], 1):
        step = (height - 2 * MARGIN * unit) / count
        y = MARGIN * unit + (np.arange(count) + 0.5) * step
        x = np.full(count, first + (last - first) * layer / (len(sizes) - 1))
        layers.append((np.stack([x, y], axis=1), max(1.0, min(MAX_RADIUS * unit, 0.4 * step))))
    return layers


def shades(parameters: Array, sizes: Sequence[int], width: int) -> NDArray[np.int8]:
    """→ (height, width): the lines alone, as int8: 127 for the largest positive weight between two
    layers, −127 for the largest negative one. Weights that are not finite are omitted."""
    image = Image.new("L", (SUPERSAMPLING * width, SUPERSAMPLING * int(ASPECT * width)), 127)
    context = ImageDraw.Draw(image)
    nodes = [SUPERSAMPLING * centers for centers, _ in layout(sizes, width)]
    t = np.linspace(0, 1, POINTS)[:, None]
    along, across = t * (1.5 - 1.5 * t + t * t), t * t * (3 - 2 * t)  # a curve with horizontal ends
    for connections, sources, targets in zip(
        strongest_weights(parameters, sizes), nodes, nodes[1:], strict=False
    ):
        weights = np.nan_to_num(connections.weight, posinf=0, neginf=0)
        relative = np.abs(weights) / (np.abs(weights).max() or 1)
        start, end = sources[connections.source], targets[connections.target]
        curves = start[:, None] + (end - start)[:, None] * np.concatenate([along, across], axis=1)
        shade = np.rint(127 + 127 * np.sign(weights) * relative**1.5)
        thickness = np.rint(SUPERSAMPLING * (0.4 + 1.6 * relative) * width / UNIT).clip(1)
        for curve, color, line_width in zip(
            curves.reshape(len(curves), -1).tolist(), shade, thickness, strict=True
        ):
            context.line(curve, int(color), int(line_width))
    return (np.asarray(image.reduce(SUPERSAMPLING)).astype(np.int16) - 127).astype(np.int8)
