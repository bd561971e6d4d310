"""Tests of runs use one core."""

from __future__ import annotations

import pytest

from nn.runs.worker import loop


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """BLAS threads busy-wait for each other; with one thread, tests stay fast on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "available_cores", lambda: 1)
        yield
