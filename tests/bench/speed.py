"""Training speed in images/s, compared with PyTorch, scikit-learn and JAX: on all cores, on one
core, and for one image at a time. How it depends on the settings: see tests.bench.growth.

The peers take turns, so other load on the machine slows all of them equally. Each ratio is the
median over the rounds; the first round is a warm-up and does not count.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import geometric_mean, median, quantiles

from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from nn.runs.store.queue import available_cores
from tests.bench.peer import peers, rate
from tests.bench.report import Report

HIDDEN = ((40, 40), (256, 64), (30,), (28, 28), (128,), (800,))
BATCHES = (32, 128)
ROUNDS, SECONDS = 9, 1.0
OTHERS = ("torch", "sklearn", "jax")
MEAN_FLOORS = {"torch": 2.5, "sklearn": 2.1, "jax": 1.05}
JAX_FLOOR = 0.85  # in each case
ONE_CORE_JAX_FLOOR = 1.0
PER_SAMPLE = ("relu-256-64", "relu-128")  # presets


def run(report: Report) -> None:
    specs = [spec_of(hidden, batch) for hidden in HIDDEN for batch in BATCHES]
    ratios = compare(report, specs, OTHERS, ROUNDS, available_cores())
    for name, values in ratios.items():
        case = f"training speed: times {name}, geometric mean"
        report.at_least(case, geometric_mean(values), MEAN_FLOORS[name])
    if "jax" in ratios:
        report.at_least("training speed: times jax, worst case", min(ratios["jax"]), JAX_FLOOR)

    ratios = compare(report, specs, OTHERS, ROUNDS, cores=1)
    for name, values in ratios.items():
        floor = ONE_CORE_JAX_FLOOR if name == "jax" else 1.0
        report.at_least(f"one core: times {name}, geometric mean", geometric_mean(values), floor)

    per_sample = [PRESETS[name].spec for name in PER_SAMPLE]
    compare(report, per_sample, ("torch", "jax"), 4, available_cores())


def spec_of(hidden: tuple[int, ...], batch: int) -> RunSpec:
    return RunSpec(
        hidden=hidden, batch_size=batch, lr=0.05, lr_schedule="constant", epochs=50,
        validation_size=0,
    )  # fmt: skip


def compare(
    report: Report, specs: Sequence[RunSpec], others: Sequence[str], rounds: int, cores: int
) -> dict[str, list[float]]:
    """Report the speeds of ours and the other peers → how many times as fast as each other one ours
    is, for each spec."""
    ratios: dict[str, list[float]] = {}
    with peers("ours", *others, cores=cores) as started:
        names = list(started)
        heading = "".join(f"{name:>10}" for name in names)
        report.say(f"{cores} cores, images per second {heading}  ratio (its quartiles)")
        for spec in specs:
            speeds = [
                {name: rate(peer.train(spec, SECONDS)) for name, peer in started.items()}
                for _ in range(rounds)
            ][1:]
            case = f"{'-'.join(map(str, spec.sizes))} batch {spec.batch_size}"
            row = f"{case:34}" + "".join(
                f"{median(one[name] for one in speeds):10,.0f}" for name in names
            )
            for name in names[1:]:
                low, middle, high = quantiles([one["ours"] / one[name] for one in speeds])
                ratios.setdefault(name, []).append(middle)
                row += f"  {name} {middle:.2f} ({low:.2f}–{high:.2f})"
            report.say(row)
    return ratios
