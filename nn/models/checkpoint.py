"""Checkpoint: all that going on takes, as one safetensors file in memory.

Safetensors, because reading one runs no code: never a pickle.
"""

from __future__ import annotations

import json
from dataclasses import asdict

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load, save

from nn.errors import UserError
from nn.layers import Array
from nn.optimizers import Optimizer
from nn.training import Position


def pack(parameters: Array, optimizer: Optimizer, position: Position) -> bytes:
    """parameters: flat float32; the optimizer's state and rate; the position."""
    rest = json.dumps({"lr": optimizer.lr, "steps": optimizer.steps, **asdict(position)}).encode()
    return save(
        {
            "parameters": parameters,
            "state": optimizer.state,
            "rest": np.frombuffer(rest, np.uint8),
        }
    )


def unpack(data: bytes, parameters: Array, optimizer: Optimizer) -> Position:
    """Fill ``parameters`` and ``optimizer`` from what ``pack`` made; → the position.

    Raises UserError when the checkpoint is damaged or belongs to another network.
    """
    try:
        arrays = load(data)
        rest = dict(json.loads(arrays["rest"].tobytes()))
        lr, steps = float(rest.pop("lr")), int(rest.pop("steps"))
        position = Position(**rest)
        # All is checked before anything is changed.
        state = ((parameters, arrays["parameters"]), (optimizer.state, arrays["state"]))
        for own, saved in state:
            if own.shape != saved.shape or own.dtype != saved.dtype:
                raise ValueError(f"expected {own.shape} {own.dtype}, got {saved.shape}")
        for own, saved in state:
            own[...] = saved
        optimizer.lr, optimizer.steps = lr, steps
        return position
    except (SafetensorError, KeyError, ValueError, TypeError) as error:
        raise UserError(f"The checkpoint cannot be used: {error}. Start the run anew.") from None
