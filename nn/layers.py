"""Layers: each forward with its backward beside it, the derivative written above it.

A layer never keeps what passed through it. ``forward(x, out)`` returns y (written into ``out``
when given); ``backward(x, y, dy, dx)`` gets that x and y back, with dy = ∂loss/∂y, and writes
∂loss/∂x into ``dx``. So prediction changes nothing and may run while another thread trains.
Backpropagation: Rumelhart, Hinton, Williams, Nature 323 (1986).
"""

from __future__ import annotations

from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]  # float32 in training, float64 in gradient checks


class Layer(Protocol):
    def forward(self, x: Array, out: Array | None = None) -> Array: ...

    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None: ...


class Dense:
    """y = x W + b.

    W, dW: (inputs, outputs); b, db: (outputs,). All four are views into the network's flat
    buffers; backward overwrites dW and db.
    """

    def __init__(self, W: Array, b: Array, dW: Array, db: Array) -> None:
        self.W, self.b, self.dW, self.db = W, b, dW, db

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y = np.matmul(x, self.W, out=out)  # (batch, outputs)
        y += self.b
        return y

    # dW = xᵀ dy,  db = Σ_batch dy,  dx = dy Wᵀ
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        if len(x) == 1:  # NumPy hands an outer product to no BLAS routine; this is 5× faster
            np.multiply(x.T, dy, out=self.dW)
        else:
            np.matmul(x.T, dy, out=self.dW)
        np.sum(dy, axis=0, out=self.db)
        if dx is not None:
            np.matmul(dy, self.W.T, out=dx)


class ReLU:
    """y = max(x, 0)."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.maximum(x, 0, out=out)
        return y

    # dy/dx = 1 where y > 0, else 0
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        np.multiply(dy, y > 0, out=dx)


class Sigmoid:
    """y = 1 / (1 + e⁻ˣ), written with tanh so that no x overflows."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.multiply(x, 0.5, out=out)
        np.tanh(y, out=y)
        y += 1
        y *= 0.5
        return y

    # dy/dx = y (1 − y)
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        slope = 1 - y
        slope *= y
        np.multiply(dy, slope, out=dx)


class Softmax:
    """y_j = e^x_j / Σ_k e^x_k, each row shifted by its maximum so that nothing overflows."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.subtract(x, x.max(axis=1, keepdims=True), out=out)
        np.exp(y, out=y)
        y /= y.sum(axis=1, keepdims=True)
        return y

    # ∂y_j/∂x_k = y_j (1[j=k] − y_k),  so  dx = y (dy − Σ_k dy_k y_k)
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        centred = dy - (dy * y).sum(axis=1, keepdims=True)
        np.multiply(y, centred, out=dx)


ACTIVATIONS: dict[str, type[Layer]] = {"relu": ReLU, "sigmoid": Sigmoid}
OUTPUTS: dict[str, type[Layer]] = {"softmax": Softmax, "sigmoid": Sigmoid}
