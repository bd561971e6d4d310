"""Picture files: which kinds there are, and opening one that anybody may have made."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from nn.errors import UserError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"}
FORMATS = ["PNG", "JPEG", "BMP", "WEBP", "GIF"]  # Pillow's others are rare and less well guarded
MOST_PIXELS = 8_000 * 8_000  # 256 MB in color with transparency

# Pillow warns of large pictures above its own limit, which is higher than ours.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def open_image(path: Path) -> Image.Image:
    """The decoded picture. Its size is known from its head, before the rest is unpacked.

    Raises UserError naming a file that is no picture, is damaged or has too many pixels.
    """
    try:
        if not path.is_file():  # opening a pipe would wait for whoever writes into it
            raise _unreadable(path, "it is not there, or is no file")
        # From a name Pillow would map some files, and one cut off meanwhile would end the process.
        with open(path, "rb") as file:
            return decode(file, path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from None


def decode(file: IO[bytes], name: object) -> Image.Image:
    """The same from an open file; ``name`` is what a sentence calls it."""
    try:
        with Image.open(file, formats=FORMATS) as picture:
            width, height = picture.size
            if not 0 < width * height <= MOST_PIXELS:
                raise UserError(f"it has {width:,} × {height:,} pixels; at most 8,000 × 8,000 fit")
            picture.load()
            return picture
    except UnidentifiedImageError:
        reason = f"it is none of {', '.join(FORMATS)}"
    except Exception as error:  # Pillow's decoders raise whatever they stumble on
        reason = getattr(error, "strerror", None) or str(error)
    raise _unreadable(name, reason)


def _unreadable(name: object, reason: str) -> UserError:
    return UserError(f"{name} cannot be read as a picture: {reason.rstrip('.')}.")
