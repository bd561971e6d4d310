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
        dy.sum(axis=0, out=self.db)
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


class Tanh:
    """y = tanh x."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.tanh(x, out=out)
        return y

    # dy/dx = 1 − y²
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        slope = y * y
        np.subtract(1, slope, out=slope)
        np.multiply(dy, slope, out=dx)


class LeakyReLU:
    """y = x where x > 0, else x / 100 (Maas, Hannun and Ng 2013)."""

    leak = 0.01

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.multiply(x, self.leak, out=out)
        np.maximum(x, y, out=y)
        return y

    # dy/dx = 1 where y > 0, else 1 / 100
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        np.multiply(dy, np.where(y > 0, dy.dtype.type(1), dy.dtype.type(self.leak)), out=dx)


class GELU:
    """y = x Φ(x), Φ being the normal distribution's, in its tanh form: y = ½ x (1 + tanh u) with
    u = √(2/π) (x + 0.044715 x³) (Hendrycks and Gimpel 2016, §2)."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.multiply(x, 1 + self._tanh(x), out=out)
        y *= 0.5
        return y

    # dy/dx = ½ (1 + t) + ½ x (1 − t²) du/dx,  t = tanh u,  du/dx = √(2/π) (1 + 3 · 0.044715 x²)
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        t = self._tanh(x)
        slope = x * x
        slope *= 3 * 0.044715
        slope += 1
        slope *= 0.5 * np.sqrt(2 / np.pi, dtype=x.dtype)
        slope *= x
        slope *= 1 - t * t
        slope += 0.5 * (1 + t)
        np.multiply(dy, slope, out=dx)

    def _tanh(self, x: Array) -> Array:
        u: Array = x * x
        u *= 0.044715
        u += 1
        u *= x
        u *= np.sqrt(2 / np.pi, dtype=x.dtype)
        return np.tanh(u, out=u)


class Dropout:
    """In a training step each number is 0 with probability ``rate``, else 1 / (1 − rate) times
    itself (Srivastava et al. 2014; scaled at training as in Caffe). Prediction passes unchanged.

    A training step is what passes ``out``; ``draw`` decides beforehand what falls out of it.
    """

    def __init__(self, rate: float) -> None:
        self.rate = rate
        self._mask: Array = np.empty((0, 0))

    def draw(self, rng: np.random.Generator, like: Array) -> None:
        """Choose for the next step, in the shape and dtype of ``like``."""
        kept = rng.random(like.shape, np.float32) >= self.rate
        self._mask = kept * like.dtype.type(1 / (1 - self.rate))

    def forward(self, x: Array, out: Array | None = None) -> Array:
        if out is None:
            return x
        y: Array = np.multiply(x, self._mask, out=out)
        return y

    # dy/dx = the mask
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        np.multiply(dy, self._mask, out=dx)


class Softmax:
    """y_j = e^x_j / Σ_k e^x_k, each row shifted by its maximum so that nothing overflows."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.subtract(x, x.max(axis=1, keepdims=True), out=out)
        np.exp(y, out=y)
        y /= y.sum(axis=1, keepdims=True)
        return y

    # ∂y_j/∂x_k = y_j (1[j=k] − y_k),  so  dx = y (dy − Σ_k dy_k y_k)
    def backward(self, x: Array, y: Array, dy: Array, dx: Array | None) -> None:
        centered = dy - (dy * y).sum(axis=1, keepdims=True)
        np.multiply(y, centered, out=dx)


ACTIVATIONS: dict[str, type[Layer]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
}
OUTPUTS: dict[str, type[Layer]] = {"softmax": Softmax, "sigmoid": Sigmoid}
