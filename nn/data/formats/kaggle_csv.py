"""CSV as Kaggle uses it: one image per line, its label and its 784 pixels from 0 to 255."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn import IMAGE_SIDE, PIXELS
from nn.data.dataset import MAX_IMAGES, Dataset, validated
from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

COLUMNS = 1 + PIXELS
MAX_LINE_LENGTH = 2**16  # bytes; 785 numbers and their commas take at most 3,140
BLOCK = 2**21  # bytes read at a time, about 1,000 images
CHUNK = 1000  # images written at a time

HEADER = ",".join(["label", *(f"pixel{n}" for n in range(PIXELS))]).encode() + b"\n"
# Each number with its comma in four bytes, padded with NUL.
TEXT = np.array([b"%d," % n for n in range(256)], "S4").view(np.uint8).reshape(256, 4)


def read(path: Path, progress: Progress, max_images: int | None = None) -> Dataset:
    """With or without a header line; the first ``max_images`` if there are more.

    Raises UserError naming the first invalid line.
    """
    rows = [np.empty((0, COLUMNS), np.uint8)]
    count = 0
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            numbered_lines = _lines(file, path)
            for end in progress(range(BLOCK, size + BLOCK, BLOCK)):
                block = []
                for line in numbered_lines:
                    block.append(line)
                    if file.tell() >= end:
                        break
                rows.append(_parse_block(block, path))
                count += len(block)
                if max_images is not None and count >= max_images:
                    break
                if count > MAX_IMAGES:
                    raise UserError(f"{path}: at most {MAX_IMAGES:,} images are allowed.")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    table = np.concatenate(rows)[:max_images]
    images = table[:, 1:].reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
    return validated(images, table[:, 0], path.name, (path, path))


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    """(line number, text) of each line with an image; header and empty lines are skipped."""
    number = 0
    while line := file.readline(MAX_LINE_LENGTH):
        number += 1
        if len(line) == MAX_LINE_LENGTH:
            raise UserError(
                f"{path}, line {number}: expected {COLUMNS} numbers, "
                f"got a line of more than {MAX_LINE_LENGTH:,} bytes."
            )
        # Latin-1 decodes any byte; whatever is not a number is rejected later.
        text = line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").decode("latin-1").strip()
        is_header = number == 1 and not _is_number(text.partition(",")[0])
        if text and not is_header:
            yield number, text


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _parse_block(block: list[tuple[int, str]], path: Path) -> NDArray[np.uint8]:
    """Numbered lines → (lines, COLUMNS). Raises UserError for the first invalid line."""
    if not block:
        return np.empty((0, COLUMNS), np.uint8)
    lines = [text for _, text in block]
    try:
        rows = np.loadtxt(lines, np.uint8, comments=None, delimiter=",", ndmin=2)
        if rows.shape == (len(lines), COLUMNS) and rows[:, 0].max() <= 9:
            return rows
    except ValueError:
        pass
    # Something is invalid: parsing line by line is slower but finds it.
    return np.array(
        [_parse_row(text, f"{path}, line {number}") for number, text in block], np.uint8
    )


def _parse_row(text: str, line: str) -> list[int]:
    cells = text.split(",")
    if len(cells) != COLUMNS:
        raise UserError(
            f"{line}: expected {COLUMNS} numbers (a label and {PIXELS} pixels), got {len(cells):,}."
        )
    row = []
    for column, cell in enumerate(cells):
        kind, maximum = ("a pixel", 255) if column else ("a label", 9)
        try:
            row.append(int(cell))
        except ValueError:
            row.append(-1)
        if not 0 <= row[-1] <= maximum:
            raise UserError(
                f"{line}, column {column + 1}: expected {kind} from 0 to {maximum}, "
                f"got {cell[:20]!r}."
            )
    return row


def write(dataset: Dataset, path: Path, progress: Progress) -> None:
    """Write integers below Kaggle's header."""
    rows = np.column_stack([dataset.labels, dataset.images.reshape(-1, PIXELS)])
    with replacing(path) as part, open(part, "wb") as file:
        file.write(HEADER)
        for start in progress(range(0, len(rows), CHUNK)):
            text = TEXT[rows[start : start + CHUNK]]  # (lines, COLUMNS, 4)
            text[:, -1][text[:, -1] == ord(",")] = ord("\n")
            file.write(text[text != 0].tobytes())
