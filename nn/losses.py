"""Losses: one number for a batch, and its gradient.

Each takes the logits z (batch, classes), the true classes (batch,), and the output layer that
turns logits into probabilities; it returns the mean loss over the batch and writes that same
number's gradient ∂loss/∂z into ``dz``. From logits, because −log p is exact there even where p
rounds to 0 or 1. ``smoothing`` takes that share of the truth and spreads it evenly over all classes
(label smoothing: Szegedy et al. 2016, §7).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nn.layers import Array, Layer, Softmax

Loss = Callable[..., float]  # (output, z, labels, dz, smoothing=0.0)


def cross_entropy(
    output: Layer, z: Array, labels: Array, dz: Array, smoothing: float = 0.0
) -> float:
    """−Σ truth · log p (Bishop 2006, eq. 4.108; sigmoid: eq. 4.90).

    With a softmax output, mean of −log p_truth; with a sigmoid output, the ten independent
    yes/no cross-entropies summed. Both have the gradient (p − truth) / batch.
    """
    # One column a picture: NumPy reduces ten long rows far faster than many rows of ten.
    z = z.T.copy()
    truth = labels, np.arange(z.shape[1])
    if isinstance(output, Softmax):
        z -= z.max(axis=0)  # log Σ eᶻ − z_truth is the same
        gradient = np.exp(z)
        total = gradient.sum(axis=0)
        gradient /= total
        np.log(total, out=total)
    else:
        total = np.logaddexp(0, z).sum(axis=0)
        gradient = output.forward(z)
    total -= (1 - smoothing) * z[truth]
    gradient[truth] -= 1 - smoothing
    if smoothing:
        total -= smoothing * z.mean(axis=0)
        gradient -= smoothing / len(z)
    np.divide(gradient.T, len(total), out=dz)
    return float(total.sum()) / len(total)


def squared_error(
    output: Layer, z: Array, labels: Array, dz: Array, smoothing: float = 0.0
) -> float:
    """½ Σ (p − truth)², the mean over the batch (Nielsen 2015, eq. 6)."""
    p = output.forward(z)
    error = p - smoothing / z.shape[1] if smoothing else p.copy()
    error[np.arange(len(z)), labels] -= 1 - smoothing
    loss = 0.5 * float(np.square(error).sum(axis=1).mean())
    error /= len(z)
    output.backward(z, p, error, dz)
    return loss


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "squared_error": squared_error}
