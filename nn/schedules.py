"""Schedules: how the learning rate changes over a run.

Each takes the share of the run that is done, from 0 to 1, and returns what the rate is multiplied
by.
"""

from __future__ import annotations

from collections.abc import Callable
from math import cos, pi

Schedule = Callable[[float], float]


def constant(done: float) -> float:
    return 1.0


def cosine(done: float) -> float:
    """From 1 down to 0 along half a cosine (Loshchilov and Hutter 2017, eq. 5, one cycle)."""
    return 0.5 * (1 + cos(pi * done))


SCHEDULES: dict[str, Schedule] = {"constant": constant, "cosine": cosine}
