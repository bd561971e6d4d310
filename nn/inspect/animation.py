"""Animation: the first layer's weights learning, as a moving picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nn.files import Track, replacing
from nn.inspect.tiles import tiles
from nn.runs.store import RunStore

SIDE, GAP = 28, 2
MARGIN, CAPTION = 12, 28  # pixels around the tiles, and of the line below them
WIDTH, TILE = 960, 280  # pixels: what the picture's and a tile's width come near
MOMENT, END = 100, 3000  # milliseconds that a frame, and the last one, is shown
MOST = 60  # frames
SHADE = 8  # of 127: a weight is rounded to a multiple; noise in all shades would not compress

# Palette: 0 is the text's colour; 1 to 255 are a weight from −127 (red) through 0 (the paper) to
# 127 (blue), as on the Train page in its light theme.
TEXT, PAPER = 0, 128
INK, NEUTRAL = (28, 36, 48), (244, 245, 247)
NEGATIVE, POSITIVE = (194, 56, 46), (29, 99, 184)


def gif(
    store: RunStore, run_id: str, steps: Sequence[int], path: Path, neuron: int | None, track: Track
) -> None:
    """Write the tiles of one neuron, or of the whole first layer, at the kept frames ``steps``: at
    MOST of them, evenly chosen.

    Raises UserError when there are no such frames or the file cannot be written.
    """
    spec = store.run(run_id).spec
    chosen = np.linspace(0, len(steps) - 1, min(MOST, len(steps))).round().astype(int)
    moments = [steps[i] for i in chosen]
    shown = slice(None) if neuron is None else slice(neuron, neuron + 1)

    def pictures() -> Iterator[Image.Image]:
        for step in track(moments):
            frame = store.frame(run_id, step)
            yield _picture(tiles(frame.parameters, spec.sizes, shown)[1], frame.samples)

    rest = pictures()
    first = next(rest)
    shown_for = [MOMENT] * (len(moments) - 1) + [END]
    with replacing(path) as part:
        first.save(part, "GIF", save_all=True, append_images=rest, duration=shown_for, loop=0)


def _picture(pictures: NDArray[np.int8], samples: int) -> Image.Image:
    """pictures: (n, 784), as ``tiles`` makes them → one frame, in palette colours."""
    n = len(pictures)
    across = int(np.ceil(np.sqrt(2 * n))) if n > 1 else 1  # twice as wide as high
    down = -(-n // across)
    scale = max(1, min(TILE // SIDE, WIDTH // (across * (SIDE + GAP))))
    wall = np.full((down * across, SIDE + GAP, SIDE + GAP), PAPER, np.uint8)
    shades = np.rint(pictures / SHADE) * SHADE
    wall[:n, :SIDE, :SIDE] = np.clip(PAPER + shades, 1, 255).reshape(-1, SIDE, SIDE)
    rows = wall.reshape(down, across, SIDE + GAP, SIDE + GAP).swapaxes(1, 2)
    whole = rows.reshape(down * (SIDE + GAP), -1)[:-GAP, :-GAP]
    whole = whole.repeat(scale, axis=0).repeat(scale, axis=1)
    whole = np.pad(whole, MARGIN, constant_values=PAPER)
    whole = np.pad(whole, ((0, CAPTION), (0, 0)), constant_values=PAPER)
    picture = Image.fromarray(whole)
    picture.putpalette(_palette())
    words = f"{samples:,} digits seen" if samples else "before learning"
    ImageDraw.Draw(picture).text(
        (MARGIN, whole.shape[0] - CAPTION), words, TEXT, ImageFont.load_default(16)
    )
    return picture


def _palette() -> Any:
    strength = (np.abs(np.arange(-127, 128)) / 127)[:, None] ** 0.8
    ends = np.where(np.arange(-127, 128)[:, None] < 0, NEGATIVE, POSITIVE)
    colours = np.rint(NEUTRAL + (ends - NEUTRAL) * strength).astype(np.uint8)
    return bytes(INK) + colours.tobytes()
