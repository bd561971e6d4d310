"""Kaggle's CSV: a picture a line, its label and then its 784 pixels from 0 to 255."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import numpy as np
from numpy.typing import NDArray

from nn.data.dataset import MOST_PICTURES, Dataset, checked
from nn.errors import UserError
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

CELLS = 785
LONGEST = 2**16  # bytes of a line; 785 cells with their commas take at most 3,140
BLOCK = 2**21  # bytes read, about as many as 1,000 pictures take
CHUNK = 1000  # pictures written at a time

HEADER = ",".join(["label", *(f"pixel{n}" for n in range(784))]).encode() + b"\n"
# A number and its comma in four bytes, NUL where it is shorter.
TEXT = np.array([b"%d," % n for n in range(256)], "S4").view(np.uint8).reshape(256, 4)


def read(path: Path, progress: Progress) -> Dataset:
    """With or without a line of headings. Raises UserError naming the first line that is wrong."""
    rows = [np.empty((0, CELLS), np.uint8)]
    count = 0
    try:
        size = path.stat().st_size
        with open(path, "rb") as file:
            numbered = _lines(file, path)
            for end in progress(range(BLOCK, size + BLOCK, BLOCK)):
                block = []
                for line in numbered:
                    block.append(line)
                    if file.tell() >= end:
                        break
                rows.append(_numbers(block, path))
                count += len(block)
                if count > MOST_PICTURES:
                    raise UserError(f"{path}: at most {MOST_PICTURES:,} pictures can be read.")
    except OSError as error:
        raise UserError(f"{path} cannot be read: {error.strerror or error}.") from None
    whole = np.concatenate(rows)
    return checked(whole[:, 1:].reshape(-1, 28, 28), whole[:, 0], path.name, (path, path))


def _lines(file: BinaryIO, path: Path) -> Iterator[tuple[int, str]]:
    """(number from 1, text) of each line that holds a picture; headings and empty lines do not."""
    number = 0
    while line := file.readline(LONGEST):
        number += 1
        if len(line) == LONGEST:
            raise UserError(
                f"{path}, line {number}: expected {CELLS} numbers, "
                f"found a line of more than {LONGEST:,} bytes."
            )
        # Latin-1 takes any byte; what is no digit is refused as a number later.
        text = line.removeprefix(b"\xef\xbb\xbf" if number == 1 else b"").decode("latin-1").strip()
        heading = number == 1 and not _is_number(text.partition(",")[0])
        if text and not heading:
            yield number, text


def _is_number(cell: str) -> bool:
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(block: list[tuple[int, str]], path: Path) -> NDArray[np.uint8]:
    """Numbered lines → (lines, CELLS). Raises UserError for the first that is wrong."""
    if not block:
        return np.empty((0, CELLS), np.uint8)
    lines = [text for _, text in block]
    try:
        rows = np.loadtxt(lines, np.uint8, comments=None, delimiter=",", ndmin=2)
        if rows.shape == (len(lines), CELLS) and rows[:, 0].max() <= 9:
            return rows
    except ValueError:
        pass
    # Something is wrong: line by line it takes longer, and finds what.
    return np.array([_row(text, f"{path}, line {number}") for number, text in block], np.uint8)


def _row(text: str, where: str) -> list[int]:
    cells = text.split(",")
    if len(cells) != CELLS:
        raise UserError(
            f"{where}: expected {CELLS} numbers (a label and 784 pixels), found {len(cells):,}."
        )
    row = []
    for column, cell in enumerate(cells):
        what, most = ("pixels", 255) if column else ("a label", 9)
        try:
            row.append(int(cell))
        except ValueError:
            row.append(-1)
        if not 0 <= row[-1] <= most:
            raise UserError(
                f"{where}, column {column + 1}: expected {what} from 0 to {most}, "
                f"found {cell[:20]!r}."
            )
    return row


def write(dataset: Dataset, path: Path, progress: Progress) -> None:
    """Write numbers alone, under the headings that Kaggle gives them."""
    rows = np.column_stack([dataset.labels, dataset.images.reshape(-1, 784)])
    with replacing(path) as part, open(part, "wb") as file:
        file.write(HEADER)
        for start in progress(range(0, len(rows), CHUNK)):
            text = TEXT[rows[start : start + CHUNK]]  # (lines, CELLS, 4)
            text[:, -1][text[:, -1] == ord(",")] = ord("\n")
            file.write(text[text != 0].tobytes())
