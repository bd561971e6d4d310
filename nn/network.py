"""The network: dense layers with an activation between them, all parameters in one flat buffer.

One buffer, because the optimizer then updates every layer in one sweep, and a frame or a
checkpoint is one array.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np

from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS, Array, Dense, Dropout, Layer


def as_input(images: Array, dtype: np.typing.DTypeLike = np.float32) -> Array:
    """Pictures (n, 28, 28) or (n, 784) uint8 → network input (n, 784) in [0, 1].

    The only place where pixels are scaled for prediction; training's gather does the same sum.
    """
    x: Array = images.reshape(len(images), -1) * np.divide(1, 255, dtype=dtype)
    return x


class Network:
    """A fully connected network, ``sizes`` wide from input to output, for example (784, 128, 10).

    dropout: the share of each hidden layer's outputs that a training step drops.

    ``parameters`` and ``gradients`` are flat arrays of ``dtype``; the layers hold views into both,
    in the order W1, b1, W2, b2, … (W row by row).
    """

    def __init__(
        self,
        sizes: Sequence[int],
        activation: str = "relu",
        output: str = "softmax",
        dtype: np.typing.DTypeLike = np.float32,
        dropout: float = 0.0,
    ) -> None:
        self.sizes = tuple(sizes)
        self.activation, self.dropout = activation, dropout
        self.parameters: Array = np.zeros(parameter_count(sizes), dtype)
        self.gradients: Array = np.zeros_like(self.parameters)
        self.output: Layer = OUTPUTS[output]()
        self.layers: list[Layer] = []
        self._widths: list[int] = []  # of each layer's output
        for (W, b), (dW, db) in zip(
            views(self.parameters, sizes), views(self.gradients, sizes), strict=True
        ):
            if self.layers:
                between: list[Layer] = [ACTIVATIONS[activation]()]
                between += [Dropout(dropout)] if dropout else []
                self.layers += between
                self._widths += [len(W)] * len(between)
            self.layers.append(Dense(W, b, dW, db))
            self._widths.append(len(b))

    def initialize(self, initializer: str, rng: np.random.Generator) -> None:
        """Fill every W and b; the layers draw from ``rng`` in order, input side first."""
        for W, b in views(self.parameters, self.sizes):
            INITIALIZERS[initializer](rng, W, b)

    def logits(self, x: Array) -> Array:
        """x: (n, inputs) in [0, 1] → logits (n, classes). Writes nothing of the network's own."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def probabilities(self, images: Array) -> Array:
        """images: (n, 28, 28) uint8 in MNIST's frame → (n, 10) probabilities."""
        return self.output.forward(self.logits(as_input(images, self.parameters.dtype)))

    def workspace(self, batch: int) -> list[Array]:
        """One array (batch, width) for each layer's output: what a training step writes into."""
        return [np.empty((batch, width), self.parameters.dtype) for width in self._widths]

    def drop(self, rng: np.random.Generator, ys: list[Array]) -> None:
        """Decide what each dropout layer drops in the next step into the workspace ``ys``."""
        for layer, y in zip(self.layers, ys, strict=True):
            if isinstance(layer, Dropout):
                layer.draw(rng, y)

    def forward(self, x: Array, ys: list[Array]) -> Array:
        """As ``logits``, each layer's output kept in ``ys`` (a workspace) for ``backward``."""
        for layer, y in zip(self.layers, ys, strict=True):
            x = layer.forward(x, y)
        return x

    def backward(self, x: Array, ys: list[Array], dys: list[Array]) -> None:
        """Fill ``gradients``: the chain rule from the last layer to the first.

        ``x`` and ``ys`` as ``forward`` left them; ``dys[-1]`` holds ∂loss/∂logits, the others are
        scratch. Nobody needs ∂loss/∂x, so the first layer does not compute it.
        """
        for i in reversed(range(len(self.layers))):
            first = i == 0
            self.layers[i].backward(
                x if first else ys[i - 1], ys[i], dys[i], None if first else dys[i - 1]
            )


def parameter_count(sizes: Sequence[int]) -> int:
    """How many numbers a network of these ``sizes`` learns: every weight and every bias."""
    return sum((i + 1) * o for i, o in pairwise(sizes))


def views(flat: Array, sizes: Sequence[int]) -> Iterator[tuple[Array, Array]]:
    """Each layer's (W, b) as views into a flat parameter array, input side first."""
    start = 0
    for i, o in pairwise(sizes):
        W = flat[start : start + i * o].reshape(i, o)
        b = flat[start + i * o : start + (i + 1) * o]
        yield W, b
        start += (i + 1) * o
