"""Animation: the first layer's weights, or the whole network, learning as a moving picture."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

from nn.analysis.neurons.pre_activations import check_neuron
from nn.analysis.neurons.weight_tiles import weight_tiles
from nn.export import network_diagram
from nn.layers import Array
from nn.runs.history.weights import evenly_spaced
from nn.runs.store.store import RunStore
from nn.support.atomic_write import Track, replacing

SIDE, GAP = 28, 2
MARGIN, CAPTION = 12, 28  # pixels around the tiles, and of the line below them
WIDTH, TILE = 960, 280  # pixels: what the picture's and a tile's width come near
MOMENT, END = 100, 3000  # milliseconds that a frame, and the last one, is shown
MOST = 60  # frames
_WEBP: Any = {"lossless": True, "quality": 0}  # 0: least effort, a third of the time, 5 % larger
SHADE = 8  # of 127: a weight is rounded to a multiple; noise in all shades would not compress

# Palette: 0 is the text's color; 1 to 255 are a weight from −127 (red) through 0 (the paper) to
# 127 (blue), as on the Train page in its light theme.
TEXT, PAPER = 0, 128
INK, NEUTRAL = (28, 36, 48), (244, 245, 247)
NEGATIVE, POSITIVE = (194, 56, 46), (29, 99, 184)


def write(
    store: RunStore,
    run_id: str,
    steps: list[int],
    path: Path,
    neuron: int | None,
    track: Track,
    most: int = MOST,
    width: int = WIDTH,
) -> None:
    """Write the tiles of one neuron, or of the whole first layer, at the kept frames ``steps``: at
    ``most`` of them, evenly chosen, about ``width`` pixels wide; .webp or, by any other name, GIF.

    A .webp is encoded once all is drawn, which takes several times as long. An exception out of
    ``track`` ends it, and no file is left. Raises UserError when there are no such frames, for no
    such neuron, and where the file cannot be written.
    """
    sizes = store.run(run_id).spec.sizes
    if neuron is not None:
        check_neuron(sizes, 0, neuron)
    shown = slice(None) if neuron is None else slice(neuron, neuron + 1)

    def draw(parameters: Array) -> Image.Image:
        return _wall(weight_tiles(parameters, sizes, shown)[1], width)

    _write(store, run_id, evenly_spaced(steps, most), path, draw, track)


def write_net(
    store: RunStore,
    run_id: str,
    steps: list[int],
    path: Path,
    track: Track,
    most: int = MOST,
    width: int = WIDTH,
) -> None:
    """The same of the network as nodes and lines, see nn.export.network_diagram."""
    sizes = store.run(run_id).spec.sizes

    def draw(parameters: Array) -> Image.Image:
        return _net(parameters, sizes, width)

    _write(store, run_id, evenly_spaced(steps, most), path, draw, track)


def _write(
    store: RunStore,
    run_id: str,
    moments: list[int],
    path: Path,
    draw: Callable[[Array], Image.Image],
    track: Track,
) -> None:
    def pictures() -> Iterator[Image.Image]:
        for step in track(moments):
            frame = store.snapshot(run_id, step)
            yield _captioned(draw(frame.parameters), frame.samples_seen)

    rest = pictures()
    first = next(rest)
    shown_for = [MOMENT] * (len(moments) - 1) + [END]
    with replacing(path) as part:
        form = "WEBP" if path.suffix.lower() == ".webp" else "GIF"
        first.save(
            part, form, save_all=True, append_images=rest, duration=shown_for, loop=0, **_WEBP
        )


def _wall(pictures: NDArray[np.int8], width: int) -> Image.Image:
    """pictures: (n, 784), as ``tiles`` makes them."""
    n = len(pictures)
    across = int(np.ceil(np.sqrt(2 * n))) if n > 1 else 1  # twice as wide as high
    down = -(-n // across)
    tile = TILE * width // WIDTH  # a neuron alone is not as wide as a wall
    scale = max(1, min(tile // SIDE, width // (across * (SIDE + GAP))))
    wall = np.full((down * across, SIDE + GAP, SIDE + GAP), PAPER, np.uint8)
    wall[:n, :SIDE, :SIDE] = _colors(pictures).reshape(-1, SIDE, SIDE)
    rows = wall.reshape(down, across, SIDE + GAP, SIDE + GAP).swapaxes(1, 2)
    whole = rows.reshape(down * (SIDE + GAP), -1)[:-GAP, :-GAP]
    whole = whole.repeat(scale, axis=0).repeat(scale, axis=1)
    return _picture(np.pad(whole, MARGIN, constant_values=PAPER))


def _net(parameters: Array, sizes: Sequence[int], width: int) -> Image.Image:
    picture = _picture(_colors(network_diagram.shades(parameters, sizes, width)))
    brush = ImageDraw.Draw(picture)
    (pixels, half), *layers = network_diagram.places(sizes, width)
    brush.rectangle([*(pixels[0] - half), *(pixels[-1] + half)], outline=TEXT)
    for nodes, radius in layers:
        for node in nodes:
            brush.circle(tuple(node), radius, PAPER if radius > 2 else TEXT, TEXT)
    font = ImageFont.load_default(width / 40)
    for digit, (x, y) in enumerate(nodes):
        brush.text((x + radius + width / 96, y), str(digit), TEXT, font, anchor="lm")
    return picture


def _colors(shades: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Weights from −127 to 127 → the palette's."""
    colors: NDArray[np.float32] = PAPER + np.rint(shades / np.float32(SHADE)) * SHADE
    return colors.clip(1, 255).astype(np.uint8)


def _picture(colors: NDArray[np.uint8]) -> Image.Image:
    picture = Image.fromarray(colors)
    picture.putpalette(_palette())
    return picture


def _captioned(picture: Image.Image, samples_seen: int) -> Image.Image:
    """With a line below that says how much the network had seen."""
    whole = ImageOps.expand(picture, (0, 0, 0, CAPTION), PAPER)
    words = f"{samples_seen:,} digits seen" if samples_seen else "before learning"
    font = ImageFont.load_default(16)
    ImageDraw.Draw(whole).text((MARGIN, picture.height), words, TEXT, font)
    return whole


def _palette() -> Any:
    strength = (np.abs(np.arange(-127, 128)) / 127)[:, None] ** 0.8
    ends = np.where(np.arange(-127, 128)[:, None] < 0, NEGATIVE, POSITIVE)
    colors = np.rint(NEUTRAL + (ends - NEUTRAL) * strength).astype(np.uint8)
    return bytes(INK) + colors.tobytes()
