"""Rejection: whether an image is a digit at all.

A network gives every image one of the ten digits, a scribble too. The rule here rejects an image
whose highest logit is low for how long and complicated its strokes are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from nn.data.preprocess import stroke_width
from nn.data.preprocess.connected_components import label
from nn.data.preprocess.pipeline import Preprocessed
from nn.layers import Array

EXTRA_PIECE = 0.75  # what each further piece adds to the complexity, in heights of the digit
MIN_BRIGHTNESS = 100  # of a pixel that belongs to a piece


class RejectionRule(NamedTuple):
    """Rejects an image if its highest logit − slope · stroke complexity is below the threshold."""

    slope: float  # logits per height of the digit
    threshold: float  # logits

    def rejects(self, logits: Array, preprocessed: Preprocessed) -> bool:
        """logits: (10,), of the network that the rule was fitted to."""
        return float(logits.max()) - self.slope * stroke_complexity(preprocessed) < self.threshold


def stroke_complexity(preprocessed: Preprocessed) -> float:
    """The length of the strokes, plus EXTRA_PIECE for each piece after the first. Pieces are
    counted after preprocessing has joined broken strokes."""
    pieces = label(preprocessed.image > MIN_BRIGHTNESS)[1]
    return stroke_length(preprocessed) + EXTRA_PIECE * (pieces - 1)


def stroke_length(preprocessed: Preprocessed) -> float:
    """The length of the pen's path in heights of the digit: half the length of its edges."""
    foreground: Array = np.divide(preprocessed.steps["crop"], 255, dtype=np.float32)
    return float(stroke_width.edge_length(foreground) / (2 * max(foreground.shape)))
