"""Image files: supported formats, and decoding files from untrusted sources."""

from __future__ import annotations

import os
import re
import warnings
from pathlib import Path
from typing import IO

from PIL import Image, UnidentifiedImageError
from PIL.JpegImagePlugin import JpegImageFile

from nn.errors import UserError
from nn.support import limits

SUFFIXES = {".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif"}
FORMATS = ["PNG", "JPEG", "BMP", "WEBP", "GIF"]  # Pillow's other decoders are less hardened

# Pillow warns of large images at this size, and opens none of twice the size. Ours comes before.
Image.MAX_IMAGE_PIXELS = limits.JPEG_PIXELS
warnings.simplefilter("ignore", Image.DecompressionBombWarning)

_START_OF_SCAN, _END_OF_IMAGE = 0xDA, 0xD9
# FF 00 is data; 01 and D0 to D8 have no segment and may be anywhere.
_SEGMENT = re.compile(rb"\xff[^\x00\x01\xd0-\xd8\xff]")


SPENT = (
    f"one upload may have {limits.UPLOAD_PIXELS // 10**6} million pixels. Upload fewer images at a "
    "time, or smaller ones."
)


class PixelBudget:
    """Counts down the pixels decoded of one upload. When none are ``left``, decode no more."""

    def __init__(self) -> None:
        self.left = limits.UPLOAD_PIXELS


def open_image(path: Path, budget: PixelBudget | None = None) -> Image.Image:
    """The decoded image. Its size is checked in the header, before the pixels are decompressed.

    A large JPEG is decoded at a reduced size. ``budget`` is what is left to the image's upload.
    Raises UserError naming a file that is not an image, is damaged or has too many pixels.
    """
    try:
        if not path.is_file():  # opening a named pipe would block until someone writes to it
            raise _unreadable(path, "it does not exist or is not a file")
        # Given a name, Pillow memory-maps some files; truncating one would then crash the process.
        with open(path, "rb") as file:
            return decode(file, path, budget)
    except (OSError, ValueError) as error:
        raise _unreadable(path, getattr(error, "strerror", None) or str(error)) from None


def decode(
    file: IO[bytes],
    name: object,
    budget: PixelBudget | None = None,
    max_pixels: int = limits.JPEG_PIXELS,
) -> Image.Image:
    """The same for an open file; error messages call it ``name``. max_pixels: below the limits of
    nn.support.limits, which hold anyway."""
    try:
        size = file.seek(0, os.SEEK_END)
        file.seek(0)
        if size > limits.IMAGE_BYTES:
            raise UserError(f"it has {size:,} bytes; at most {limits.IMAGE_BYTES:,} are allowed")
        with Image.open(file, formats=FORMATS) as image:
            width, height = image.size
            allowed = min(max_pixels, _max_pixels(image, file))
            if not (0 < width * height <= allowed and max(width, height) <= limits.IMAGE_SIDE):
                raise UserError(
                    f"it has {width:,} × {height:,} pixels; at most {allowed:,} are allowed, and "
                    f"{limits.IMAGE_SIDE:,} on a side"
                )
            if image.tile and image.tile[0].codec_name == "bmp_rle":  # decoded in Python
                raise UserError("it is a compressed BMP. Save it as PNG")
            if isinstance(image, JpegImageFile):
                _reduce(image)
            if budget:
                # What reduced decoding skips takes time, too.
                budget.left -= max(image.width * image.height, width * height // 8)
            image.load()
            return image
    except UnidentifiedImageError:
        reason = f"it is not one of {', '.join(FORMATS)}"
    except Exception as error:  # Pillow's decoders raise many kinds of errors for damaged files
        reason = getattr(error, "strerror", None) or str(error)
    raise _unreadable(name, reason)


def _max_pixels(image: Image.Image, file: IO[bytes]) -> int:
    """By how much memory the image's format takes for each pixel. Raises UserError for a JPEG of
    too many scans."""
    if isinstance(image, JpegImageFile):
        position = file.tell()
        file.seek(0)
        scans = scan_count(file.read(limits.IMAGE_BYTES))
        file.seek(position)
        if scans > limits.JPEG_SCANS:
            raise UserError(f"it has {scans:,} scans; at most {limits.JPEG_SCANS} are allowed")
        # With several scans, the whole image is kept in memory, whatever size is decoded.
        return limits.JPEG_PIXELS if scans < 2 else limits.IMAGE_PIXELS
    is_costly = image.mode.startswith(("I", "F")) or image.format == "WEBP"
    return limits.COSTLY_PIXELS if is_costly else limits.IMAGE_PIXELS


def scan_count(jpeg: bytes) -> int:
    """How many scans, passes over the image, a JPEG file has."""
    count, at = 0, 0
    while found := _SEGMENT.search(jpeg, at):
        at = found.end()
        if jpeg[at - 1] == _END_OF_IMAGE:
            break
        count += jpeg[at - 1] == _START_OF_SCAN
        at += int.from_bytes(jpeg[at : at + 2], "big")
    return count


def _reduce(image: JpegImageFile) -> None:
    """Have it decoded at the largest size of at most REDUCED_JPEG_PIXELS."""
    pixels = image.width * image.height
    factor = next((f for f in (1, 2, 4) if pixels <= limits.REDUCED_JPEG_PIXELS * f * f), 8)
    if factor > 1:
        image.draft(image.mode, (max(1, image.width // factor), max(1, image.height // factor)))


def _unreadable(name: object, reason: str) -> UserError:
    return UserError(f"{name} is not a valid image: {reason.rstrip('.')}.")
