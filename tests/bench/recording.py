"""Overhead of recording a run, and of estimating its accuracy meanwhile: each on its own, compared,
in alternation, with a training that does not."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from itertools import cycle, islice
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter, thread_time
from unittest.mock import patch

from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker import loop
from nn.runs.worker.accuracy_meter import AccuracyMeter
from nn.runs.worker.loop import fair_share, work
from nn.training import train
from tests.bench.report import Report

ESTIMATED_ROUNDS = 9
STEPS_IN_TURN = 20  # of one run, then of the other
CASES = ((20, 5, 3), (1, 10, 9))  # seconds per run, maximum percent slower, rounds


def run(report: Report) -> None:
    spec = RunSpec(dataset=sources.default_dataset())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        store = RunStore(f"sqlite:///{Path(home) / 'store.sqlite3'}")
        took = plain(spec, store)  # warms up and measures the speed
        for seconds, limit, rounds in CASES:
            epochs = ceil(seconds * spec.epochs / took)
            longer = replace(spec, epochs=epochs)
            slower = []
            for _ in range(rounds):
                alone, with_store = plain(longer, store), recorded(longer, store)
                slower.append(100 * (with_store / alone - 1))
                report.say(f"{epochs} epochs: plain {alone:.2f} s, recorded {with_store:.2f} s")
            case = f"recording a {seconds} s run: percent slower"
            report.at_most(case, median(slower), limit)
        estimates(report, spec, store)


def estimates(report: Report, spec: RunSpec, store: RunStore) -> None:
    """Points of the accuracy curve in the first epoch, and what they cost: CPU time of two runs,
    one of them with no points, that one thread trains by turns, so that both are stretched alike by
    what else the machine does."""
    slower, points = [], []
    for _ in range(ESTIMATED_ROUNDS):
        measured, unmeasured = store.create(spec).id, store.create(spec).id
        workers = [work(store, measured), work(store, unmeasured)]
        next(workers[0])
        with patch.object(loop, "AccuracyMeter", NoMeter):
            next(workers[1])
        spent = [0.0, 0.0]
        for turn in cycle((0, 1, 1, 0)):
            began = thread_time()
            events = sum(1 for _ in islice(workers[turn], STEPS_IN_TURN))
            spent[turn] += thread_time() - began
            if not events:
                break
        slower.append(100 * (spent[0] / spent[1] - 1))
        report.say(f"CPU time: {spent[0]:.2f} s with estimates, {spent[1]:.2f} s with none")
        end = store.epochs(measured)[0]["step"]
        points.append(sum(each.step <= end for each in store.accuracy_estimates(measured)))
    report.at_least("accuracy points in the first epoch, fewest", min(points), 12)
    report.at_most("estimating the accuracy: percent slower", median(slower), 3)


class NoMeter(AccuracyMeter):
    def measure(self, step: int) -> None:
        return None


def plain(spec: RunSpec, store: RunStore) -> float:
    """Seconds to train without recording, on as many cores as a worker uses."""
    began = perf_counter()
    splits = sources.load_splits(spec.dataset, spec.validation_size, spec.seed)
    events = train(
        *spec.build(),
        splits.train,
        **spec.training(),
        validation=splits.validation,
        test=splits.test,
        cores=fair_share(store),
    )
    for _ in events:
        pass
    return perf_counter() - began


def recorded(spec: RunSpec, store: RunStore) -> float:
    """Seconds that a worker takes for the same run, without estimates."""
    run = store.create(spec)
    began = perf_counter()
    with patch.object(loop, "AccuracyMeter", NoMeter):
        for _ in work(store, run.id):
            pass
    return perf_counter() - began
