"""The state of the Race page: the race being prepared, and the race in view."""

from __future__ import annotations

from pages.common import state, url_state
from pages.common.url_state import GROUP

# Keys of widgets; the browser finds their fields by them.
BASE_PRESET, VARIED, VALUES, FREE = "race_preset", "race_vary", "race_values", "race_free"
# The rest.
BASE_FIELDS = "race base"  # settings that a link changes for all lanes
PROBLEMS = "race link problems"
LINK = "race link"  # the parameters of the URL, as this page wrote them last
IN_VIEW = "race in view"
LAST_STARTED = "last started race"


def race_in_view() -> str:
    """The id of the race that the URL names, or of the last one shown here unless the URL sets up
    another; "": a new one is prepared."""
    if url_state.has(GROUP):
        state.set_value(IN_VIEW, url_state.read(GROUP))
    elif not url_state.has(url_state.VARY, url_state.VALUES) and state.value(IN_VIEW):
        url_state.write(GROUP, state.value(IN_VIEW))
    else:
        state.set_value(IN_VIEW, "")
    return str(state.value(IN_VIEW))


def view_race(group_id: str) -> None:
    """Show a race; "": prepare a new one."""
    state.set_value(IN_VIEW, group_id)
    url_state.write(GROUP, group_id or None)


def is_new(started: str) -> bool:
    """Whether this race was started just now; its id arrives with every run of the script."""
    return state.is_new(LAST_STARTED, started)
