"""The state of the Compare page: which runs are compared, and how the table of runs is shown."""

from __future__ import annotations

from collections.abc import Iterable

from pages.common import state, url_state
from pages.common.url_state import IMAGES, RUNS

COMPARED = "compared runs"  # ids
RECEIVED = "received check"  # the id of the last change in the table of runs
PORTION = 20  # images of a gallery at first, and as many more
MOVED_TO = "compared images seen"  # where the timeline is; None: by now
# Keys of widgets.
COLUMNS = "compare columns"
CHOICE = "choose runs"  # the expander with the table
TEXT_FILTER, FILTERED, FILTER_VALUES = "compare filter", "compare filtered", "compare filter values"
GROUPED = "compare grouped"
TAB = "compare tab"  # of the details
FIRST, SECOND = "first compared", "second compared"  # of two models: ids of runs
TOOLS, HISTORY = "compare canvas tools", "compare history"  # of the drawing
# The rest.
CELL = "compared cell"  # of the confusion matrices: actual and predicted digit
OPEN_IMAGE = "open compared image"
SHOWN = "shown compared images"  # how many of each gallery, by its key


def compared() -> list[str]:
    """The ids of the compared runs, as the URL names them; else those of before, which navigation
    has dropped from the URL."""
    if url_state.has(RUNS):
        ids = url_state.read(RUNS).split(",")
        state.set_value(COMPARED, list(dict.fromkeys(filter(None, map(str.strip, ids)))))
    ids = list(state.value(COMPARED, ()))
    url_state.write(RUNS, ",".join(ids) or None)
    return ids


def compare(ids: Iterable[str], check: str | None = None) -> None:
    """Compare these runs. check: the id of the change in the table of runs, if it was there."""
    chosen = list(dict.fromkeys(ids))
    state.set_value(COMPARED, chosen)
    url_state.write(RUNS, ",".join(chosen) or None)
    if check is not None:
        state.set_value(RECEIVED, check)


def received() -> str:
    """The id of the last change in the table of runs."""
    return str(state.value(RECEIVED, ""))


def images_seen() -> int | None:
    """Where the timeline is, as the URL or the session has it; None: by now."""
    if url_state.has(IMAGES):
        text = url_state.read(IMAGES)
        move_to(int(text) if text.isdecimal() and len(text) < 16 else None)
    else:
        url_state.write(IMAGES, state.value(MOVED_TO))
    moved_to = state.value(MOVED_TO)
    return None if moved_to is None else int(moved_to)


def move_to(images: int | None) -> None:
    """Keep where the timeline is; None: by now."""
    state.set_value(MOVED_TO, images)
    url_state.write(IMAGES, images)


def cell() -> tuple[int, int]:
    """The actual and the predicted digit whose images are shown; −1 without one."""
    actual, predicted = state.value(CELL, (-1, -1))
    return actual, predicted


def toggle_cell(actual: int, predicted: int) -> None:
    """Show the images of a cell of the confusion matrices, or those of none if it is shown."""
    state.set_value(CELL, (-1, -1) if cell() == (actual, predicted) else (actual, predicted))


def open_image(images: str) -> int | None:
    """The row of these images (by their key) that is open in the dialog."""
    key, row = state.value(OPEN_IMAGE, (None, None))
    return row if key == images else None


def show_image(images: str, row: int | None) -> None:
    """Open an image in the dialog; None closes it."""
    state.set_value(OPEN_IMAGE, (images, row))


def shown_images(gallery: str) -> int:
    """How many images of a gallery are shown."""
    return int(state.value(SHOWN, {}).get(gallery, PORTION))


def show_more_images(gallery: str) -> None:
    state.set_value(SHOWN, state.value(SHOWN, {}) | {gallery: shown_images(gallery) + PORTION})
