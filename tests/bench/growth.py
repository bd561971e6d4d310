"""How the speed of training depends on width, depth, batch size and cores, ours and the peers'.

Draws assets/speed.svg, which README shows, and prints the table beside it.
"""

from __future__ import annotations

from pathlib import Path
from statistics import median

import matplotlib as mpl
from matplotlib import pyplot

from nn.runs.spec import RunSpec
from nn.runs.store.queue import available_cores
from tests.bench.peer import peers, rate
from tests.bench.report import Report
from tests.bench.speed import spec_of

PLOT = Path(__file__).parents[2] / "assets" / "speed.svg"
NAMES = {"ours": "Digitscope", "jax": "JAX", "torch": "PyTorch"}
COLORS = {"ours": "#d1495b", "jax": "#30638e", "torch": "#8d8d8d"}
ROUNDS, SECONDS = 4, 0.7

Sweep = dict[int, RunSpec]
SWEEPS: dict[str, Sweep] = {
    "width of one hidden layer, batch 64": {
        width: spec_of((width,), 64) for width in (32, 128, 512, 1024, 2048, 4096)
    },
    "hidden layers of 128, batch 64": {
        depth: spec_of((128,) * depth, 64) for depth in (1, 2, 4, 8)
    },
    "batch size, 784-128-10": {
        batch: spec_of((128,), batch) for batch in (1, 4, 16, 64, 256, 1024)
    },
}  # fmt: skip
TICKS = [3000, 10_000, 30_000, 100_000, 300_000]
CORES = "cores, 784-256-64-10, batch 128"


def run(report: Report) -> None:
    found = {name: measure(sweep, available_cores()) for name, sweep in SWEEPS.items()}
    spec = spec_of((256, 64), 128)
    counts = sorted({1, available_cores()})
    found[CORES] = {cores: measure({cores: spec}, cores)[cores] for cores in counts}
    for what, speeds in found.items():
        report.say(f"| {what} | " + " | ".join(NAMES.values()) + " |")
        report.say("|---|" + "---|" * len(NAMES))
        for value, speed in speeds.items():
            cells = " | ".join(f"{speed[name]:,.0f}" if name in speed else "" for name in NAMES)
            report.say(f"| {value:,} | {cells} |")
    draw(found)
    report.say(f"Drawn: {PLOT.name}")


def measure(sweep: Sweep, cores: int) -> dict[int, dict[str, float]]:
    """→ images per second of each peer for each value."""
    found = {}
    with peers(*NAMES, cores=cores) as started:
        for value, spec in sweep.items():
            rounds = [
                {name: rate(peer.train(spec, SECONDS)) for name, peer in started.items()}
                for _ in range(ROUNDS)
            ][1:]
            found[value] = {name: median(one[name] for one in rounds) for name in started}
    return found


def draw(found: dict[str, dict[int, dict[str, float]]]) -> None:
    mpl.rcParams |= {"font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    figure, axes = pyplot.subplots(
        1, len(found), figsize=(11, 3), sharey=True, layout="constrained", width_ratios=[3, 2, 3, 1]
    )
    for axis, (what, speeds) in zip(axes, found.items(), strict=True):
        for name, label in NAMES.items():
            points = [(value, speed[name]) for value, speed in speeds.items() if name in speed]
            axis.plot(*zip(*points, strict=True), "o-", ms=4, color=COLORS[name], label=label)
        axis.set(xscale="log", yscale="log", xlabel=what.replace(", ", ",\n", 1))
        axis.set_xticks(list(speeds), [short(value) for value in speeds])
        axis.set_yticks(TICKS, [short(value) for value in TICKS])
        axis.minorticks_off()
        axis.margins(x=0.1)
        axis.grid(alpha=0.3)
    axes[0].set_ylabel("images per second")
    axes[0].legend(frameon=False)
    figure.savefig(PLOT, facecolor="white")


def short(value: int) -> str:
    return f"{value // 1000}k" if value >= 1000 else str(value)
