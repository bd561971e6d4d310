"""The recogniser: the network that comes with the program, and when it says "not a digit".

It has learned from MNIST's training pictures alone. ``python -m nn recogniser FILE`` trains it anew
from SPEC; assets/recogniser.md says what it reaches.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nn import model_file
from nn.digits.normalise import Normalised
from nn.layers import Array
from nn.network import Network, as_input

FILE = Path(__file__).parent.parent / "assets" / "recogniser.safetensors"


class Answer(NamedTuple):
    digit: int | None  # the likeliest, also of what is refused; None: there is nothing to read
    confidence: float  # its probability, 0–1
    probabilities: Array  # (10,) float32; all 0 where there is nothing to read
    refused: bool  # it looks like no digit


@cache
def network() -> Network:
    """The shipped network. Its probabilities are calibrated: the temperature is in its weights."""
    return model_file.read(FILE)[0]


@cache
def _least() -> float:
    """What the greatest logit of a digit is at least."""
    return float(model_file.read(FILE)[1]["least"])


def read(normalised: Normalised, by: Network | None = None) -> Answer:
    """What the shipped network answers, or another one, which refuses nothing."""
    if normalised.blank:
        return Answer(None, 0.0, np.zeros(10, np.float32), False)
    chosen = network() if by is None else by
    z = chosen.logits(as_input(normalised.image[np.newaxis]))
    [p] = chosen.output.forward(z)
    refused = by is None and float(z.max()) < _least()
    return Answer(int(p.argmax()), float(p.max()), p, refused)
