"""Optimizers: from gradients to the next parameters.

They see two flat arrays and nothing else of the network. The update is memory traffic rather than
arithmetic, so it runs block by block: a block of parameters, gradients and state stays in the
processor's cache through all its passes.
"""

from __future__ import annotations

import numpy as np

from nn.layers import Array

# Numbers. Four float32 arrays of this size, 2 MiB, stay in an L3 cache; blocks that fit an L2 cache
# lose more to the many calls they take.
BLOCK = 1 << 17


class Optimizer:
    """What all optimizers share: the rate, the blocks, weight decay, the state to save.

    ``lr`` may be changed between steps. ``state`` is (slots, size): running means and the like;
    with ``steps``, the number of steps taken, it is all that going on takes.
    """

    slots = 0  # state arrays a parameter needs
    decoupled = False  # weight decay shrinks the parameters themselves, past the gradient

    def __init__(
        self, size: int, lr: float, weight_decay: float = 0.0, dtype: str = "float32"
    ) -> None:
        self.lr, self.weight_decay = lr, weight_decay
        self.steps = 0
        self.state: Array = np.zeros((self.slots, size), dtype)
        self._scratch: Array = np.empty(min(BLOCK, size), dtype)

    def step(self, parameters: Array, gradients: Array, scale: float = 1.0) -> None:
        """Update ``parameters`` in place, at ``scale`` times the learning rate (see schedules).

        Weight decay λ adds λθ to the gradient; decoupled, it takes lr · λθ off θ instead. The
        gradients are used up: afterwards they hold nothing of meaning.
        """
        self.steps += 1
        lr = self.lr * scale
        for start in range(0, len(parameters), BLOCK):
            block = slice(start, start + BLOCK)
            p, g = parameters[block], gradients[block]
            t = self._scratch[: len(p)]
            if self.weight_decay and self.decoupled:
                p *= 1 - lr * self.weight_decay
            elif self.weight_decay:
                g += np.multiply(p, self.weight_decay, out=t)
            self.update(p, g, self.state[:, block], lr, t)

    def update(self, p: Array, g: Array, state: Array, lr: float, t: Array) -> None:
        """One block: p −= lr · (what ``g`` and ``state`` say). ``g`` may be written over, which
        spares the cache another array; ``t`` is scratch of p's shape."""
        raise TypeError(f"{type(self).__name__} has no update rule.")


class Sgd(Optimizer):
    """Stochastic gradient descent, with momentum (Sutskever et al. 2013, eq. 1–4).

    v ← momentum · v + g,  θ ← θ − lr · v;  Nesterov's: θ ← θ − lr · (g + momentum · v).
    """

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
            v *= self.momentum
            v += g
            if self.nesterov:
                g += np.multiply(v, self.momentum, out=t)
                g *= lr
            else:
                np.multiply(v, lr, out=g)
        else:
            g *= lr
        p -= g


class RmsProp(Optimizer):
    """Divide by a running root mean square of the gradient (Hinton 2012, lecture 6e).

    s ← decay · s + (1 − decay) · g²,  θ ← θ − lr · g / (√s + ε).
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
    """Running means of the gradient and of its square (Kingma and Ba 2015, algorithm 1).

    m ← β₁ m + (1 − β₁) g,  s ← β₂ s + (1 − β₂) g²,  θ ← θ − lr · m̂ / (√ŝ + ε), where m̂ and ŝ
    are m and s over 1 − βᵗ: what the first steps' zeros took from them is given back.
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
    """Adam with decoupled weight decay (Loshchilov and Hutter 2019, algorithm 2)."""

    decoupled = True


OPTIMIZERS: dict[str, type[Optimizer]] = {
    "sgd": Sgd,
    "rmsprop": RmsProp,
    "adam": Adam,
    "adamw": AdamW,
}


def clip(gradients: Array, most: float) -> None:
    """Scale ``gradients`` in place so that their norm is at most ``most`` (Pascanu et al. 2013,
    algorithm 1)."""
    norm = float(np.sqrt(np.dot(gradients, gradients)))
    if norm > most:
        gradients *= most / norm
