"""Losses: one number for a batch, and its gradient.

Each takes the logits z (batch, classes), the true classes (batch,), and the output layer that
turns logits into probabilities; it returns the mean loss over the batch and writes that same
number's gradient ∂loss/∂z into ``dz``. From logits, because −log p is exact there even where p
rounds to 0 or 1.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nn.layers import Array, Layer, Softmax

Loss = Callable[[Layer, Array, Array, Array], float]


def cross_entropy(output: Layer, z: Array, labels: Array, dz: Array) -> float:
    """−log of the probability given to the truth (Bishop 2006, eq. 4.108; sigmoid: eq. 4.90).

    With a softmax output, mean of −log p_truth; with a sigmoid output, the ten independent
    yes/no cross-entropies summed. Both have the gradient (p − truth) / batch.
    """
    rows = np.arange(len(z))
    if isinstance(output, Softmax):
        top = z.max(axis=1)
        total = np.log(np.exp(z - top[:, None]).sum(axis=1)) + top - z[rows, labels]
    else:
        total = np.logaddexp(0, z).sum(axis=1) - z[rows, labels]
    output.forward(z, dz)
    dz[rows, labels] -= 1
    dz /= len(z)
    return float(total.mean())


def squared_error(output: Layer, z: Array, labels: Array, dz: Array) -> float:
    """½ Σ (p − truth)², the mean over the batch (Nielsen 2015, eq. 6)."""
    p = output.forward(z)
    error = p.copy()
    error[np.arange(len(z)), labels] -= 1
    loss = 0.5 * float(np.square(error).sum(axis=1).mean())
    error /= len(z)
    output.backward(z, p, error, dz)
    return loss


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "squared_error": squared_error}
