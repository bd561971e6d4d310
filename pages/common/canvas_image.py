"""Images for the canvas, and as PNG files."""

from __future__ import annotations

import io

import numpy as np
from PIL import Image

from pages.server.drawing import SIDE


def fit_to_canvas(image: Image.Image) -> Image.Image:
    """The image scaled to the canvas; margins have the median color of its border."""
    rgb = image.convert("RGB")
    scale = SIDE / max(rgb.size)
    size = max(1, round(rgb.width * scale)), max(1, round(rgb.height * scale))
    filter = Image.Resampling.NEAREST if scale > 4 else Image.Resampling.BICUBIC
    pixels = np.asarray(rgb)
    border = np.concatenate([pixels[0], pixels[-1], pixels[:, 0], pixels[:, -1]])
    red, green, blue = (int(level) for level in np.median(border, axis=0))
    square = Image.new("RGB", (SIDE, SIDE), (red, green, blue))
    square.paste(rgb.resize(size, filter), ((SIDE - size[0]) // 2, (SIDE - size[1]) // 2))
    return square


def is_dark(image: Image.Image) -> bool:
    return bool(np.median(np.asarray(image.convert("L"))) < 128)


def png(image: Image.Image) -> bytes:
    file = io.BytesIO()
    image.save(file, "PNG")
    return file.getvalue()
