"""Presets: recipes worth one click, among them those of earlier programs of this kind."""

from __future__ import annotations

from typing import Any, NamedTuple

from nn.errors import UserError
from nn.runs.spec import RunSpec


class Preset(NamedTuple):
    spec: RunSpec
    about: str  # one sentence: what it shows, and what differs from the original


PLAIN: dict[str, Any] = {"momentum": 0.0, "lr_schedule": "constant"}
SIGMOID: dict[str, Any] = PLAIN | {
    "activation": "sigmoid",
    "output": "sigmoid",
    "loss": "squared_error",
}

PRESETS: dict[str, Preset] = {
    "standard": Preset(
        RunSpec(),
        "One hidden layer of 128 ReLU neurons: reads about 97 of 100 digits within seconds.",
    ),
    "fast": Preset(
        RunSpec(hidden=(96,), lr=0.2, batch_size=128, epochs=2),
        "Two passes in large steps: 97 of 100 digits after about a second of training.",
    ),
    "accurate": Preset(
        RunSpec(hidden=(800,), augmentation=1.0, batch_size=128, epochs=90),
        "800 neurons that see every digit in a new hand each time: more than 99.3 of 100, after "
        "some minutes.",
    ),
    "sigmoid-40-40": Preset(
        RunSpec(hidden=(40, 40), initializer="uniform", lr=0.4, batch_size=4, epochs=40, **SIGMOID),
        "Two layers of 40 sigmoid neurons from large random weights; strokes emerge from noise "
        "slowly enough to follow. Four digits at a time at four times the rate, where the "
        "original took one.",
    ),
    "relu-256-64": Preset(
        RunSpec(hidden=(256, 64), lr=0.001, batch_size=1, epochs=3, **PLAIN),
        "Two ReLU layers, one digit at a time with a small rate. He initialization, where the "
        "original's scale let many neurons die.",
    ),
    "sigmoid-30": Preset(
        RunSpec(hidden=(30,), initializer="lecun", lr=3.0, batch_size=10, epochs=15, **SIGMOID),
        "The textbook classic: 30 sigmoid neurons, squared error, batches of ten, rate 3. Smaller "
        "first weights, where the original's N(0, 1) could leave a digit unlearned.",
    ),
    "logistic-28-28": Preset(
        RunSpec(hidden=(28, 28), initializer="lecun", lr=5.0, batch_size=30, epochs=25, **SIGMOID),
        "Two small logistic layers with a bold rate of 5. Batches of thirty, where the original "
        "took few steps on a random tenth of the data.",
    ),
    "relu-128": Preset(
        RunSpec(hidden=(128,), lr=0.01, batch_size=1, epochs=4, **PLAIN),
        "128 ReLU neurons, one digit at a time. He initialization in place of U[−1, 1].",
    ),
}  # fmt: skip


def preset(name: str) -> Preset:
    """Raises UserError for an unknown name."""
    if name not in PRESETS:
        raise UserError(f"Unknown preset {name!r}: choose one of {', '.join(PRESETS)}.")
    return PRESETS[name]
