"""Seconds of training to 95, 97 and 98 % test accuracy on MNIST, compared with PyTorch.

Both use the same settings, chosen on held-out validation images. Only training is timed, up to the
end of the first epoch that reaches the accuracy. Each result is the median over a few seeds.
"""

from __future__ import annotations

from dataclasses import replace
from math import inf
from statistics import median

from nn.data import mnist
from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from tests.bench.peak import peak
from tests.bench.peer import peers
from tests.bench.report import Report

FAST = PRESETS["fast"].spec
LONGER = RunSpec(hidden=(256,), batch_size=128, lr=0.2, epochs=4, label_smoothing=0.05)
GOALS = ((FAST, {0.95: 0.3, 0.97: 0.45}), (LONGER, {0.98: 1.4}))  # accuracy: maximum seconds
USUAL_PEAK = 145  # GFLOP/s; if sgemm is slower than this, the time limits grow in proportion
SEEDS = range(9)


def run(report: Report) -> None:
    if mnist.find() is None:
        report.say(f"Accuracy is measured on MNIST only. {mnist.HOW_TO_GET}")
        return
    slower = USUAL_PEAK / peak()
    with peers("ours", "torch") as started:
        for spec, goals in GOALS:
            runs = [
                {
                    name: peer.train(replace(spec, seed=seed), inf, score=True)
                    for name, peer in started.items()
                }
                for seed in (0, *SEEDS)
            ][1:]  # the first run is a warm-up
            for goal, limit in goals.items():
                seconds = {
                    name: median(seconds_to(goal, epochs[name]) for epochs in runs)
                    for name in started
                }
                report.say("  ".join(f"{name} {value:.2f} s" for name, value in seconds.items()))
                report.at_most(f"seconds to {goal:.0%}", seconds["ours"], limit * slower)
                if "torch" in seconds:
                    ratio = seconds["torch"] / seconds["ours"]
                    report.at_least(f"seconds to {goal:.0%}: times faster than torch", ratio, 2.0)
            accuracy = median(epochs["ours"][-1].accuracy for epochs in runs)
            report.say(f"test accuracy at the end: {accuracy:.2%}")


def seconds_to(goal, epochs):
    """Seconds of training until an epoch reached this test accuracy; infinity if none did."""
    seconds = 0.0
    for epoch in epochs:
        seconds += epoch.seconds
        if epoch.accuracy >= goal:
            return seconds
    return inf
