"""What recording a run costs: the worker against plain nn.training.train, turn by turn."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from math import ceil
from pathlib import Path
from statistics import median
from time import perf_counter

from threadpoolctl import threadpool_limits

from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import fair_share, work
from nn.training import train
from tests.bench.report import Report

CASES = ((20, 5, 3), (1, 10, 9))  # seconds a run, per cent slower at most, rounds


def run(report: Report) -> None:
    spec = RunSpec(dataset=sources.default_dataset())
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as home:
        store = RunStore(f"sqlite:///{Path(home) / 'store.sqlite3'}")
        took = plain(spec, store)  # to warm up, and for the speed
        for seconds, floor, rounds in CASES:
            epochs = ceil(seconds * spec.epochs / took)
            longer = replace(spec, epochs=epochs)
            slower = []
            for _ in range(rounds):
                alone, kept = plain(longer, store), recorded(longer, store)
                slower.append(100 * (kept / alone - 1))
                report.say(f"{epochs} epochs: plain {alone:.2f} s, recorded {kept:.2f} s")
            case = f"recording a {seconds} s run: per cent slower"
            report.at_most(case, median(slower), floor)


def plain(spec: RunSpec, store: RunStore) -> float:
    """Seconds of a run that nobody hears of; with as many threads as a worker takes."""
    with threadpool_limits(fair_share(store), "blas"):
        began = perf_counter()
        splits = sources.load_splits(spec.dataset, spec.validation_size, spec.seed)
        events = train(
            *spec.build(),
            splits.train,
            **spec.training(),
            validation=splits.validation,
            test=splits.test,
        )
        for _ in events:
            pass
        return perf_counter() - began


def recorded(spec: RunSpec, store: RunStore) -> float:
    """Seconds of the same run by a worker."""
    run = store.create(spec)
    began = perf_counter()
    for _ in work(store, run.id):
        pass
    return perf_counter() - began
