"""The pretrained model: the network that comes with the program, and when it says "not a digit".

Its weights are in assets/pretrained.safetensors; nn/runs/train_pretrained.py made them, and
assets/pretrained.md says how and what they reach.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nn.data.preprocess import stroke_width
from nn.data.preprocess.connected_components import label
from nn.data.preprocess.pipeline import Preprocessed
from nn.layers import Array
from nn.models import weights_file
from nn.network import Network, as_input

FILE = Path(__file__).parents[2] / "assets" / "pretrained.safetensors"
PIECE = 0.75  # heights of the digit
INK = 100  # what is brighter belongs to a piece


class Answer(NamedTuple):
    digit: int | None  # the likeliest, also of what is refused; None: there is nothing to read
    confidence: float  # its probability, 0–1
    probabilities: Array  # (10,) float32; all 0 where there is nothing to read
    refused: bool  # it looks like no digit


class Refusal(NamedTuple):
    """A picture is no digit when its score is below ``least``. The score is the greatest logit,
    how loudly the network speaks for its answer, less ``slope`` times the pen's effort: of a long
    scribble, or one in many pieces, it must be surer than of a 1."""

    slope: float  # logits per digit height
    least: float


@cache
def _file() -> tuple[Network, dict[str, Any]]:
    return weights_file.read(FILE)


def network() -> Network:
    """The shipped network. Its probabilities are calibrated: the temperature is in its weights."""
    return _file()[0]


def refusal() -> Refusal:
    """The rule that was fitted to the shipped network."""
    return Refusal(**_file()[1]["refusal"])


def read(preprocessed: Preprocessed, by: Network | None = None) -> Answer:
    """What the shipped network answers, or another one, which refuses nothing."""
    if preprocessed.blank:
        return Answer(None, 0.0, np.zeros(10, np.float32), False)
    chosen = network() if by is None else by
    z = chosen.logits(as_input(preprocessed.image[np.newaxis]))
    [p] = chosen.output.forward(z)
    refused = False
    if by is None:
        slope, least = refusal()
        refused = float(z.max()) - slope * effort(preprocessed) < least
    return Answer(int(p.argmax()), float(p.max()), p, refused)


def effort(preprocessed: Preprocessed) -> float:
    """The pen's way, and PIECE for each piece after the first that is left once broken strokes are
    joined."""
    return way(preprocessed) + PIECE * (label(preprocessed.image > INK)[1] - 1)


def way(preprocessed: Preprocessed) -> float:
    """How far the pen went, in heights of the digit: half of its strokes' edges."""
    ink: Array = np.divide(preprocessed.steps["cropped"], 255, dtype=np.float32)
    return float(stroke_width.edge_length(ink) / (2 * max(ink.shape)))
