"""Training speed in images/s, compared with PyTorch, scikit-learn and JAX, all on all cores.

The peers take turns, so other load on the machine slows all of them equally. Each ratio is the
median over the rounds; the first round is a warm-up and does not count.
"""

from __future__ import annotations

from statistics import geometric_mean, median

from nn.runs.spec import RunSpec
from tests.bench.peer import peers, rate
from tests.bench.report import Report

HIDDEN = ((40, 40), (256, 64), (30,), (28, 28), (128,), (800,))
BATCHES = (32, 128)
ROUNDS, SECONDS = 4, 1.0
OTHERS = ("torch", "sklearn", "jax")
MEAN_FLOORS = {"torch": 2.0, "sklearn": 2.0, "jax": 0.65}


def run(report: Report) -> None:
    ratios: dict[str, list[float]] = {}
    with peers("ours", *OTHERS) as started:
        names = list(started)
        report.say("images per second " + "".join(f"{name:>10}" for name in names) + "  ratios")
        for hidden in HIDDEN:
            for batch in BATCHES:
                spec = RunSpec(
                    hidden=hidden, batch_size=batch, lr=0.05, lr_schedule="constant", epochs=50,
                    validation_size=0,
                )  # fmt: skip
                rounds = [
                    {name: rate(peer.train(spec, SECONDS)) for name, peer in started.items()}
                    for _ in range(ROUNDS)
                ][1:]
                case = f"{'-'.join(map(str, spec.sizes))} batch {batch}"
                row = f"{case:18}" + "".join(
                    f"{median(one[name] for one in rounds):10,.0f}" for name in names
                )
                for name in names[1:]:
                    ratio = median(one["ours"] / one[name] for one in rounds)
                    ratios.setdefault(name, []).append(ratio)
                    row += f"  {name} {ratio:.2f}"
                report.say(row)
                if "torch" in ratios:
                    floor = 1.0 if hidden == (800,) else 1.2
                    report.at_least(f"{case}: times torch", ratios["torch"][-1], floor)
    for name, values in ratios.items():
        mean = geometric_mean(values)
        report.at_least(f"training speed: times {name}, geometric mean", mean, MEAN_FLOORS[name])
