"""Checkpoint: everything needed to resume training, as one safetensors file in memory.

Safetensors, because reading one runs no code, unlike unpickling.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
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
        stored: dict[str, Any] = dict(json.loads(arrays["rest"].tobytes()))
        values = {OLD_KEYS.get(key, key): value for key, value in stored.items()}
        layout = values.pop("layout", LAYOUT_0_1)  # which 0.1 did not state
        lr, optimizer_steps = float(values.pop("lr")), int(values.pop("optimizer_steps"))
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
