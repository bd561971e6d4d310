"""Share of the machine's peak sgemm speed that training reaches, at batch 128.

Only matrix products count: the forward pass, ∂/∂W, and ∂/∂x where it is computed.
"""

from __future__ import annotations

from itertools import pairwise
from statistics import median

from nn.runs.spec import RunSpec
from tests.bench.peak import peak
from tests.bench.peer import peers, rate
from tests.bench.report import Report

FLOORS = {128: 0.45, 800: 0.55}
ROUNDS, SECONDS = 6, 1.0


def run(report: Report) -> None:
    with peers("ours") as started:
        for width, floor in FLOORS.items():
            spec = RunSpec(
                hidden=(width,),
                batch_size=128,
                lr=0.05,
                lr_schedule="constant",
                epochs=50,
                validation_size=0,
            )
            shares = []
            for _ in range(ROUNDS):
                speed, peak_speed = rate(started["ours"].train(spec, SECONDS)), peak()
                shares.append(speed * flops(spec.sizes) * 1e-9 / peak_speed)
                report.say(f"{speed:,.0f} images/s, sgemm {peak_speed:.0f} GFLOP/s")
            case = f"784-{width}-10 batch 128: share of sgemm peak"
            report.at_least(case, median(shares[1:]), floor)


def flops(sizes: tuple[int, ...]) -> int:
    """Floating-point operations of the matrix products for one image."""
    products = [2 * i * o for i, o in pairwise(sizes)]
    return 3 * sum(products) - products[0]
