"""Overhead of recording a run, and of estimating its accuracy meanwhile: each compared, in
alternation, with a training that does not."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker.accuracy_meter import AccuracyMeter
from nn.runs.worker.loop import fair_share, work
from nn.training import train
from tests.bench.report import Report

ESTIMATED_ROUNDS = 9
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
    """Points of the accuracy curve in the first epoch, and what they cost: CPU time of the whole
    process with and with none, because a busy machine stretches every other time."""
    slower = []
    measure = AccuracyMeter.measure
    for _ in range(ESTIMATED_ROUNDS):
        with_estimates, run_id = recorded_cpu(spec, store)
        AccuracyMeter.measure = lambda *_: None  # type: ignore[method-assign]
        try:
            plain_cpu, _ = recorded_cpu(spec, store)
        finally:
            AccuracyMeter.measure = measure  # type: ignore[method-assign]
        slower.append(100 * (with_estimates / plain_cpu - 1))
        report.say(f"CPU time: {with_estimates:.2f} s with estimates, {plain_cpu:.2f} s plain")
    points = [estimate.step for estimate in store.accuracy_estimates(run_id)]
    end = store.epochs(run_id)[0]["step"]
    report.at_least("accuracy points in the first epoch", sum(p <= end for p in points), 12)
    report.at_most("estimating the accuracy: percent slower", median(slower), 3)


def recorded_cpu(spec: RunSpec, store: RunStore) -> tuple[float, str]:
    """CPU seconds of a worker for the run, which is new, and its id."""
    run = store.create(spec)
    began = process_time()
    for _ in work(store, run.id):
        pass
    return process_time() - began, run.id


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
    """Seconds that a worker takes for the same run."""
    run = store.create(spec)
    began = perf_counter()
    for _ in work(store, run.id):
        pass
    return perf_counter() - began
