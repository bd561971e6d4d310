"""JAX: each epoch is one compiled lax.scan over its batches; the images stay on the device."""

from __future__ import annotations

from functools import partial
from itertools import pairwise
from math import sqrt

import jax
import numpy as np
from jax import numpy as jnp

from nn.data.dataset import Dataset
from nn.runs.spec import RunSpec
from tests.bench.peers.serve import Training, pixels, serve


def loss(parameters, x, y):
    *hidden, (W, b) = parameters
    for V, c in hidden:
        x = jax.nn.relu(x @ V + c)
    log_p = jax.nn.log_softmax(x @ W + b)
    return -jnp.mean(jnp.take_along_axis(log_p, y[:, None], axis=1))


@partial(jax.jit, donate_argnums=(0, 1), static_argnums=(5, 6))
def epoch(parameters, velocity, order, x, y, lr, momentum):
    """Train one epoch. ``order``, (steps, batch): the indices of each step's images."""

    def step(state, chosen):
        parameters, velocity = state
        gradients = jax.grad(loss)(parameters, x[chosen], y[chosen])
        velocity = jax.tree.map(lambda v, g: momentum * v + g, velocity, gradients)
        return (jax.tree.map(lambda p, v: p - lr * v, parameters, velocity), velocity), None

    return jax.lax.scan(step, (parameters, velocity), order)[0]


def train(images: Dataset, spec: RunSpec) -> Training:
    x, y = jnp.array(pixels(images.images)), jnp.array(images.labels, jnp.int32)
    rng = np.random.default_rng(spec.seed)
    steps = len(y) // spec.batch_size  # whole batches only: all steps of a scan have the same shape

    def order():
        return rng.permutation(len(y))[: steps * spec.batch_size].reshape(steps, spec.batch_size)

    def predict(images):
        *hidden, (W, b) = parameters
        h = pixels(images)
        for V, c in hidden:
            h = jax.nn.relu(h @ V + c)
        return np.asarray((h @ W + b).argmax(axis=1))

    parameters = [
        (jnp.array(rng.standard_normal((i, o), np.float32) * sqrt(2 / i)), jnp.zeros(o))
        for i, o in pairwise(spec.sizes)
    ]
    velocity = jax.tree.map(jnp.zeros_like, parameters)
    train_epoch = epoch.lower(parameters, velocity, order(), x, y, spec.lr, spec.momentum).compile()
    yield predict
    for _ in range(spec.epochs):
        parameters, velocity = jax.block_until_ready(
            train_epoch(parameters, velocity, order(), x, y)
        )
        yield predict


if __name__ == "__main__":
    serve(train)
