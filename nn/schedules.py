"""Learning rate schedules: the factor on the learning rate as training progresses.

Each takes ``progress``, the share of the run's steps that are complete, from 0 to 1, and returns
the factor, from 0 to 1.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

Schedule = Callable[[float], float]

WARM_UP = 0.1  # share of the run during which ``warm_up_linear`` rises


def constant(progress: float) -> float:
    """1 throughout."""
    return 1.0


def step(progress: float) -> float:
    """1, then 0.1 after half of the run and 0.01 after three quarters."""
    return 1.0 if progress < 0.5 else 0.1 if progress < 0.75 else 0.01


def cosine(progress: float) -> float:
    """From 1 down to 0 along half a cosine (Loshchilov and Hutter 2017, eq. 5, one cycle)."""
    return 0.5 * (1 + cos(pi * progress))


def warm_up_linear(progress: float) -> float:
    """From 0 up to 1 linearly in the first tenth of the run, then linearly down to 0."""
    return progress / WARM_UP if progress < WARM_UP else (1 - progress) / (1 - WARM_UP)


SCHEDULES: dict[str, Schedule] = {
    "constant": constant,
    "step": step,
    "cosine": cosine,
    "warm_up_linear": warm_up_linear,
}
