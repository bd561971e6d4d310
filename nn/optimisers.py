"""Optimisers: from gradients to the next parameters.

They see two flat arrays and nothing else of the network. The update is memory traffic rather than
arithmetic, so it runs block by block: a block of parameters, gradients and velocity stays in the
processor's cache through all its passes.
"""

from __future__ import annotations

import numpy as np

from nn.layers import Array

BLOCK = 1 << 15  # numbers: three float32 arrays of this size fill most of a 512 kB L2 cache


class Sgd:
    """Stochastic gradient descent with momentum (Sutskever et al. 2013, eq. 1–2).

    v ← momentum · v + g,  θ ← θ − lr · v.  ``lr`` may be changed between steps.
    """

    def __init__(self, size: int, lr: float, momentum: float = 0.0, dtype: str = "float32"):
        self.lr = lr
        self.momentum = momentum
        self.velocity: Array = np.zeros(size if momentum else 0, dtype)
        self._scratch: Array = np.empty(min(BLOCK, size), dtype)

    def step(self, parameters: Array, gradients: Array, scale: float = 1.0) -> None:
        """Update ``parameters`` in place, at ``scale`` times the learning rate (see schedules)."""
        lr = self.lr * scale
        for start in range(0, len(parameters), BLOCK):
            block = slice(start, start + BLOCK)
            p, g = parameters[block], gradients[block]
            if self.momentum:
                v = self.velocity[block]
                v *= self.momentum
                v += g
                g = v
            p -= np.multiply(g, lr, out=self._scratch[: len(p)])
