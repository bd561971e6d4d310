"""The state of the Compare page: which runs are compared, and how the table of runs is shown."""

from __future__ import annotations

from collections.abc import Iterable

from pages.common import state, url_state
from pages.common.url_state import RUNS

COMPARED = "compared runs"  # ids
REVISION = "compare revision"  # how often the compared runs were set other than in the table
# Keys of widgets.
TABLE, COLUMNS = "compare table", "compare columns"
CHOICE = "choose runs"  # the expander with the table
TEXT_FILTER, FILTERED, FILTER_VALUES = "compare filter", "compare filtered", "compare filter values"
GROUPED = "compare grouped"
TAB = "compare tab"  # of the details


def compared() -> list[str]:
    """The ids of the compared runs, as the URL names them; else those of before, which navigation
    has dropped from the URL."""
    if url_state.has(RUNS):
        ids = url_state.read(RUNS).split(",")
        state.set_value(COMPARED, list(dict.fromkeys(filter(None, map(str.strip, ids)))))
    ids = list(state.value(COMPARED, ()))
    url_state.write(RUNS, ",".join(ids) or None)
    return ids


def take(ids: Iterable[str]) -> None:
    """Compare the runs that are checked in the table."""
    chosen = list(dict.fromkeys(ids))
    state.set_value(COMPARED, chosen)
    url_state.write(RUNS, ",".join(chosen) or None)


def compare(ids: Iterable[str]) -> None:
    """Compare these runs, and check them in the table, which else keeps what it had."""
    take(ids)
    state.set_value(REVISION, revision() + 1)


def revision() -> int:
    return int(state.value(REVISION, 0))
