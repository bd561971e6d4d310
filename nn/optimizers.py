"""Optimizers: from gradients to the next parameters.

They see two flat arrays, parameters and gradients, and nothing else of the network. An update is
limited by memory traffic, not arithmetic, so it works block by block: a block of parameters,
gradients and state stays in the processor's cache during all operations on it.

Notation: parameters θ, gradient g, learning rate lr.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from nn.layers import Array
from nn.shared_memory import shared_zeros

# Numbers in a block. Four float32 arrays of this size, 2 MiB, fit an L3 cache; with smaller blocks,
# which fit an L2 cache, the overhead of more calls outweighs the gain.
BLOCK = 1 << 17
SMALLEST_LR = 1e-30  # in place of 0, with which a warm-up begins: lr · v must not forget v


class Optimizer:
    """What all optimizers share: learning rate, weight decay, blocks and state.

    size: number of parameters. ``lr`` may be changed between steps. ``state``, (slots, size), holds
    velocities or running means; with ``steps``, the number of steps taken, and ``last_lr``, the
    learning rate of the last one, it is all that resuming needs.
    """

    slots = 0  # state arrays, each of one number for each parameter
    times_lr = False  # whether ``update`` takes the gradient times the learning rate
    decoupled = False  # whether weight decay acts on the parameters instead of the gradient

    def __init__(
        self, size: int, lr: float, weight_decay: float = 0.0, dtype: str = "float32"
    ) -> None:
        self.lr, self.weight_decay = lr, weight_decay
        self.steps, self.last_lr = 0, 1.0
        self.state: Array = shared_zeros((self.slots, size), dtype)
        self._scratch: Array = np.empty(min(BLOCK, size), dtype)

    def gradient_factor(self, scale: float = 1.0) -> float:
        """What the gradient for ``step`` is best multiplied with beforehand.

        To multiply ∂loss/∂logits, ten numbers an image, costs less than to multiply ∂loss/∂θ.
        """
        return max(self.lr * scale, SMALLEST_LR) if self.times_lr else 1.0

    def step(
        self,
        parameters: Array,
        gradients: Array,
        scale: float = 1.0,
        factor: float = 1.0,
        spans: Sequence[slice] | None = None,
    ) -> None:
        """Update ``parameters`` (size,) in place from ``gradients`` (size,).

        scale: multiplies the learning rate (see nn.schedules); factor: with which the gradients
        have been multiplied already; spans: which parameters, if not all. Weight decay λ adds λθ to
        the gradient; if it is decoupled, it subtracts lr · λθ from θ instead. Overwrites
        ``gradients`` with intermediate results.
        """
        self.steps += 1
        lr, wanted = max(self.lr * scale, SMALLEST_LR), self.gradient_factor(scale)
        for block in _blocks([slice(0, len(parameters))] if spans is None else spans):
            p, g = parameters[block], gradients[block]
            t = self._scratch[: len(p)]
            if factor != wanted:
                g *= wanted / factor
            if self.weight_decay and self.decoupled:
                p *= 1 - lr * self.weight_decay
            elif self.weight_decay:
                g += np.multiply(p, self.weight_decay * wanted, out=t)
            self.update(p, g, self.state[:, block], lr, t)
        self.last_lr = lr

    def update(self, p: Array, g: Array, state: Array, lr: float, t: Array) -> None:
        """Update one block ``p`` of the parameters in place.

        g: its gradient, (n,), with ``times_lr`` times lr, may be overwritten, which saves cache;
        state: (slots, n); t: scratch of the same shape as p.
        """
        raise TypeError(f"{type(self).__name__} has no update rule.")


class Sgd(Optimizer):
    """Stochastic gradient descent, optionally with momentum (Polyak 1964) or Nesterov momentum.

    v ← momentum · v + g,  θ ← θ − lr · v;  Nesterov: θ ← θ − lr · (g + momentum · v).

    Sutskever et al. 2013 (eq. 1–4) have the learning rate inside the velocity instead:
    v ← momentum · v − lr · g,  θ ← θ + v. While lr is constant, both give the same parameters.
    When it changes, the velocity here changes with it at once, as in PyTorch; there it keeps the
    rates of earlier steps.

    What is stored is lr · v, so that θ is updated by one subtraction.
    """

    times_lr = True

    def __init__(
        self,
        size: int,
        lr: float,
        momentum: float = 0.0,
        nesterov: bool = False,
        weight_decay: float = 0.0,
        dtype: str = "float32",
    ) -> None:
        self.slots = 1 if momentum else 0
        super().__init__(size, lr, weight_decay, dtype)
        self.momentum, self.nesterov = momentum, nesterov

    def update(self, p: Array, g: Array, state: Array, lr: float, t: Array) -> None:
        if self.momentum:
            [v] = state
            v *= self.momentum * (lr / self.last_lr)
            v += g
            if self.nesterov:
                g += np.multiply(v, self.momentum, out=t)
            else:
                g = v
        p -= g


class RmsProp(Optimizer):
    """RMSProp: divide the gradient by a running root mean square of it (Tieleman and Hinton 2012,
    lecture 6e).

    s ← decay · s + (1 − decay) · g²,  θ ← θ − lr · g / (√s + ε).

    The lecture has decay = 0.9 and no ε. Here decay is 0.99 and ε 10⁻⁸, PyTorch's defaults.
    """

    slots = 1
    decay, epsilon = 0.99, 1e-8

    def update(self, p: Array, g: Array, state: Array, lr: float, t: Array) -> None:
        [s] = state
        s *= self.decay
        np.multiply(g, g, out=t)
        t *= 1 - self.decay
        s += t
        np.sqrt(s, out=t)
        t += self.epsilon
        g /= t
        g *= lr
        p -= g


class Adam(Optimizer):
    """Adam: running means of the gradient and of its square (Kingma and Ba 2015, algorithm 1).

    m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  θ ← θ − lr · m̂ / (√ŝ + ε).

    Bias correction: m and s start at zero, so m̂ = m / (1 − β₁ᵗ) and ŝ = s / (1 − β₂ᵗ) after t
    steps. The paper calls s v.
    """

    slots = 2
    beta1, beta2, epsilon = 0.9, 0.999, 1e-8

    def update(self, p: Array, g: Array, state: Array, lr: float, t: Array) -> None:
        m, s = state
        m *= self.beta1
        s *= self.beta2
        np.multiply(g, g, out=t)
        t *= 1 - self.beta2
        s += t
        g *= 1 - self.beta1
        m += g
        np.sqrt(s, out=t)
        t /= np.sqrt(1 - self.beta2**self.steps)
        t += self.epsilon
        np.divide(m, t, out=t)
        t *= lr / (1 - self.beta1**self.steps)
        p -= t


class AdamW(Adam):
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2).

    Each step multiplies θ by 1 − lr · schedule · λ, as PyTorch does. The paper leaves lr out,
    1 − schedule · λ, so its λ is lr times the weight decay here.
    """

    decoupled = True


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": Sgd,
    "rmsprop": RmsProp,
    "adam": Adam,
    "adamw": AdamW,
}


def clip_gradient_norm(gradients: Array, max_norm: float) -> None:
    """Scale the flat array ``gradients`` in place so that its norm is at most ``max_norm`` (Pascanu
    et al. 2013, algorithm 1)."""
    norm = float(np.sqrt(np.dot(gradients, gradients)))
    if norm > max_norm:
        gradients *= max_norm / norm


def _blocks(spans: Sequence[slice]) -> Iterator[slice]:
    for span in spans:
        for start in range(span.start, span.stop, BLOCK):
            yield slice(start, min(start + BLOCK, span.stop))
