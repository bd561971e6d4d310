"""Animation: the first layer's weights learning, as a moving picture."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont

from nn.files import Track, replacing
from nn.inspect.film import spread
from nn.inspect.sums import check_neuron
from nn.inspect.tiles import tiles
from nn.runs.store import RunStore

SIDE, GAP = 28, 2
MARGIN, CAPTION = 12, 28  # pixels around the tiles, and of the line below them
WIDTH, TILE = 960, 280  # pixels: what the picture's and a tile's width come near
MOMENT, END = 100, 3000  # milliseconds that a frame, and the last one, is shown
MOST = 60  # frames
_WEBP: Any = {"lossless": True, "quality": 0}  # 0: least effort, a third of the time, 5 % larger
SHADE = 8  # of 127: a weight is rounded to a multiple; noise in all shades would not compress

# Palette: 0 is the text's colour; 1 to 255 are a weight from −127 (red) through 0 (the paper) to
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
    spec = store.run(run_id).spec
    if neuron is not None:
        check_neuron(spec.sizes, 0, neuron)
    moments = spread(steps, most)
    shown = slice(None) if neuron is None else slice(neuron, neuron + 1)

    def pictures() -> Iterator[Image.Image]:
        for step in track(moments):
            frame = store.frame(run_id, step)
            yield _picture(tiles(frame.parameters, spec.sizes, shown)[1], frame.samples, width)

    rest = pictures()
    first = next(rest)
    shown_for = [MOMENT] * (len(moments) - 1) + [END]
    with replacing(path) as part:
        form = "WEBP" if path.suffix.lower() == ".webp" else "GIF"
        first.save(
            part, form, save_all=True, append_images=rest, duration=shown_for, loop=0, **_WEBP
        )


def _picture(pictures: NDArray[np.int8], samples: int, width: int) -> Image.Image:
    """pictures: (n, 784), as ``tiles`` makes them → one frame, in palette colours."""
    n = len(pictures)
    across = int(np.ceil(np.sqrt(2 * n))) if n > 1 else 1  # twice as wide as high
    down = -(-n // across)
    tile = TILE * width // WIDTH  # a neuron alone is not as wide as a wall
    scale = max(1, min(tile // SIDE, width // (across * (SIDE + GAP))))
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
