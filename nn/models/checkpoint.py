"""Checkpoint: everything needed to resume training, as one safetensors file in memory.

Safetensors, because reading one runs no code, unlike unpickling.
"""

from __future__ import annotations

import json
import reprlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict
from typing import Any

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from nn.errors import UserError
from nn.layers import Array
from nn.network import LAYOUT, LAYOUT_0_1, from_layout
from nn.optimizers import Optimizer
from nn.training import TrainingState

# Keys that 0.1 wrote: its name → today's.
OLD_KEYS = {
    "steps": "optimizer_steps",
    "smooth_loss": "smoothed_loss",
    "stale_epochs": "epochs_without_improvement",
}

MAX_COUNT = 2**53  # no training takes as many steps, and the store can hold it


def pack(parameters: Array, optimizer: Optimizer, state: TrainingState) -> bytes:
    """parameters: flat float32, (size,), ordered as nn.network.LAYOUT says."""
    values = {
        "layout": LAYOUT,
        "lr": optimizer.lr,
        "last_lr": optimizer.last_lr,
        "optimizer_steps": optimizer.steps,
    }
    text = json.dumps(values | asdict(state)).encode()
    return save(
        {
            "parameters": parameters,
            "state": optimizer.state,
            "rest": np.frombuffer(text, np.uint8),
        }
    )


def unpack(
    data: bytes, parameters: Array, optimizer: Optimizer, sizes: Sequence[int]
) -> TrainingState:
    """Fill ``parameters`` and ``optimizer`` from what ``pack`` returned → the training state.

    sizes: of the network's layers, to convert a checkpoint in the layout of 0.1.

    Raises UserError when the checkpoint is damaged or belongs to another network. Then nothing has
    been changed.
    """
    try:
        arrays = load(data)
        values = _values(arrays["rest"].tobytes())
        layout = values.pop("layout", LAYOUT_0_1)  # which 0.1 did not state
        lr, optimizer_steps = float(values.pop("lr")), values.pop("optimizer_steps")
        last_lr = float(values.pop("last_lr", 1.0))  # 0.1's velocities are without learning rate
        state = TrainingState(**values)
        targets = ((parameters, arrays["parameters"]), (optimizer.state, arrays["state"]))
        for target, saved in targets:
            if target.shape != saved.shape or target.dtype != saved.dtype:
                raise ValueError(f"expected {target.shape} {target.dtype}, got {saved.shape}")
        parameters[...] = from_layout(arrays["parameters"], sizes, layout)
        for slot, saved in zip(optimizer.state, arrays["state"], strict=True):
            slot[...] = from_layout(saved, sizes, layout)
        optimizer.lr, optimizer.last_lr, optimizer.steps = lr, last_lr, optimizer_steps
        return state
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UserError(
            f"The checkpoint cannot be used: {error}. Start the run again from the beginning."
        ) from None


def _values(text: bytes) -> dict[str, Any]:
    """What is stored beside the arrays, by today's names. Raises ValueError or TypeError for what
    ``pack`` cannot have written."""
    try:
        stored: dict[str, Any] = dict(json.loads(text))
    except (ValueError, RecursionError):  # RecursionError: nested too deeply
        raise ValueError("its values are not valid JSON") from None
    values = {OLD_KEYS.get(key, key): value for key, value in stored.items()}
    for name, value in values.items():
        is_right, expected = KINDS.get(name, ANYTHING)
        if not is_right(value):
            raise ValueError(f"{name} must be {expected}; got {reprlib.repr(value)}")
    return values


def _is_text(value: object) -> bool:
    return isinstance(value, str)


def _is_count(value: object) -> bool:
    return type(value) is int and 0 <= value <= MAX_COUNT


def _is_amount(value: object) -> bool:
    """Neither NaN nor infinite, nor a whole number that no float can hold."""
    return type(value) in (int, float) and 0 <= value <= sys.float_info.max  # type: ignore[operator]


def _is_positive(value: object) -> bool:
    return _is_amount(value) and value != 0


def _is_loss(value: object) -> bool:
    return type(value) is float or _is_amount(value)


def _is_loss_or_none(value: object) -> bool:
    return value is None or _is_loss(value)


Kind = tuple[Callable[[object], bool], str]  # whether a value is right, and what is expected
ANYTHING: Kind = (lambda value: True, "")  # TrainingState rejects unknown names
AMOUNT: Kind = (_is_amount, "a finite number of at least 0")
COUNT: Kind = (_is_count, "a whole number of at least 0")
KINDS: dict[str, Kind] = {
    "layout": (_is_text, "a name"),
    "step": COUNT,
    "optimizer_steps": COUNT,
    "epochs_without_improvement": COUNT,
    "lr": AMOUNT,
    "last_lr": (_is_positive, "a finite number above 0"),  # momentum divides by it
    "seconds": AMOUNT,
    "epoch_seconds": AMOUNT,
    "epoch_loss": (_is_loss, "a number"),
    "smoothed_loss": (_is_loss_or_none, "a number or null"),
    "best_loss": (_is_loss_or_none, "a number or null"),
}
