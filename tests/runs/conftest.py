"""What the tests of runs share: a store of the test's own, and a run that takes a moment."""

from __future__ import annotations

import sqlite3
from contextlib import contextmanager

import pytest

from nn.runs import worker
from nn.runs.spec import RunSpec
from nn.runs.store import RunStore


@pytest.fixture
def store(tmp_path, monkeypatch):
    """Empty, and the store of every process that the test starts."""
    monkeypatch.setenv("DIGITSCOPE_STORE", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    return RunStore()


@pytest.fixture
def locker(tmp_path):
    """``with locker():`` another program holds the store's lock."""

    @contextmanager
    def lock():
        other = sqlite3.connect(
            tmp_path / "store.sqlite3", isolation_level=None, check_same_thread=False
        )
        other.execute("BEGIN IMMEDIATE")
        yield
        other.execute("ROLLBACK")
        other.close()

    return lock


@pytest.fixture(scope="session")
def quick():
    """Two epochs of 50 steps."""
    return RunSpec(hidden=(8,), batch=380, epochs=2, data="strokes", validation=1000)


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """BLAS threads wait busily for each other: with one, tests stay fast on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(worker, "available_cores", lambda: 1)
        yield
