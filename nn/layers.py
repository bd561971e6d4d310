"""Layers: each forward pass with its backward pass beside it, the derivative written above it.

``forward(x, out)`` returns y; ``backward(x, y, dy, out)`` takes the same x and y and dy = ∂loss/∂y,
and returns dx = ∂loss/∂x. Both write their result into ``out`` if it is given, and change nothing
else: a layer keeps nothing of what passes through it, so a network can predict in one thread while
it trains in another. Only ``Dense`` has parameters; ``parameter_gradients`` differentiates by them.

Shapes: x (inputs, batch), y (outputs, batch), a column for each image; all layers but Dense have as
many outputs as inputs.
Backpropagation: Rumelhart, Hinton and Williams, Nature 323 (1986).
"""

from __future__ import annotations

from functools import cache
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from nn.matmul import matmul

Array = NDArray[Any]  # float32 in training, float64 in gradient checks


class Layer(Protocol):
    def forward(self, x: Array, out: Array | None = None) -> Array: ...

    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array: ...


class Dense:
    """y = W x + b.

    W, dW: (outputs, inputs); b, db: (outputs,). All four are views into the network's flat arrays
    of parameters and gradients.
    """

    def __init__(self, W: Array, b: Array, dW: Array, db: Array) -> None:
        self.W, self.b, self.dW, self.db = W, b, dW, db
        self._b_column = b[:, np.newaxis]

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y = matmul(self.W, x, out)
        y += self._b_column
        return y

    # dx = Wᵀ dy
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        return matmul(self.W.T, dy, out)

    # dW = dy xᵀ,  db = Σ_batch dy
    def parameter_gradients(self, x: Array, dy: Array) -> None:
        """Overwrite dW and db with ∂loss/∂W and ∂loss/∂b."""
        if x.shape[1] == 1 and self.W.size > 10_000:
            # NumPy multiplies a column and a row without BLAS; with a second image, an empty one,
            # it takes BLAS, and half of the time.
            x, dy = _and_an_empty_column(x), _and_an_empty_column(dy)
        matmul(dy, x.T, self.dW)
        np.matmul(dy, _ones(x.shape[1], x.dtype), out=self.db)  # faster than dy.sum(axis=1)


def _and_an_empty_column(a: Array) -> Array:
    """(n, 1) → (n, 2)"""
    both = np.zeros((2, len(a)), a.dtype)
    both[:1] = a.T
    return both.T


@cache
def _ones(count: int, dtype: np.typing.DTypeLike) -> Array:
    return np.ones(count, dtype)


class ReLU:
    """y = max(x, 0)."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.maximum(x, 0, out=out)
        return y

    # dy/dx = 1 where y > 0, else 0
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        dx: Array = np.multiply(dy, y > 0, out=out)
        return dx


class Sigmoid:
    """y = 1 / (1 + e⁻ˣ), computed with tanh so that no x overflows."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.multiply(x, 0.5, out=out)
        np.tanh(y, out=y)
        y += 1
        y *= 0.5
        return y

    # dy/dx = y (1 − y)
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        slope = 1 - y
        slope *= y
        dx: Array = np.multiply(dy, slope, out=out)
        return dx


class Tanh:
    """y = tanh x."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.tanh(x, out=out)
        return y

    # dy/dx = 1 − y²
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        slope = y * y
        np.subtract(1, slope, out=slope)
        dx: Array = np.multiply(dy, slope, out=out)
        return dx


class LeakyReLU:
    """y = x where x > 0, else x / 100 (Maas, Hannun and Ng 2013)."""

    leak = 0.01

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.multiply(x, self.leak, out=out)
        np.maximum(x, y, out=y)
        return y

    # dy/dx = 1 where y > 0, else 1 / 100
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        slope = np.where(y > 0, dy.dtype.type(1), dy.dtype.type(self.leak))
        dx: Array = np.multiply(dy, slope, out=out)
        return dx


class GELU:
    """y = x Φ(x), where Φ is the cumulative distribution function of N(0, 1), approximated with
    tanh: y = ½ x (1 + tanh u) with u = √(2/π) (x + 0.044715 x³) (Hendrycks and Gimpel 2016, §2)."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.multiply(x, 1 + self._tanh(x), out=out)
        y *= 0.5
        return y

    # dy/dx = ½ (1 + t) + ½ x (1 − t²) du/dx,  t = tanh u,  du/dx = √(2/π) (1 + 3 · 0.044715 x²)
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        t = self._tanh(x)
        slope = x * x
        slope *= 3 * 0.044715
        slope += 1
        slope *= 0.5 * np.sqrt(2 / np.pi, dtype=x.dtype)
        slope *= x
        slope *= 1 - t * t
        slope += 0.5 * (1 + t)
        dx: Array = np.multiply(dy, slope, out=out)
        return dx

    def _tanh(self, x: Array) -> Array:
        u: Array = x * x
        u *= 0.044715
        u += 1
        u *= x
        u *= np.sqrt(2 / np.pi, dtype=x.dtype)
        return np.tanh(u, out=u)


class Dropout:
    """y = x · mask, where the mask is 0 with probability ``rate`` and 1 / (1 − rate) otherwise
    (Srivastava et al. 2014; divided during training, "inverted", so that prediction is y = x).

    mask: (width, batch), of one training step, in that step's workspace; None: for prediction.
    """

    def __init__(self, rate: float, mask: Array | None = None) -> None:
        self.rate, self.mask = rate, mask

    def forward(self, x: Array, out: Array | None = None) -> Array:
        if self.mask is None:
            return x
        y: Array = np.multiply(x, self.mask, out=out)
        return y

    # dy/dx = mask
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        if self.mask is None:
            return dy
        dx: Array = np.multiply(dy, self.mask, out=out)
        return dx

    def sample_mask(self, rng: np.random.Generator) -> None:
        """Fill the mask with new random numbers."""
        assert self.mask is not None
        u = rng.random(self.mask.shape[::-1], np.float32)  # drawn image by image
        np.multiply(self.rate <= u.T, self.mask.dtype.type(1 / (1 - self.rate)), out=self.mask)


class Softmax:
    """y_j = e^x_j / Σ_k e^x_k, each column shifted by its maximum so that nothing overflows."""

    def forward(self, x: Array, out: Array | None = None) -> Array:
        y: Array = np.subtract(x, x.max(axis=0), out=out)
        np.exp(y, out=y)
        y /= y.sum(axis=0)
        return y

    # ∂y_j/∂x_k = y_j (1[j=k] − y_k),  so  dx = y (dy − Σ_k dy_k y_k)
    def backward(self, x: Array, y: Array, dy: Array, out: Array | None = None) -> Array:
        centered = dy - (dy * y).sum(axis=0)
        dx: Array = np.multiply(y, centered, out=out)
        return dx


ACTIVATIONS: dict[str, type[Layer]] = {
    "relu": ReLU,
    "leaky_relu": LeakyReLU,
    "gelu": GELU,
    "tanh": Tanh,
    "sigmoid": Sigmoid,
}
OUTPUTS: dict[str, type[Layer]] = {"softmax": Softmax, "sigmoid": Sigmoid}
