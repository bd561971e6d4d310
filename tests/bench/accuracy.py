"""Seconds of training to 95, 97 and 98 % of MNIST's test set, beside PyTorch with the same recipe.

The recipes were chosen by the held-out validation pictures. The time counts training alone, to the
end of the first epoch that reads so many of the test set; the median of a few seeds.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from statistics import median

from nn.digits import mnist
from nn.runs.spec import RunSpec
from tests.bench.peak import peak
from tests.bench.peer import peers
from tests.bench.report import Report

FAST = RunSpec()
LONGER = RunSpec()
GOALS = ((0.95, FAST, 0.6), (0.97, FAST, 1.0), (0.98, LONGER, 3.0))  # accuracy, recipe, seconds
USUAL_PEAK = 140  # GFLOP/s: where sgemm is slower, so may training be
SEEDS = range(5)


def run(report: Report) -> None:
    if mnist.find() is None:
        report.say(f"Accuracy is measured on MNIST only. {mnist.HOW_TO_GET}")
        return
    slower = USUAL_PEAK / peak()
    with peers("ours", "torch") as started:
        for goal, recipe, floor in GOALS:
            times: dict[str, list[float]] = {name: [] for name in started}
            for peer in started.values():  # to warm up
                peer.train(replace(recipe, epochs=1), inf)
            for seed in SEEDS:
                for name, peer in started.items():
                    epochs = peer.train(replace(recipe, seed=seed), inf, score=True)
                    times[name].append(seconds_to(goal, epochs))
            seconds = {name: median(values) for name, values in times.items()}
            report.say("  ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))
            report.at_most(f"seconds to {goal:.0%}", seconds["ours"], floor * slower)
            if "torch" in seconds:
                ratio = seconds["torch"] / seconds["ours"]
                report.at_least(f"seconds to {goal:.0%}: times faster than torch", ratio, 1.5)


def seconds_to(goal, epochs):
    """Of training until an epoch read that share of the test set; infinite if none did."""
    seconds = 0.0
    for epoch in epochs:
        seconds += epoch.seconds
        if epoch.accuracy >= goal:
            return seconds
    return inf
