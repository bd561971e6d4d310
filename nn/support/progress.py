"""Progress of a long loop, shown by the caller: the library never draws a progress bar itself."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

# Wraps the items of a loop and yields them unchanged, like tqdm; ``iter`` shows nothing.
Progress = Callable[[Sequence[Any]], Iterable[Any]]
