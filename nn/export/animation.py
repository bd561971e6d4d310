"""Animations (GIF or WebP) of a network during training: its weight wall, or its diagram; and the
weight wall as an image."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFont, ImageOps

from nn import IMAGE_SIDE
from nn.analysis.neurons.pre_activations import check_neuron
from nn.analysis.neurons.weight_tiles import weight_tiles
from nn.export import network_diagram
from nn.layers import Array
from nn.runs.history.weights import evenly_spaced
from nn.runs.store.store import RunStore
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

GAP = 2  # pixels between tiles
MARGIN, CAPTION_HEIGHT = 12, 28  # pixels around the tiles, and below them
WIDTH, TILE_WIDTH = 960, 280  # pixels, approximately: of the image, and of a single tile
FRAME_MS, LAST_FRAME_MS = 100, 3000  # how long a frame is shown
MAX_FRAMES = 60
_WEBP: Any = {"lossless": True, "quality": 0}  # 0: least effort, a third of the time, 5 % larger
SHADE_STEP = 8  # of 127: weights are rounded to multiples, because noise compresses badly

# Palette: 0 is the color of text; 1 to 255 are weights from −127 (red) through 0 (background) to
# 127 (blue), as on the Train page in its light theme.
TEXT, BACKGROUND = 0, 128
TEXT_COLOR, NEUTRAL = (28, 36, 48), (244, 245, 247)
NEGATIVE, POSITIVE = (194, 56, 46), (29, 99, 184)


def write_weight_wall(
    store: RunStore,
    run_id: str,
    steps: list[int],
    path: Path,
    neuron: int | None,
    progress: Progress,
    max_frames: int = MAX_FRAMES,
    width: int = WIDTH,
) -> None:
    """Write the first layer's weight maps, or one neuron's, at up to ``max_frames`` of the
    snapshots ``steps``, evenly spaced, about ``width`` pixels wide. A path that ends in .webp gives
    a WebP, any other a GIF.

    A WebP is encoded after the last frame is drawn, which takes several times as long. An exception
    raised by ``progress`` cancels the export and leaves no file. Raises UserError for a snapshot or
    neuron that does not exist, and where the file cannot be written.
    """
    sizes = store.run(run_id).spec.sizes
    if neuron is not None:
        check_neuron(sizes, 0, neuron)
    neurons = slice(None) if neuron is None else slice(neuron, neuron + 1)

    def draw(parameters: Array) -> Image.Image:
        return _weight_wall(weight_tiles(parameters, sizes, neurons)[1], width)

    _write(store, run_id, evenly_spaced(steps, max_frames), path, draw, progress)


def write_network_diagram(
    store: RunStore,
    run_id: str,
    steps: list[int],
    path: Path,
    progress: Progress,
    max_frames: int = MAX_FRAMES,
    width: int = WIDTH,
) -> None:
    """The same for the network as nodes and connections, see nn.export.network_diagram."""
    sizes = store.run(run_id).spec.sizes

    def draw(parameters: Array) -> Image.Image:
        return _network_diagram(parameters, sizes, width)

    _write(store, run_id, evenly_spaced(steps, max_frames), path, draw, progress)


def write_image(store: RunStore, run_id: str, step: int, path: Path, width: int = WIDTH) -> None:
    """Write the first layer's weight maps at the snapshot ``step`` as a PNG.

    Raises UserError for a snapshot that does not exist, and where the file cannot be written.
    """
    snapshot = store.snapshot(run_id, step)
    _, tiles = weight_tiles(snapshot.parameters, store.run(run_id).spec.sizes)
    with replacing(path) as part:
        _captioned(_weight_wall(tiles, width), snapshot.samples_seen).save(part, "PNG")


def _write(
    store: RunStore,
    run_id: str,
    steps: list[int],
    path: Path,
    draw: Callable[[Array], Image.Image],
    progress: Progress,
) -> None:
    def frames() -> Iterator[Image.Image]:
        for step in progress(steps):
            snapshot = store.snapshot(run_id, step)
            yield _captioned(draw(snapshot.parameters), snapshot.samples_seen)

    following = frames()
    first = next(following)
    durations = [FRAME_MS] * (len(steps) - 1) + [LAST_FRAME_MS]
    with replacing(path) as part:
        kind = "WEBP" if path.suffix.lower() == ".webp" else "GIF"
        first.save(
            part, kind, save_all=True, append_images=following, duration=durations, loop=0, **_WEBP
        )


def _weight_wall(tiles: NDArray[np.int8], width: int) -> Image.Image:
    """tiles: (n, 784), as ``weight_tiles`` returns them."""
    n = len(tiles)
    columns = int(np.ceil(np.sqrt(2 * n))) if n > 1 else 1  # twice as wide as high
    rows = -(-n // columns)
    tile_width = TILE_WIDTH * width // WIDTH  # a single tile is not as wide as a wall
    scale = max(1, min(tile_width // IMAGE_SIDE, width // (columns * (IMAGE_SIDE + GAP))))
    cells = np.full((rows * columns, IMAGE_SIDE + GAP, IMAGE_SIDE + GAP), BACKGROUND, np.uint8)
    cells[:n, :IMAGE_SIDE, :IMAGE_SIDE] = _colors(tiles).reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    grid = cells.reshape(rows, columns, IMAGE_SIDE + GAP, IMAGE_SIDE + GAP).swapaxes(1, 2)
    wall = grid.reshape(rows * (IMAGE_SIDE + GAP), -1)[:-GAP, :-GAP]
    wall = wall.repeat(scale, axis=0).repeat(scale, axis=1)
    return _image(np.pad(wall, MARGIN, constant_values=BACKGROUND))


def _network_diagram(parameters: Array, sizes: Sequence[int], width: int) -> Image.Image:
    image = _image(_colors(network_diagram.shades(parameters, sizes, width)))
    context = ImageDraw.Draw(image)
    (pixels, half), *layers = network_diagram.layout(sizes, width)
    context.rectangle([*(pixels[0] - half), *(pixels[-1] + half)], outline=TEXT)
    for nodes, radius in layers:
        for node in nodes:
            context.circle(tuple(node), radius, BACKGROUND if radius > 2 else TEXT, TEXT)
    font = ImageFont.load_default(width / 40)
    for digit, (x, y) in enumerate(nodes):
        context.text((x + radius + width / 96, y), str(digit), TEXT, font, anchor="lm")
    return image


def _colors(shades: NDArray[np.int8]) -> NDArray[np.uint8]:
    """Weights from −127 to 127 → palette indices."""
    colors: NDArray[np.float32] = BACKGROUND + np.rint(shades / np.float32(SHADE_STEP)) * SHADE_STEP
    return colors.clip(1, 255).astype(np.uint8)


def _image(colors: NDArray[np.uint8]) -> Image.Image:
    image = Image.fromarray(colors)
    image.putpalette(_palette())
    return image


def _captioned(image: Image.Image, samples_seen: int) -> Image.Image:
    """The image with a caption below it: how many images the network has seen."""
    captioned = ImageOps.expand(image, (0, 0, 0, CAPTION_HEIGHT), BACKGROUND)
    caption = f"{samples_seen:,} images seen" if samples_seen else "untrained"
    font = ImageFont.load_default(16)
    ImageDraw.Draw(captioned).text((MARGIN, image.height), caption, TEXT, font)
    return captioned


def _palette() -> Any:
    saturation = (np.abs(np.arange(-127, 128)) / 127)[:, None] ** 0.8
    ends = np.where(np.arange(-127, 128)[:, None] < 0, NEGATIVE, POSITIVE)
    colors = np.rint(NEUTRAL + (ends - NEUTRAL) * saturation).astype(np.uint8)
    return bytes(TEXT_COLOR) + colors.tobytes()
