from __future__ import annotations

import numpy as np
import pytest

from nn.optimisers import BLOCK, Sgd


@pytest.mark.parametrize(
    "momentum, first, second",
    [
        (0.0, [0.95, -2.1], [0.85, -2.0]),
        # v is (0.5, 1), then 0.5 · (0.5, 1) + (1, −1) = (1.25, −0.5)
        (0.5, [0.95, -2.1], [0.825, -2.05]),
    ],
)
def test_two_steps_of_hand_worked_numbers(momentum, first, second):
    parameters, gradients = np.array([1.0, -2.0]), np.array([0.5, 1.0])
    sgd = Sgd(2, lr=0.1, momentum=momentum, dtype="float64")

    sgd.step(parameters, gradients)
    assert parameters == pytest.approx(first)
    assert gradients.tolist() == [0.5, 1.0], "gradients are only read"

    gradients[...] = [1.0, -1.0]
    sgd.step(parameters, gradients)
    assert parameters == pytest.approx(second)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@pytest.mark.parametrize("size", [1, BLOCK, 2 * BLOCK + 3])
def test_blocks_change_nothing(momentum, size):
    rng = np.random.default_rng(0)
    parameters = rng.standard_normal(size).astype(np.float32)
    whole, velocity = parameters.copy(), np.zeros(size, np.float32)
    sgd = Sgd(size, lr=0.1, momentum=momentum)

    for _ in range(2):
        gradients = rng.standard_normal(size).astype(np.float32)
        sgd.step(parameters, gradients)
        velocity = velocity * momentum + gradients
        whole -= 0.1 * velocity

    np.testing.assert_array_equal(parameters, whole)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_scale_multiplies_the_rate_and_the_rate_may_change_between_steps(momentum):
    gradients = np.array([3.0, -1.0, 0.5])
    scaled, changed = np.ones(3), np.ones(3)
    by_scale = Sgd(3, lr=0.4, momentum=momentum, dtype="float64")
    by_rate = Sgd(3, lr=0.4, momentum=momentum, dtype="float64")

    for scale in (1, 0.25):
        by_scale.step(scaled, gradients, scale)
        by_rate.lr = 0.4 * scale
        by_rate.step(changed, gradients)

    np.testing.assert_array_equal(scaled, changed)
    assert by_scale.lr == 0.4
