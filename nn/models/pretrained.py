"""The pretrained model that comes with Digitscope: a network, its accuracy and its rejection rule.

All are stored in assets/pretrained.safetensors. nn/runs/train_pretrained.py trains them;
assets/pretrained.md is the model card.
"""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from nn.data.preprocess.pipeline import Preprocessed
from nn.layers import Array
from nn.models import weights_file
from nn.models.rejection import RejectionRule
from nn.network import Network, as_input

FILE = Path(__file__).parents[2] / "assets" / "pretrained.safetensors"
CARD = FILE.with_suffix(".md")
FORMER = FILE.with_name("pretrained-1.safetensors")  # the model of earlier versions


class Prediction(NamedTuple):
    predicted: int | None  # the most likely digit, also when rejected; None without a digit
    confidence: float  # its probability, 0–1
    probabilities: Array  # (10,) float32; all 0 without a digit
    rejected: bool  # not a digit


@cache
def _file() -> tuple[Network, dict[str, Any]]:
    return weights_file.read(FILE)


def network() -> Network:
    """The pretrained network. It is calibrated: its weights include the temperature."""
    return _file()[0]


def former_network() -> Network:
    """The pretrained network of earlier versions, for runs that were recorded to start from it, and
    as a teacher of the present one."""
    return weights_file.read(FORMER)[0]


def about() -> dict[str, Any]:
    """What its file says about the network."""
    return dict(_file()[1])


def rejection_rule() -> RejectionRule:
    """The rule that was fitted to the pretrained network."""
    return RejectionRule(**_file()[1]["rejection"])


def test_accuracy() -> float:
    """On the 10,000 test images of MNIST, 0–1, as measured when it was trained."""
    return float(_file()[1]["test_accuracy"])


def predict(
    preprocessed: Preprocessed, by: Network | None = None, rule: RejectionRule | None = None
) -> Prediction:
    """Classify an image with the network ``by``, rejecting what ``rule`` rejects.

    by: None for the pretrained network and its rule; rule: None to reject nothing.
    """
    if preprocessed.problem:
        return Prediction(None, 0.0, np.zeros(10, np.float32), False)
    if by is None:
        by, rule = network(), rejection_rule()
    z = by.logits(as_input(preprocessed.image[np.newaxis]))
    p = by.output.forward(z)[:, 0]
    rejected = rule is not None and rule.rejects(z[:, 0], preprocessed)
    return Prediction(int(p.argmax()), float(p.max()), p, rejected)
