"""Presets: configurations worth one click, among them those of earlier programs of this kind."""

from __future__ import annotations

from dataclasses import asdict
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
    "too-fast": Preset(
        "Too fast",
        RunSpec(lr=100.0, lr_schedule="constant", epochs=3),
        "A learning rate 1,000 times the usual: every step overshoots, and after a few of them the "
        "loss diverges.",
    ),
    "too-small": Preset(
        "Too small",
        RunSpec(hidden=(2,), activation="tanh", epochs=5),
        "Two neurons cannot tell ten digits apart, however long they train: about 45 % accuracy.",
    ),
    "overfits": Preset(
        "Overfits",
        RunSpec(hidden=(256,), train_size=500, epochs=150, lr_schedule="constant"),
        "Only 500 training images, which the network memorizes: the training loss falls to 0 while "
        "the validation loss rises.",
    ),
    "augmented": Preset(
        "Cured by augmentation",
        RunSpec(
            hidden=(256,), train_size=500, epochs=150, lr_schedule="constant", augmentation=1.0
        ),
        "The same 500 images as in Overfits, varied each time they are used: on MNIST, 94 % test "
        "accuracy instead of 85.",
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


def nearest(spec: RunSpec) -> Preset:
    """The preset from which ``spec`` differs in the fewest fields."""
    fields = asdict(spec)

    def differences(preset: Preset) -> int:
        return sum(value != getattr(preset.spec, field) for field, value in fields.items())

    return min(PRESETS.values(), key=differences)
