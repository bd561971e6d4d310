"""The network: dense layers with an activation between them, all parameters in one flat array.

One array, because the optimizer then updates all layers in one pass, and a snapshot or checkpoint
is a single array.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

import numpy as np

from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS, Array, Dense, Dropout, Layer
from nn.shared_memory import shared_zeros

# How ``Network.parameters`` are ordered: W1, b1, W2, b2, …, each W (outputs, inputs) row by row.
# Everything that stores parameters states it. What 0.1 wrote has the other layout, unstated.
LAYOUT, LAYOUT_0_1 = "outputs_inputs", "inputs_outputs"


def as_input(images: Array, dtype: np.typing.DTypeLike = np.float32) -> Array:
    """Images (n, 28, 28) or (n, 784) uint8 → network input (784, n) in [0, 1].

    Scales pixels for prediction; nn.batches does the same for training.
    """
    x: Array = images.reshape(len(images), -1) * np.divide(1, 255, dtype=dtype)
    return x.T


class Workspace(NamedTuple):
    """What one training step writes into, for one batch size; allocated once and used again."""

    layers: list[Layer]  # the network's, each Dropout with a mask of this workspace
    outputs: list[Array]  # of each layer, (width, batch)
    gradients: list[Array]  # ∂loss/∂output of each layer, (width, batch)

    def first(self, n: int) -> Workspace:
        """A workspace for a batch of ``n``: views of the first n columns."""
        return Workspace(
            [
                Dropout(layer.rate, layer.mask[:, :n])
                if isinstance(layer, Dropout) and layer.mask is not None
                else layer
                for layer in self.layers
            ],
            [output[:, :n] for output in self.outputs],
            [gradient[:, :n] for gradient in self.gradients],
        )

    def sample_masks(self, rng: np.random.Generator) -> None:
        """Draw the dropout masks of the next step, input side first."""
        for layer in self.layers:
            if isinstance(layer, Dropout):
                layer.sample_mask(rng)


class Network:
    """A fully connected network with layers of ``sizes``, for example (784, 128, 10).

    dropout: the probability with which a training step drops each output of a hidden layer.

    ``parameters`` and ``gradients`` are flat arrays of ``dtype``, ordered as LAYOUT says; the
    layers hold views into both.
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
        self.parameters, self.gradients = (
            shared_zeros(parameter_count(sizes), dtype) for _ in range(2)
        )
        self.output: Layer = OUTPUTS[output]()
        self.layers: list[Layer] = []
        self._widths: list[int] = []  # of each layer's output
        for (W, b), (dW, db) in zip(
            layer_views(self.parameters, sizes), layer_views(self.gradients, sizes), strict=True
        ):
            if self.layers:
                between: list[Layer] = [ACTIVATIONS[activation]()]
                between += [Dropout(dropout)] if dropout else []
                self.layers += between
                self._widths += [W.shape[1]] * len(between)
            self.layers.append(Dense(W, b, dW, db))
            self._widths.append(len(b))

    def initialize(self, initializer: str, rng: np.random.Generator) -> None:
        """Fill every W and b with initial values drawn from ``rng``, input side first."""
        for W, b in layer_views(self.parameters, self.sizes):
            INITIALIZERS[initializer](rng, W.T, b)  # in 0.1's order: seeds keep their weights

    # Prediction. It changes nothing of the network, so it may run while another thread trains.

    def logits(self, x: Array) -> Array:
        """x: (inputs, n) in [0, 1] → logits (classes, n)."""
        for layer in self.layers:
            x = layer.forward(x)
        return x

    def probabilities(self, images: Array) -> Array:
        """images: (n, 28, 28) uint8 in MNIST's frame → probabilities (n, 10)."""
        return self.output.forward(self.logits(as_input(images, self.parameters.dtype))).T

    def layer_inputs(self, x: Array) -> list[Array]:
        """x: (inputs, n) → the input of each layer, beginning with x, and at the end the logits."""
        xs = [x]
        for layer in self.layers:
            xs.append(layer.forward(xs[-1]))
        return xs

    def input_gradients(self, xs: list[Array], dz: Array) -> list[Array]:
        """∂loss/∂x for each x of ``xs``, as ``layer_inputs`` gave them; dz: ∂loss/∂logits.

        The last is dz itself. For xs of one image, dz may have several columns, one for each
        quantity to differentiate. The gradients of the parameters are neither computed nor changed.
        """
        dxs = [dz]
        for i in reversed(range(len(self.layers))):
            dxs.append(self.layers[i].backward(xs[i], xs[i + 1], dxs[-1]))
        return dxs[::-1]

    # Training

    def workspace(self, batch_size: int) -> Workspace:
        dtype = self.parameters.dtype
        outputs, gradients = (
            [shared_zeros((width, batch_size), dtype) for width in self._widths] for _ in range(2)
        )
        layers: list[Layer] = [
            Dropout(layer.rate, shared_zeros((width, batch_size), dtype))
            if isinstance(layer, Dropout)
            else layer
            for layer, width in zip(self.layers, self._widths, strict=True)
        ]
        return Workspace(layers, outputs, gradients)

    def forward(self, x: Array, workspace: Workspace) -> Array:
        """x: (inputs, batch) → logits (classes, batch). Keeps the output of each layer for
        ``backward``."""
        for layer, output in zip(workspace.layers, workspace.outputs, strict=True):
            x = layer.forward(x, output)
        return x

    def backward(self, x: Array, workspace: Workspace) -> None:
        """Fill ``gradients``: the chain rule from the last layer to the first.

        x, workspace: as ``forward`` left them, and ∂loss/∂logits in ``workspace.gradients[-1]``.
        """
        layers, ys, dys = workspace
        for i in reversed(range(len(layers))):
            layer, layer_x = layers[i], ys[i - 1] if i else x
            if isinstance(layer, Dense):
                layer.parameter_gradients(layer_x, dys[i])
            if i:  # ∂loss/∂x of the whole network is not needed
                layer.backward(layer_x, ys[i], dys[i], dys[i - 1])


def parameter_count(sizes: Sequence[int]) -> int:
    """The number of weights and biases in a network with layers of ``sizes``."""
    return sum((i + 1) * o for i, o in pairwise(sizes))


def layer_views(flat: Array, sizes: Sequence[int]) -> Iterator[tuple[Array, Array]]:
    """Each layer's W (outputs, inputs) and b (outputs,) as views into a flat array of parameters or
    gradients, input side first."""
    start = 0
    for i, o in pairwise(sizes):
        W = flat[start : start + i * o].reshape(o, i)
        b = flat[start + i * o : start + (i + 1) * o]
        yield W, b
        start += (i + 1) * o


def from_layout(flat: Array, sizes: Sequence[int], layout: str) -> Array:
    """Parameters, or one optimizer state array, stored in ``layout`` → in LAYOUT.

    flat: (size,). Raises ValueError for a layout that this version does not know.
    """
    if layout == LAYOUT:
        return flat
    if layout != LAYOUT_0_1:
        raise ValueError(f"its parameters have the unknown layout {layout!r}")
    converted = np.empty_like(flat)
    for (W, b), (i, o) in zip(layer_views(converted, sizes), pairwise(sizes), strict=True):
        stored, flat = flat[: i * o], flat[i * o :]
        W[...] = stored.reshape(i, o).T
        b[...], flat = flat[:o], flat[o:]
    return converted
