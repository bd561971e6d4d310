"""Losses: the mean loss over a batch, and its gradient with respect to the logits.

A loss takes the output layer, which turns logits into probabilities p, the logits z (classes,
batch) and the true classes ``labels`` (batch,). It returns the mean over the batch and, if ``dz``
(classes, batch) is given, writes the gradient ∂loss/∂z of that mean into it. It starts from logits
because −log p is exact there even where p rounds to 0 or 1.

Labels may be soft (Hinton, Vinyals and Dean 2015): (batch, classes), a probability for each class,
for example predicted by other networks.

``label_smoothing`` is the share of the target that is spread evenly over all classes (Szegedy et
al. 2016, §7); the rest stays with the true class. An image labeled NO_CLASS has the target 1/10 for
every class (outlier exposure: Hendrycks, Mazeika and Dietterich 2019).
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from nn.layers import Array, Layer, Softmax

NO_CLASS = 10  # the label of an image that belongs to none of the ten classes

Loss = Callable[..., float]  # (output, z, labels, dz=None, label_smoothing=0.0)


def cross_entropy(
    output: Layer,
    z: Array,
    labels: Array,
    dz: Array | None = None,
    label_smoothing: float = 0.0,
) -> float:
    """−Σ target · log p (Bishop 2006, eq. 4.108; with sigmoid outputs eq. 4.90).

    With softmax outputs −log p = log Σ eᶻ − z, and the targets of an image sum to 1; with sigmoid
    outputs the sum of ten independent binary cross-entropies, log (1 + eᶻ) − target · z. So both
    are a function of z less Σ target · z, and both have the gradient (p − target) / batch.
    """
    count, target = len(labels), _targets(labels, len(z), label_smoothing, z.dtype)
    # Softmax: a shift leaves log Σ eᶻ − Σ target · z as it is, and no eᶻ overflows.
    z = z - np.maximum.reduce(z) if isinstance(output, Softmax) else z.copy()
    at_target = np.vdot(target, z)
    if isinstance(output, Softmax):
        p = np.exp(z, out=z)
        total = np.add.reduce(p)
        if dz is not None:
            p /= total
        np.log(total, out=total)
    else:
        total = np.logaddexp(0, z)
        p = z if dz is None else output.forward(z, z)
    if dz is not None:
        p -= target
        np.divide(p, count, out=dz)
    return float(np.add.reduce(total, axis=None) - at_target) / count


def squared_error(
    output: Layer,
    z: Array,
    labels: Array,
    dz: Array | None = None,
    label_smoothing: float = 0.0,
) -> float:
    """½ Σ (p − target)², the mean over the batch (Nielsen 2015, eq. 6)."""
    count, target = len(labels), _targets(labels, len(z), label_smoothing, z.dtype)
    p = output.forward(z)
    error = p - target
    if dz is not None:
        output.backward(z, p, error / count, dz)
    return 0.5 * float(np.vdot(error, error)) / count


def _targets(labels: Array, classes: int, label_smoothing: float, dtype: np.dtype[Any]) -> Array:
    """What p should be, (classes, batch)."""
    if labels.ndim == 2:  # soft labels
        return labels.T + label_smoothing * (1 / classes - labels.T)
    return target_of_each_class(classes, label_smoothing, dtype).take(labels, axis=1)


@cache
def target_of_each_class(classes: int, label_smoothing: float, dtype: np.dtype[Any]) -> Array:
    """A column for each class, and one for no class: all are equally probable."""
    certain = np.eye(classes)
    targets = certain + label_smoothing * (1 / classes - certain)
    none = np.full((classes, 1), 1 / classes)  # NO_CLASS, where there are ten
    return np.concatenate([targets, none], axis=1).astype(dtype)


LOSSES: dict[str, Loss] = {"cross_entropy": cross_entropy, "squared_error": squared_error}
