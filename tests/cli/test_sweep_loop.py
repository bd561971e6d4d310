"""Launching the runs of a sweep, and queueing those again whose worker vanished."""

from __future__ import annotations

import pytest

from nn.cli import sweep_loop
from nn.cli.sweep_loop import MAX_RETRIES, Launcher
from nn.runs.store.store import State
from nn.runs.worker import cluster, process
from tests.runs.store.test_store import put


@pytest.fixture
def launches(monkeypatch):
    """How often something was launched, and no worker starts."""
    found: list[object] = []
    monkeypatch.setattr(process, "launch_queued", found.append)
    return found


def test_a_run_that_does_not_survive_its_retries_is_given_up_unless_it_comes_further(store, quick):
    launcher, run = Launcher(store), store.create(quick)

    def vanish(epoch: int) -> bool:
        put(store, run, state=State.INTERRUPTED, epoch=epoch)
        retried = launcher.retry([store.run(run.id)])
        assert (store.run(run.id).state is State.QUEUED) == bool(retried)
        return bool(retried)

    assert [vanish(1) for _ in range(MAX_RETRIES + 1)] == [True] * MAX_RETRIES + [False]
    assert vanish(2)


def test_queued_runs_are_launched_every_few_seconds_or_at_once(store, launches, monkeypatch):
    launcher = Launcher(store)
    for now in (False, False, True, False):
        launcher.launch(now)
    assert launches == [store, store]
    monkeypatch.setattr(sweep_loop, "LAUNCH_INTERVAL", 0.0)
    launcher.launch(now=True)
    launcher.launch()
    assert len(launches) == 4


def test_a_cluster_without_workers_is_waited_for_and_said_once(
    store, launches, monkeypatch, capsys
):
    workers = [0]
    monkeypatch.setenv(cluster.VARIABLE, "tcp://127.0.0.1:1")
    monkeypatch.setattr(cluster, "threads", lambda: workers[0])
    launcher = Launcher(store)
    for workers[0] in (0, 0, 2, 0):
        launcher.launch(now=True)
    assert capsys.readouterr().err.count("The cluster has no workers yet.") == 2
    assert len(launches) == 4
