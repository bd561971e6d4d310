"""One core for the tests of runs."""

from __future__ import annotations

import pytest

from nn.runs.worker import loop


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """BLAS threads wait busily for each other: with one, tests stay fast on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "available_cores", lambda: 1)
        yield
