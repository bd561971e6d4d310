"""The one store that all pages and the hub of this server share."""

from functools import cache

from nn.runs.store.store import RunStore


@cache
def store() -> RunStore:
    """Opened at the first call. Raises UserError when it cannot be, and tries anew next time."""
    return RunStore()
