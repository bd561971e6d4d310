"""Schedules: how the learning rate changes over a run.

Each takes the share of the run that is done, from 0 to 1, and returns what the rate is multiplied
by.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

Schedule = Callable[[float], float]

WARM_UP = 0.1  # share of the run in which ``warm_up_linear`` rises


def constant(done: float) -> float:
    return 1.0


def step(done: float) -> float:
    """A tenth of the rate after half of the run, a hundredth after three quarters."""
    return 1.0 if done < 0.5 else 0.1 if done < 0.75 else 0.01


def cosine(done: float) -> float:
    """From 1 down to 0 along half a cosine (Loshchilov and Hutter 2017, eq. 5, one cycle)."""
    return 0.5 * (1 + cos(pi * done))


def warm_up_linear(done: float) -> float:
    """Up from 0 in a straight line for a tenth of the run, then straight down to 0."""
    return done / WARM_UP if done < WARM_UP else (1 - done) / (1 - WARM_UP)


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "warm_up_linear": warm_up_linear,
}
