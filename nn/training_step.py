"""A training step: forward, loss, backward, update, on one batch.

This is the plain version, in the calling process; nn.parallel_step computes the same in several.
"""

from __future__ import annotations

import numpy as np
from threadpoolctl import threadpool_limits

from nn.batches import Batches
from nn.losses import Loss
from nn.network import Network
from nn.optimizers import Optimizer, clip_gradient_norm
from nn.random_streams import DROPOUT


class TrainingStep:
    """Owns what a step writes into, allocated once.

    clip_norm: the largest norm of the gradient (0: no limit); blas_threads: of matrix products,
    until ``close``.
    """

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        batches: Batches,
        clip_norm: float = 0.0,
        blas_threads: int = 1,
    ) -> None:
        self.network, self.loss, self.optimizer = network, loss, optimizer
        self.batches, self.clip_norm = batches, clip_norm
        self._x = np.empty((batches.batch_size, batches.pixels), network.parameters.dtype)
        self._workspace = network.workspace(batches.batch_size)
        self._blas = threadpool_limits(blas_threads, "blas")

    def take(self, step: int, lr_scale: float) -> float:
        """Update network and optimizer with the batch of ``step`` → its mean loss before that.

        lr_scale: multiplies the learning rate (see nn.schedules).
        """
        network, labels = self.network, self.batches.labels(step)
        n = len(labels)
        whole = n == len(self._x)
        x, workspace = self._x[:n], self._workspace if whole else self._workspace.first(n)
        self.batches.load(step, x)
        if network.dropout:
            workspace.sample_masks(self.batches.stream(DROPOUT, step))
        z = network.forward(x.T, workspace)
        dz, factor = workspace.gradients[-1], self.optimizer.gradient_factor(lr_scale)
        loss = self.loss(network.output, z, labels, dz)
        dz *= factor
        network.backward(x.T, workspace)
        if self.clip_norm:
            clip_gradient_norm(network.gradients, self.clip_norm * factor)
        self.optimizer.step(network.parameters, network.gradients, lr_scale, factor)
        return loss

    def close(self) -> None:
        """Give back what the step holds; then it cannot be taken any more."""
        self._blas.restore_original_limits()
