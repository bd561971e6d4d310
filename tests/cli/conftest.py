"""Fixtures: a separate store for each test, and an environment without MNIST."""

from __future__ import annotations

import pytest

from nn.runs.store.store import RunStore


@pytest.fixture
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setattr("nn.runs.worker.loop.available_cores", lambda: 1)
    return RunStore()


@pytest.fixture
def no_mnist(tmp_path, monkeypatch):
    monkeypatch.delenv("DIGITSCOPE_DATA", raising=False)
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path / "home"))
