"""A training step shared by several processes, each on a core of its own.

The neurons of wide layers are divided: a process computes the outputs of its own neurons, the
gradients of their weights, and the update of those weights, which thus stay in its core's cache.
Parameters, gradients and activations lie in memory that all processes share. They meet where one
needs what the others compute: with one hidden layer, three times a step. While the main process
computes output layer and loss, another loads the next batch.

Why processes: the threads of a BLAS library divide single products, and between the products the
data moves from core to core. Python threads take turns at the interpreter, and waking one takes
50 µs, as long as a narrow network's whole step; a process that waits busily goes on within one.

This computes what nn.training_step computes, except for rounding: the bits depend on the number of
processes, so a run keeps the number that it began with.
"""

from __future__ import annotations

import gc
import os
import signal
import sys
import traceback
import warnings
from collections.abc import Callable, Sequence
from contextlib import suppress
from functools import partial
from itertools import pairwise
from multiprocessing import get_context
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np

from nn.batches import Batches
from nn.errors import UserError
from nn.layers import Dense, Dropout
from nn.losses import Loss
from nn.matmul import matmul
from nn.network import Network
from nn.optimizers import Optimizer, clip_gradient_norm
from nn.random_streams import DROPOUT
from nn.shared_memory import shared_zeros
from nn.training_step import TrainingStep

if TYPE_CHECKING:  # it cannot be imported where a system has no semaphores
    from multiprocessing.synchronize import Semaphore

CAN_FORK = sys.platform == "linux"  # Windows cannot; macOS cannot once its BLAS has been used
WORTH_A_PROCESS = 600_000  # multiplications in the first layer: with fewer, meeting costs more
WORTH_SHARING = 2_000_000  # multiplications in another layer
SPINS = 20_000  # attempts, about 2 ms, before a waiting process goes to sleep
SLEEP = 0.5  # seconds, at most, before it looks whether the others still exist

NOBODY = slice(0, 0)
Operation = Callable[[], object]


def training_step(
    network: Network,
    loss: Loss,
    optimizer: Optimizer,
    batches: Batches,
    clip_norm: float,
    cores: int,
) -> TrainingStep:
    """The fastest way to take a step on ``cores`` cores."""
    if not CAN_FORK:
        return TrainingStep(network, loss, optimizer, batches, clip_norm, blas_threads=cores)
    # To update a weight takes as long as to multiply it for some four images.
    work = network.sizes[0] * network.sizes[1] * (batches.batch_size + 4)
    processes = min(cores, round(work / WORTH_A_PROCESS))
    if processes > 1:
        with suppress(OSError):  # no more processes or semaphores are allowed
            return ParallelStep(network, loss, optimizer, batches, clip_norm, processes)
    return TrainingStep(network, loss, optimizer, batches, clip_norm)


def divide(sizes: Sequence[int], batch_size: int, processes: int) -> list[list[slice]]:
    """For each dense layer, the neurons that each process computes.

    The first layer is shared, and each other hidden layer that is worth it. The main process,
    number 0, computes the rest alone, and that much less of the first layer.
    """
    shapes = list(pairwise(sizes))
    last = len(shapes) - 1
    shared = [
        k == 0 or (k < last and i * o * batch_size >= WORTH_SHARING)
        for k, (i, o) in enumerate(shapes)
    ]
    alone = sum(i * o for (i, o), several in zip(shapes, shared, strict=True) if not several)
    layers = []
    for k, (i, o) in enumerate(shapes):
        bounds = [0, *[o] * processes]
        if shared[k]:
            less = alone / i * (1 - 1 / processes) if k == 0 else 0.0
            first = max(0.0, o / processes - less)
            rest = (o - first) / (processes - 1)
            # Multiples of 4: as many as the kernels of a BLAS library compute at a time.
            bounds[1:-1] = [min(o, round((first + rest * p) / 4) * 4) for p in range(processes - 1)]
        layers.append([slice(*ends) for ends in pairwise(bounds)])
    return layers


def parameter_spans(sizes: Sequence[int], neurons: Sequence[slice]) -> list[slice]:
    """Where the parameters of ``neurons``, one slice a layer, lie in the flat array."""
    spans: list[slice] = []
    start = 0
    for (i, o), rows in zip(pairwise(sizes), neurons, strict=True):
        end = start + i * o
        for first, size in ((start, i), (end, 1)):  # W, b
            span = slice(first + rows.start * size, first + rows.stop * size)
            if spans and spans[-1].stop == span.start:
                span = slice(spans.pop().start, span.stop)
            spans.append(span)
        start = end + o
    return [span for span in spans if _any(span)]


class _Helper(NamedTuple):
    """A process beside the main one, and how the two wait for each other."""

    pid: int  # 0 in the helper itself
    go: Semaphore  # from the main process: go on
    done: Semaphore  # from the helper: it has come to a meeting, or to the end of the step


class ParallelStep(TrainingStep):
    """``take`` as in TrainingStep; it raises UserError when a process has been ended from outside.
    ``close`` ends the processes."""

    def __init__(
        self,
        network: Network,
        loss: Loss,
        optimizer: Optimizer,
        batches: Batches,
        clip_norm: float,
        processes: int,
    ) -> None:
        super().__init__(network, loss, optimizer, batches, clip_norm)
        shape, dtype = (batches.batch_size, batches.pixels), network.parameters.dtype
        self._buffers = [shared_zeros(shape, dtype) for _ in range(2)]  # this batch and the next
        self._loaded = -1  # the step whose batch has been loaded in advance
        self._message = shared_zeros(4, np.float64)  # step, lr, lr_scale, steps of the optimizer
        dense = [i for i, layer in enumerate(network.layers) if isinstance(layer, Dense)]
        # A group is a dense layer with the activation and dropout after it.
        self._groups = [range(*ends) for ends in pairwise([*dense, len(network.layers)])]
        self._neurons = divide(network.sizes, batches.batch_size, processes)
        self._shared = [any(map(_any, rows[1:])) for rows in self._neurons]
        self._helpers: list[_Helper] = []
        self._meet: Operation = self._meet_helpers  # wait until all processes are here
        self._become(0)
        try:
            for part in range(1, processes):
                self._fork(part)
        except OSError:
            self.close()
            raise

    def take(self, step: int, lr_scale: float) -> float:
        n, optimizer = self.batches.size(step), self.optimizer
        if self._loaded != step:
            self.batches.load(step, self._buffers[step % 2][:n])
        if self.network.dropout:
            self._workspace.first(n).sample_masks(self.batches.stream(DROPOUT, step))
        self._message[:] = step, optimizer.lr, lr_scale, optimizer.steps
        for helper in self._helpers:
            helper.go.release()
        loss = self._work(step, lr_scale)
        for helper in self._helpers:
            _wait(helper.done, self._check_helpers)
        self._loaded = step + 1
        return loss

    def close(self) -> None:
        for helper in self._helpers:
            os.kill(helper.pid, signal.SIGKILL)
            os.waitpid(helper.pid, 0)
        self._helpers.clear()
        super().close()

    # Processes

    def _fork(self, part: int) -> None:
        semaphore = get_context("fork").Semaphore
        go, done, main = semaphore(0), semaphore(0), os.getpid()
        with warnings.catch_warnings():
            # Of other threads, which do not exist in the new process; it needs none of them.
            warnings.simplefilter("ignore", DeprecationWarning)
            pid = os.fork()
        helper = _Helper(pid, go, done)
        if pid:
            self._helpers.append(helper)
            return
        try:
            gc.disable()  # it must not close files and connections that the main process uses
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl+C is for the main process
            self._become(part)
            self._help(helper, main)
        except Exception:
            traceback.print_exc()
        finally:
            os._exit(1)

    def _become(self, part: int) -> None:
        """From now on this process computes what belongs to ``part``; 0: the main process."""
        self._part = part
        self._rows = [rows[part] for rows in self._neurons]
        self._spans = parameter_spans(self.network.sizes, self._rows)
        self._operations: dict[tuple[int, int], tuple[list[Operation], list[Operation]]] = {}

    def _help(self, helper: _Helper, main: int) -> None:
        """What a helper does, for as long as the main process lives."""

        def check_main() -> None:
            if os.getppid() != main:
                os._exit(0)

        def meet() -> None:
            helper.done.release()
            _wait(helper.go, check_main)

        self._meet = meet
        _wait(helper.go, check_main)
        while True:
            step, self.optimizer.lr, lr_scale, steps = map(float, self._message)
            self.optimizer.steps = int(steps)
            self._work(int(step), lr_scale)
            meet()

    def _meet_helpers(self) -> None:
        for helper in self._helpers:
            _wait(helper.done, self._check_helpers)
        for helper in self._helpers:
            helper.go.release()

    def _check_helpers(self) -> None:
        for helper in self._helpers:
            if os.waitpid(helper.pid, os.WNOHANG)[0]:
                self._helpers.remove(helper)
                raise UserError(
                    "The system ended one of the processes that trained this run. Resume it to "
                    "continue from its last checkpoint."
                )

    # What every process computes in a step

    def _work(self, step: int, lr_scale: float) -> float:
        """→ the loss, in the main process."""
        n, loss = self.batches.size(step), 0.0
        self._factor = self.optimizer.gradient_factor(lr_scale)
        key = step % 2, n
        if key not in self._operations:
            self._operations[key] = self._forward(*key), self._backward(*key)
        forward, backward = self._operations[key]
        for operation in forward:
            operation()
        if self._part == 0:
            z, dz = self._workspace.outputs[-1][:, :n], self._workspace.gradients[-1][:, :n]
            loss = self.loss(self.network.output, z, self.batches.labels(step), dz)
            dz *= self._factor
        self._load_part(step + 1)
        for operation in backward:
            operation()
        parameters, gradients = self.network.parameters, self.network.gradients
        self.optimizer.step(parameters, gradients, lr_scale, self._factor, self._spans)
        return loss

    def _load_part(self, step: int) -> None:
        """This process's part of loading a batch: all of it in the last one, which is idle while
        the main process computes the loss; an equal part when images are augmented, which takes
        longer than the rest of a step."""
        n, parts = self.batches.size(step), len(self._neurons[0])
        first, end = self._part * n // parts, (self._part + 1) * n // parts
        if not self.batches.augmentation:
            first, end = 0, n if self._part == parts - 1 else 0
        if first < end:
            self.batches.load(step, self._buffers[step % 2][:n], slice(first, end))

    def _forward(self, buffer: int, n: int) -> list[Operation]:
        """The forward pass of this process's neurons on ``n`` images, as calls."""
        layers, ys, _ = self._workspace.first(n)
        operations: list[Operation] = []
        x = self._buffers[buffer][:n].T
        for k, (group, rows) in enumerate(zip(self._groups, self._rows, strict=True)):
            for i in group if _any(rows) else ():
                operations.append(partial(_of(layers[i], rows).forward, x, ys[i][rows]))
                x = ys[i][rows]
            x = ys[group[-1]]
            if any(self._shared[k : k + 2]):
                operations.append(self._meet)
        return operations

    def _backward(self, buffer: int, n: int) -> list[Operation]:
        """The backward pass of this process's neurons, likewise."""
        layers, ys, dys = self._workspace.first(n)
        operations: list[Operation] = [self._meet] if self._shared[-1] else []
        for k in reversed(range(len(self._groups))):
            dense, *others = self._groups[k]
            layer, rows = layers[dense], self._rows[k]
            assert isinstance(layer, Dense)
            for i in reversed(others) if _any(rows) else ():
                arrays = ys[i - 1][rows], ys[i][rows], dys[i][rows], dys[i - 1][rows]
                operations.append(partial(_of(layers[i], rows).backward, *arrays))
            x = ys[dense - 1] if k else self._buffers[buffer][:n].T
            if k:
                # dx = Wᵀ dy takes dy of all neurons.
                if self._shared[k]:
                    operations.append(self._meet)
                    below = self._rows[k - 1]
                else:
                    below = NOBODY if self._part else slice(0, len(x))
                if _any(below):
                    dx = dys[dense - 1][below]
                    operations.append(partial(matmul, layer.W.T[below], dys[dense], dx))
                if self._shared[k - 1] and not self._shared[k]:
                    operations.append(self._meet)
            if _any(rows):
                part = _of(layer, rows)
                operations.append(partial(part.parameter_gradients, x, dys[dense][rows]))
        if self.clip_norm:
            operations += [self._meet, self._clip, self._meet]
        elif any(self._shared[1:]):
            operations.append(self._meet)  # others may still read the weights to be updated
        return operations

    def _clip(self) -> None:
        if self._part == 0:
            clip_gradient_norm(self.network.gradients, self.clip_norm * self._factor)


def _of(layer: Any, neurons: slice) -> Any:
    """The part of a layer that computes these neurons."""
    if isinstance(layer, Dense):
        return Dense(*(array[neurons] for array in (layer.W, layer.b, layer.dW, layer.db)))
    if isinstance(layer, Dropout) and layer.mask is not None:
        return Dropout(layer.rate, layer.mask[neurons])
    return layer


def _any(indices: slice) -> bool:
    return bool(indices.start < indices.stop)


def _wait(semaphore: Semaphore, check: Callable[[], None]) -> None:
    """Take ``semaphore``: busily at first, because waking from sleep takes longer than most waits.
    ``check`` is called now and then, and may raise."""
    for _ in range(SPINS):
        if semaphore.acquire(False):
            return
    while not semaphore.acquire(True, SLEEP):
        check()
