"""Every session key has one owner."""

from __future__ import annotations

from collections import Counter

from pages.common import model_picker, run_table, state, test_set, url_state
from pages.compare import state as compare_state
from pages.draw import state as draw_state
from pages.grid import state as grid_state
from pages.mistakes import state as mistakes_state
from pages.neurons import state as neurons_state
from pages.race import state as race_state
from pages.sweep import state as sweep_state

MODULES = (
    compare_state,
    draw_state,
    grid_state,
    mistakes_state,
    neurons_state,
    race_state,
    state,
    sweep_state,
)
SHARED = (
    {url_state.RUN, url_state.STEP, url_state.MODEL, url_state.SIMPLE, url_state.PRESET}
    | {model_picker.IN_VIEW, test_set.CHOICE, test_set.FILES}
    | {run_table.TABLE, run_table.SELECTED, run_table.OPENED, run_table.COLUMNS}
)  # fmt: skip


def keys(module: object) -> set[str]:
    """The texts of a module's own constants, without those imported from url_state."""
    values = [
        value
        for name, value in vars(module).items()
        if name.isupper() and name not in vars(url_state)
    ]
    texts = {text for value in values for text in (value if isinstance(value, tuple) else [value])}
    return {text for text in texts if text and isinstance(text, str)}


def test_no_two_modules_keep_different_things_under_one_key():
    counts = Counter(SHARED)
    for module in MODULES:
        counts.update(keys(module))
    assert len(counts) > 20
    assert [key for key, count in counts.items() if count > 1] == []
