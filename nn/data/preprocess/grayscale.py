"""Grayscale: from any image or array to gray levels in [0, 1]."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from nn.data.preprocess.bounding_box import Box
from nn.data.preprocess.quantiles import median
from nn.errors import UserError

Grayscale = NDArray[np.float32]  # (h, w), from 0 (black) to 1 (white)

EXIF_ORIENTATION = 0x0112
SHEET_SHARE = 0.95  # opaque pixels: with more, the image is a sheet and not strokes alone
DIRECT_MODES = ("L", "LA", "RGB", "RGBA", "F")  # Pillow can reduce these without conversion


def as_image(source: object) -> Image.Image:
    """A Pillow image or an array → an upright Pillow image whose mode is one of DIRECT_MODES.

    An array has the shape (h, w) or (h, w, 1–4): gray, gray + alpha, RGB or RGBA. uint8 values are
    taken as they are. All other types are scaled by the smallest of 1, 255 and 65,535 that covers
    their values; values outside 0 to 65,535 are stretched from minimum to maximum.
    Raises UserError for anything else, and for an image whose file turns out to be damaged.
    """
    image = _from_array(source) if isinstance(source, np.ndarray) else source
    if not isinstance(image, Image.Image):
        raise _not_an_image(f"a {type(image).__name__}")
    if not (image.width and image.height):
        raise _not_an_image(f"an image of {image.width} × {image.height} pixels")
    try:
        image.load()
        if image.getexif().get(EXIF_ORIENTATION, 1) != 1:
            image = ImageOps.exif_transpose(image)  # phones store photos sideways
        if image.mode.startswith(("I", "F")):
            return _from_array(np.asarray(image))  # scales values above 1 as well
        if image.mode == "RGBA" and image.getchannel("A").getextrema() == (255, 255):
            return image.convert("RGB")  # a canvas sends opaque RGBA; RGB is faster to reduce
        if image.mode in DIRECT_MODES and "transparency" not in image.info:
            return image
        return image.convert("L" if image.mode == "1" else "RGBA")
    except UserError:
        raise
    except Exception as error:  # Pillow's decoders raise many kinds of errors
        raise UserError(
            f"The image cannot be read: {error}. Open it in another program and save it as PNG."
        ) from None


def to_grayscale(image: Image.Image, box: Box, factor: int) -> Grayscale:
    """The gray levels inside ``box``, reduced by averaging ``factor`` × ``factor`` pixels."""
    part = image.crop(box) if factor == 1 else image.reduce(factor, box)
    if part.mode in ("LA", "RGBA"):
        part = _flatten(part)
    if part.mode == "F":
        return np.asarray(part, np.float32)
    return np.asarray(part.convert("L"), np.float32) / np.float32(255)


def _from_array(array: NDArray[np.generic]) -> Image.Image:
    if array.ndim == 3 and array.shape[2] == 1:
        array = array[..., 0]
    if not array.size or not (array.ndim == 2 or (array.ndim == 3 and array.shape[2] in (2, 3, 4))):
        raise _not_an_image(f"an array of shape {array.shape}")
    if array.dtype.kind not in "buif":
        raise _not_an_image(f"an array of {array.dtype}")
    if array.dtype == np.uint8:
        return Image.fromarray(np.ascontiguousarray(array))
    # float32 holds 16-bit integers exactly and halves the memory of a large image.
    values: NDArray[Any] = array.astype(np.float32 if array.itemsize <= 2 else np.float64)
    low, high = float(values.min()), float(values.max())
    if not np.isfinite(high - low):
        raise _not_an_image("values that are infinite, not a number or too large")
    if low < 0 or high > 65_535:
        values -= low
        white = (high - low) or 1.0
    else:
        white = next(white for white in (1.0, 255.0, 65_535.0) if high <= white)
    values /= white
    if array.ndim == 2:
        return Image.fromarray(values.astype(np.float32, copy=False))
    return Image.fromarray(np.rint(values * 255).astype(np.uint8))


def _flatten(image: Image.Image) -> Image.Image:
    """Put a transparent image on a white background, or on black if its opaque part is light. If
    nearly all is opaque, that part is a sheet with strokes on it, and the background is its color.
    """
    alpha = np.asarray(image.getchannel("A"))
    level = np.asarray(image.convert("L"))
    opaque = alpha > 127
    if opaque.mean() >= SHEET_SHARE:
        gray = round(median(level[opaque]))
        image.putalpha(Image.fromarray(np.where(opaque, alpha, np.uint8(0))))
    else:
        gray = 0 if opaque.any() and level[opaque].mean() > 127 else 255
    background = Image.new("RGBA", image.size, (gray, gray, gray, 255))
    return Image.alpha_composite(background, image.convert("RGBA"))


def _not_an_image(got: str) -> UserError:
    return UserError(
        "Expected an image, or an array (height, width) or (height, width, 1 to 4) of finite "
        f"numbers; got {got}. Save the image as PNG and open that file."
    )
