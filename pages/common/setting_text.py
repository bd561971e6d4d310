"""The settings of a run in words: their labels, and their values as text."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from nn.runs.spec import RunSpec

# The label of each field of a RunSpec.
FIELDS = {
    "hidden": "Hidden layers",
    "activation": "Activation function",
    "output": "Output",
    "loss": "Loss",
    "initializer": "Initialization",
    "optimizer": "Optimizer",
    "lr": "Learning rate",
    "lr_schedule": "Learning rate schedule",
    "momentum": "Momentum",
    "nesterov": "Nesterov momentum",
    "weight_decay": "Weight decay",
    "dropout": "Dropout",
    "augmentation": "Augmentation",
    "label_smoothing": "Label smoothing",
    "clip_norm": "Gradient clipping (norm)",
    "early_stopping_patience": "Early stopping (patience)",
    "batch_size": "Batch size",
    "epochs": "Epochs",
    "dataset": "Dataset",
    "extra_data": "Extra data",
    "init_from": "Starts from",
    "validation_size": "Validation images",
    "train_size": "Training images",
    "seed": "Seed",
}

# Labels of values, where the label is not the value itself.
LABELS = {
    "relu": "ReLU", "leaky_relu": "leaky ReLU", "gelu": "GELU", "cross_entropy": "cross-entropy",
    "squared_error": "squared error", "he": "He", "glorot": "Glorot", "lecun": "LeCun",
    "uniform": "U[−1, 1]", "normal": "N(0, 1)", "sgd": "SGD", "rmsprop": "RMSProp", "adam": "Adam",
    "adamw": "AdamW", "warm_up_linear": "warm-up, then linear", "mnist": "MNIST",
    "strokes": "built-in synthetic digits",
}  # fmt: skip


def text_of(spec: RunSpec, field: str) -> str:
    """The value of a field."""
    value: Any = getattr(spec, field)
    if field == "dataset":
        return spec.data_name  # without the folder, which is private
    if field == "extra_data":
        return "yes" if value else "none"
    if field == "init_from":
        return value or "random weights"
    if field == "hidden":
        return ", ".join(map(str, value)) or "none"
    if field in ("train_size", "validation_size"):
        return f"{value:,}" if value or field == "validation_size" else "all"
    if isinstance(value, float):
        return f"{value:g}"
    return LABELS.get(value, str(value)) if isinstance(value, str) else str(value)


def in_common(spec: RunSpec, varied: Collection[str]) -> str:
    """What the runs of a group have in common, but for the varied fields: the epochs, the dataset,
    and what is not the default. spec: of any of them."""
    usual = RunSpec()
    shown = [
        field
        for field in FIELDS
        if field not in varied
        and (field in ("epochs", "dataset") or getattr(spec, field) != getattr(usual, field))
    ]
    return " · ".join(f"{FIELDS[field]} {text_of(spec, field)}" for field in shown)
