"""A network as a short Python program: a .zip with its weights and NumPy code that uses them."""

from __future__ import annotations

import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from nn.layers import OUTPUTS
from nn.models import weights_file
from nn.network import Network
from nn.support.atomic_write import replacing

CODE, WEIGHTS = "classify.py", "weights.npz"

# As nn.layers computes them, in one expression each.
ACTIVATIONS = {
    "relu": "np.maximum(x, 0)",
    "leaky_relu": "np.maximum(x, x / 100)",
    "gelu": "x / 2 * (1 + np.tanh((2 / np.pi) ** 0.5 * (x + 0.044715 * x**3)))",
    "tanh": "np.tanh(x)",
    "sigmoid": "(1 + np.tanh(x / 2)) / 2",
}
PROGRAM = '''\
"""A network ({layers}) that classifies handwritten digits.

python classify.py images.npy: the most likely digit of each image, and its probability. Images are
(n, 28, 28) from 0, black, to 255; the digit is white, and centered as in MNIST.
"""
# {name!r}, exported from Digitscope.

import sys
from pathlib import Path

import numpy as np

weights = np.load(Path(__file__).with_name("weights.npz"))


def activation(x):
    return {activation}


def output(x):
    {output}


def probabilities(images):
    x = images.reshape(-1, 784).T / np.float32(255)
    for n in range(1, {last}):
        x = activation(weights[f"W{{n}}"] @ x + weights[f"b{{n}}"][:, np.newaxis])
    return output(weights["W{last}"] @ x + weights["b{last}"][:, np.newaxis]).T


if __name__ == "__main__":
    for p in probabilities(np.load(sys.argv[1])):
        print(p.argmax(), f"{{p.max():.1%}}")
'''
OUTPUT = {
    "softmax": "x = np.exp(x - x.max(axis=0))\n    return x / x.sum(axis=0)",
    "sigmoid": f"return {ACTIVATIONS['sigmoid']}",
}


def write(network: Network, path: Path, about: Mapping[str, Any]) -> None:
    """Write a .zip with the program and its weights. about: JSON values that describe the network.

    Raises UserError when a weight is not finite or the file cannot be written.
    """
    with tempfile.TemporaryDirectory(prefix="digitscope-") as folder:
        weights = Path(folder) / WEIGHTS
        weights_file.write(network, weights, about)
        with replacing(path) as part, zipfile.ZipFile(part, "w", zipfile.ZIP_DEFLATED) as archive:
            archive.writestr(CODE, program(network, str(about.get("run", "pretrained model"))))
            archive.write(weights, WEIGHTS)


def program(network: Network, name: str) -> str:
    """The Python code, of about 30 lines. name: of the network, for a comment."""
    output = next(key for key, kind in OUTPUTS.items() if type(network.output) is kind)
    return PROGRAM.format(
        name=name,
        layers="-".join(map(str, network.sizes)),
        activation=ACTIVATIONS[network.activation],
        output=OUTPUT[output],
        last=len(network.sizes) - 1,
    )
