"""The one store that all pages and the hub of this server share."""

from functools import cache

from nn.runs.store.store import Run, RunStore

MAX_RUNS = 200  # more would make every page slow


@cache
def store() -> RunStore:
    """Opened at the first call. Raises UserError when it cannot be, and tries anew next time."""
    return RunStore()


def newest_runs() -> list[Run]:
    """The runs that tables and pickers list, newest first."""
    return store().runs()[:MAX_RUNS]
