"""Pictures: whatever a person may hand over → an upright Pillow image, and its gray levels."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nn.errors import UserError

Gray = NDArray[np.float32]  # (h, w), from 0 (black) to 1 (white)
Box = tuple[int, int, int, int]  # left, top, right, bottom, in pixels

ORIENTATION = 0x0112  # the EXIF tag that says how a camera was held
PLAIN = ("L", "LA", "RGB", "RGBA", "F")  # modes that shrink as they are


def opened(picture: object) -> Image.Image:
    """``picture`` upright, its mode one of PLAIN: a Pillow image, or an array of numbers.

    An array is (h, w) or (h, w, 1–4): gray, gray and alpha, RGB, RGBA. Other numbers than uint8
    count from 0 to 1, to 255 or to 65,535, the least that holds them all; beyond that, from their
    least to their greatest.
    Raises UserError for anything else, also for a picture whose file turns out to be broken.
    """
    if isinstance(picture, np.ndarray):
        picture = _of_array(picture)
    if not isinstance(picture, Image.Image):
        raise _wrong(f"a {type(picture).__name__}")
    if not (picture.width and picture.height):
        raise _wrong(f"a picture of {picture.width} × {picture.height}")
    try:
        picture.load()
        if picture.getexif().get(ORIENTATION, 1) != 1:
            picture = ImageOps.exif_transpose(picture)  # a phone's photo may lie on its side
        if picture.mode.startswith(("I", "F")):
            return _of_array(np.asarray(picture))  # also those beyond 0 to 1
        if picture.mode == "RGBA" and picture.getchannel("A").getextrema() == (255, 255):
            return picture.convert("RGB")  # a canvas says RGBA too; this shrinks faster
        if picture.mode in PLAIN and "transparency" not in picture.info:
            return picture
        return picture.convert("L" if picture.mode == "1" else "RGBA")
    except UserError:
        raise
    except Exception as error:  # a broken file raises whatever its decoder stumbles over
        raise UserError(
            f"The picture cannot be read: {error}. Open it in another program and save it as PNG."
        ) from None


def gray(image: Image.Image, box: Box, shrink: int) -> Gray:
    """The gray levels of ``box``, each ``shrink`` × ``shrink`` pixels made one (their mean)."""
    part = image.crop(box) if shrink == 1 else image.reduce(shrink, box)
    if part.mode in ("LA", "RGBA"):
        part = _on_paper(part)
    if part.mode == "F":
        return np.asarray(part, np.float32)
    return np.asarray(part.convert("L"), np.float32) / np.float32(255)


def _of_array(array: NDArray[np.generic]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (2, 3, 4))):
        raise _wrong(f"an array of shape {array.shape}")
    if array.dtype.kind not in "buif":
        raise _wrong(f"an array of {array.dtype}")
    if array.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(array))
    # Sixteen bits are whole in float32, and a large picture takes half the memory there.
    values: NDArray[Any] = array.astype(np.float32 if array.itemsize <= 2 else np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise _wrong("numbers that are not finite, or too great")
    if low < 0 or high > 65_535:
        values -= low
        top = (high - low) or 1.0
    else:
        top = next(top for top in (1.0, 255.0, 65_535.0) if high <= top)
    values /= top
    if array.ndim == 2:
        return Image.fromarray(values.astype(np.float32, copy=False))
    return Image.fromarray(np.rint(values * 255).astype(np.uint8))


def _on_paper(image: Image.Image) -> Image.Image:
    """Lay a transparent picture on white paper, or on black where its own ink is light."""
    alpha = np.asarray(image.getchannel("A"))
    level = np.asarray(image.convert("L"))
    opaque = alpha > 127
    light = opaque.any() and level[opaque].mean() > 127
    paper = Image.new("RGBA", image.size, (0, 0, 0, 255) if light else (255, 255, 255, 255))
    return Image.alpha_composite(paper, image.convert("RGBA"))


def _wrong(found: str) -> UserError:
    return UserError(
        "Expected a picture, or an array (height, width) or (height, width, 1 to 4) of finite "
        f"numbers; got {found}. Save the picture as PNG and open that."
    )
