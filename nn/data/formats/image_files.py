"""Image files: supported formats, and decoding files from untrusted sources."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError

from nn.errors import UserError

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"}
FORMATS = ["PNG", "JPEG", "BMP", "WEBP", "GIF"]  # Pillow's other decoders are less hardened
MAX_PIXELS = 8_000 * 8_000  # 256 MB as RGBA

# Pillow's own warning about large images has a higher limit than ours.
warnings.simplefilter("ignore", Image.DecompressionBombWarning)


def open_image(path: Path) -> Image.Image:
    """The decoded image. Its size is checked in the header, before the pixels are decompressed.

    Raises UserError naming a file that is not an image, is damaged or has too many pixels.
    """
    try:
        if not path.is_file():  # opening a named pipe would block until someone writes to it
            raise _unreadable(path, "it does not exist or is not a file")
        # Given a name, Pillow memory-maps some files; truncating one would then crash the process.
        with open(path, "rb") as file:
            return decode(file, path)
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from None


def decode(file: IO[bytes], name: object) -> Image.Image:
    """The same for an open file; error messages call it ``name``."""
    try:
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            if not 0 < width * height <= MAX_PIXELS:
                raise UserError(
                    f"it has {width:,} × {height:,} pixels; at most 8,000 × 8,000 are allowed"
                )
            image.load()
            return image
    except UnidentifiedImageError:
        reason = f"it is not one of {', '.join(FORMATS)}"
    except Exception as error:  # Pillow's decoders raise many kinds of errors for damaged files
        reason = getattr(error, "strerror", None) or str(error)
    raise _unreadable(name, reason)


def _unreadable(name: object, reason: str) -> UserError:
    return UserError(f"{name} is not a valid image: {reason.rstrip('.')}.")
