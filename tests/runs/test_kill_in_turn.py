"""A worker, the server and the command line are killed once each with ``kill -9``, while they train
or have just begun a run. ``tests.bench kill`` does it 100 times."""

from __future__ import annotations

import os
from dataclasses import replace

import pytest

from tests.bench import kill
from tests.bench.report import Report

SPEC = replace(kill.SPEC, epochs=40)  # a second or two of training
# With this one, worker and command line are killed 0.1 s after the first steps that they record,
# and the server 0.3 s after the request for a run.
SEED = 2480


class Measurements(Report):
    """Keeps what was measured, and which checks have failed."""

    def __init__(self):
        super().__init__(as_json=True)
        self.measured, self.failed = {}, []

    def _check(self, case, measured, limit, ok):
        self.measured[case] = measured
        if not ok:
            self.failed.append(f"{case}: {measured}, limit {limit}")


@pytest.mark.timeout(900)  # on a busy machine, each process may take long to start
@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="This needs Linux.")
def test_nothing_is_lost_when_worker_server_and_command_line_are_killed(home, tmp_path):
    SPEC.load_splits()  # makes the images, unless they are in the cache of ``home``
    url, report = f"sqlite:///{tmp_path / 'store.sqlite3'}", Measurements()
    kill.kill_in_turn(report, url, home, len(kill.KINDS), SEED, SPEC)
    assert report.failed == []
    assert report.measured["kills that interrupted a run"] >= 1
