"""Tests of runs use one core, and the store's tests run on SQLite and on a PostgreSQL server."""

from __future__ import annotations

import pytest

from nn.runs.worker import loop
from tests.postgresql import Server

# On PostgreSQL these are slow; what they ask of a database, tests/runs/store tests on both.
ANY_DATABASE = (
    "test_advice", "test_cluster", "test_fine_tune", "test_loop", "test_optuna_sweep",
    "test_process", "test_race",
)  # fmt: skip


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.stem in ANY_DATABASE and "[postgresql" in item.name:
            item.add_marker(pytest.mark.slow)


@pytest.fixture(scope="session", autouse=True)
def one_core():
    """BLAS threads busy-wait for each other; with one thread, tests stay fast on a busy machine."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(loop, "available_cores", lambda: 1)
        yield


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory):
    """A server of its own for each process of the session."""
    with Server() as server:
        yield server


@pytest.fixture(params=["sqlite", "postgresql"])
def store_url(request, tmp_path):
    """Of an empty store, on one and the other."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'store.sqlite3'}"
    else:
        with request.getfixturevalue("postgresql").database() as url:
            yield url


sqlite_only = pytest.mark.parametrize("store_url", ["sqlite"], indirect=True)
