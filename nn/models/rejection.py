"""Rejection: whether an image is a digit at all.

A network gives every image one of the ten digits, a scribble too. The rule here rejects an image
whose highest logit is low for how long and complicated its strokes are.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from PIL import Image, ImageFilter

from nn.data.preprocess import stroke_width
from nn.data.preprocess.connected_components import label
from nn.data.preprocess.pipeline import Preprocessed
from nn.layers import Array

EXTRA_PIECE = 0.75  # what each further piece adds to the complexity, in heights of the digit
SIDE = 80  # pixels: of the image in which stroke length is measured
BLUR, MARGIN = 1.0, 4  # pixels: the σ of the Gaussian that removes noise, and the space it needs
EDGE_LEVELS = (0.25, 0.45)  # of the strongest stroke: an edge runs from one to the other
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
    """The length of the pen's path in heights of the digit: half the length of its edges.

    Measured at one size and without specks, because the edges of noise are no strokes.
    """
    foreground: Array = np.divide(preprocessed.steps["crop"], 255, dtype=np.float32)
    scaled = np.pad(stroke_width.scale(foreground, SIDE), MARGIN)
    levels = Image.fromarray(np.rint(scaled * 255).astype(np.uint8))
    blurred = np.asarray(levels.filter(ImageFilter.GaussianBlur(BLUR)), np.float32)
    low, high = EDGE_LEVELS
    strokes = np.clip((blurred / blurred.max() - low) / (high - low), 0, 1)
    return float(stroke_width.edge_length(strokes) / (2 * SIDE))
