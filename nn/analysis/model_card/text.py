"""The model card as Markdown, from what is measured now."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np

from nn.analysis import robustness
from nn.analysis.model_card import measure
from nn.analysis.model_card.views import Drawings
from nn.data.dataset import Splits
from nn.models import pretrained
from nn.network import Network

TEMPLATE = Path(__file__).with_name("card.md")  # with the names of what is filled in in braces


def write(
    splits: Splits, sets: Iterable[Drawings], network_bytes: int, show: Callable[[str], None]
) -> str:
    """Measure everything → the card. show: called with a line about each measurement."""
    network, about = pretrained.network(), pretrained.about()
    return TEMPLATE.read_text("utf-8").format(
        day=date.today(),
        sizes="-".join(map(str, network.sizes)),
        parameters=len(network.parameters),
        megabytes=network_bytes / 1e6,
        temperature=about["temperature"],
        training=about["training"],
        **about["rejection"],
        mnist=_mnist(network, splits, show),
        drawings="\n\n".join(_drawings(drawings, show) for drawings in sets),
        rejection=_rejection(show),
        noise=_noise(splits, show),
        corruptions=_corruptions(splits, show),
        corrupted=measure.CORRUPTED,
        enlarged=robustness.ENLARGED,
    )


def _mnist(network: Network, splits: Splits, show: Callable[[str], None]) -> str:
    rows = []
    for name, data in (("validation", splits.validation), ("test", splits.test)):
        predicted = network.probabilities(np.asarray(data.images)).argmax(axis=1)
        accuracy = float(np.mean(predicted == data.labels))
        low, high = measure.interval(accuracy, len(data))
        rows.append(
            f"| {len(data):,} {name} images | {accuracy:.2%} "
            f"(95 % interval {low:.2%} to {high:.2%}) |"
        )
        show(rows[-1])
    return "\n".join(rows)


def _drawings(drawings: Drawings, show: Callable[[str], None]) -> str:
    count = int(drawings.reported.sum())
    rows = [
        f"| {drawings.name} | accuracy on all {len(drawings.labels):,} | on the {count:,} by other "
        "writers | expected calibration error | rejected |",
        "|---|---|---|---|---|",
    ]
    for view, result in measure.on_drawings(drawings):
        correct = result.correct(drawings.labels)
        rows.append(
            f"| {view} | {correct.mean():.2%} | {correct[drawings.reported].mean():.2%} | "
            f"{result.calibration_error(drawings.labels):.3f} | {result.rejected.mean():.2%} |"
        )
        show(rows[-1])
    return "\n".join(rows)


def _rejection(show: Callable[[str], None]) -> str:
    rows = []
    for group, shares in measure.on_non_digits():
        kinds = ", ".join(f"{kind} {share:.0%}" for kind, share in shares.items())
        rows.append(f"| {group} | {np.mean(list(shares.values())):.1%} ({kinds}) |")
        show(rows[-1])
    return "\n".join(rows)


def _noise(splits: Splits, show: Callable[[str], None]) -> str:
    rows = [
        f"| the first {measure.NOISY} test images, enlarged, with noise | accuracy | rejected "
        "although correct |",
        "|---|---|---|",
    ]
    for name, accuracy, rejected in measure.on_noise(splits.test):
        rows.append(f"| {name} | {accuracy:.1%} | {rejected:.1%} |")
        show(rows[-1])
    return "\n".join(rows)


def _corruptions(splits: Splits, show: Callable[[str], None]) -> str:
    rows: list[Any] = []
    for kind, accuracy in measure.on_corruptions(splits.test):
        rows.append(f"| {kind} | {accuracy:.1%} |")
        show(rows[-1])
    return "\n".join(rows)
