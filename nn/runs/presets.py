"""Presets: configurations worth one click, among them those of earlier programs of this kind."""

from __future__ import annotations

from typing import Any, NamedTuple

from nn.errors import UserError
from nn.runs.spec import RunSpec


class Preset(NamedTuple):
    title: str
    spec: RunSpec
    description: str  # what it shows, and what differs from the original


PLAIN: dict[str, Any] = {"momentum": 0.0, "lr_schedule": "constant"}
SIGMOID: dict[str, Any] = PLAIN | {
    "activation": "sigmoid",
    "output": "sigmoid",
    "loss": "squared_error",
}

PRESETS: dict[str, Preset] = {
    "standard": Preset(
        "Standard",
        RunSpec(),
        "One hidden layer of 128 ReLU neurons: about 98 % accuracy within seconds.",
    ),
    "fast": Preset(
        "Fast",
        RunSpec(hidden=(96,), lr=0.2, batch_size=128, epochs=2),
        "Two epochs with a high learning rate: 97 % accuracy after about a second of training.",
    ),
    "accurate": Preset(
        "Accurate",
        RunSpec(hidden=(800,), augmentation=1.0, batch_size=128, epochs=90),
        "800 ReLU neurons with data augmentation: more than 99.3 % accuracy after several minutes.",
    ),
    "sigmoid-40-40": Preset(
        "Two sigmoid layers (40, 40)",
        RunSpec(hidden=(40, 40), initializer="uniform", lr=0.4, batch_size=4, epochs=40, **SIGMOID),
        "Large random initial weights: strokes emerge from noise slowly enough to watch. The "
        "original used batch size 1 and a quarter of this learning rate.",
    ),
    "relu-256-64": Preset(
        "Per-sample SGD (256, 64)",
        RunSpec(hidden=(256, 64), lr=0.001, batch_size=1, epochs=3, **PLAIN),
        "Two ReLU layers, batch size 1, low learning rate. Uses He initialization: with the "
        "original's, many neurons died.",
    ),
    "sigmoid-30": Preset(
        "Textbook (30 sigmoid neurons)",
        RunSpec(hidden=(30,), initializer="lecun", lr=3.0, batch_size=10, epochs=15, **SIGMOID),
        "The textbook classic: squared error, batch size 10, learning rate 3. Uses LeCun "
        "initialization: with the original's N(0, 1), one digit sometimes went unlearned.",
    ),
    "logistic-28-28": Preset(
        "Two logistic layers (28, 28)",
        RunSpec(hidden=(28, 28), initializer="lecun", lr=5.0, batch_size=30, epochs=25, **SIGMOID),
        "Two small sigmoid layers with learning rate 5 and batch size 30. The original took few "
        "steps on a random tenth of the data.",
    ),
    "relu-128": Preset(
        "Per-sample SGD (128)",
        RunSpec(hidden=(128,), lr=0.01, batch_size=1, epochs=4, **PLAIN),
        "128 ReLU neurons, batch size 1. Uses He initialization; the original used U[−1, 1].",
    ),
}  # fmt: skip


def preset(name: str) -> Preset:
    """Raises UserError for an unknown name."""
    if name not in PRESETS:
        raise UserError(f"Unknown preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]
