"""Losses: the mean loss over a batch, and its gradient with respect to the logits.

A loss takes the output layer, which turns logits into probabilities p, the logits z (classes,
batch) and the true classes ``labels`` (batch,). It returns the mean over the batch and, if ``dz``
(classes, batch) is given, writes the gradient ∂loss/∂z of that mean into it. It starts from logits
because −log p is exact there even where p rounds to 0 or 1.

``label_smoothing`` is the share of the target that is spread evenly over all classes (Szegedy et
al. 2016, §7); the rest stays with the true class.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from nn.layers import Array, Layer, Softmax

Loss = Callable[..., float]  # (output, z, labels, dz=None, label_smoothing=0.0)


def cross_entropy(
    output: Layer,
    z: Array,
    labels: Array,
    dz: Array | None = None,
    label_smoothing: float = 0.0,
) -> float:
    """−Σ target · log p (Bishop 2006, eq. 4.108; with sigmoid outputs eq. 4.90).

    With softmax outputs the mean of −log p_label; with sigmoid outputs the sum of the ten
    independent binary cross-entropies. Both have the gradient (p − target) / batch.
    """
    count = len(labels)
    true = labels, np.arange(count)
    # Softmax: a shift leaves log Σ eᶻ − z_label as it is, and no eᶻ overflows.
    z = z - z.max(axis=0) if isinstance(output, Softmax) else z.copy()
    loss_at_target = [(1 - label_smoothing) * z[true]]
    if label_smoothing:
        loss_at_target.append(label_smoothing * z.mean(axis=0))
    if isinstance(output, Softmax):
        p = np.exp(z, out=z)
        total = p.sum(axis=0)
        if dz is not None:
            p /= total
        np.log(total, out=total)
    else:
        total = np.logaddexp(0, z).sum(axis=0)
        p = z if dz is None else output.forward(z, z)
    for part in loss_at_target:
        total -= part
    if dz is not None:
        p[true] -= 1 - label_smoothing
        if label_smoothing:
            p -= label_smoothing / len(p)
        np.divide(p, count, out=dz)
    return float(total.sum()) / count


def squared_error(
    output: Layer,
    z: Array,
    labels: Array,
    dz: Array | None = None,
    label_smoothing: float = 0.0,
) -> float:
    """½ Σ (p − target)², the mean over the batch (Nielsen 2015, eq. 6)."""
    p = output.forward(z)
    error = p - label_smoothing / len(z) if label_smoothing else p.copy()
    error[labels, np.arange(len(labels))] -= 1 - label_smoothing
    loss = 0.5 * float(np.square(error).sum(axis=0).mean())
    if dz is not None:
        error /= len(labels)
        output.backward(z, p, error, dz)
    return loss


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "squared_error": squared_error}
