from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from nn.optimizers import BLOCK, OPTIMIZERS, Adam, AdamW, RmsProp, Sgd, clip_gradient_norm


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
        velocity = velocity * momentum + gradients
        sgd.step(parameters, gradients)
        whole -= 0.1 * velocity

    np.testing.assert_allclose(parameters, whole, rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
def test_scale_multiplies_the_rate_and_the_rate_may_change_between_steps(momentum):
    gradients = np.array([3.0, -1.0, 0.5])
    scaled, changed = np.ones(3), np.ones(3)
    by_scale = Sgd(3, lr=0.4, momentum=momentum, dtype="float64")
    by_rate = Sgd(3, lr=0.4, momentum=momentum, dtype="float64")

    for scale in (1, 0.25):
        by_scale.step(scaled, gradients.copy(), scale)
        by_rate.lr = 0.4 * scale
        by_rate.step(changed, gradients.copy())

    np.testing.assert_array_equal(scaled, changed)
    assert by_scale.lr == 0.4


def test_a_velocity_outlives_a_learning_rate_of_zero():
    """As in PyTorch: v ← 0.5 · v + g also while nothing is learned."""
    parameters = np.zeros(1)
    sgd = Sgd(1, lr=0.1, momentum=0.5, dtype="float64")
    for scale, expected in ((0.0, 0.0), (1.0, -0.15)):  # v is 1, then 1.5
        sgd.step(parameters, np.ones(1), scale)
        assert parameters == pytest.approx(expected)


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_gradients_may_be_multiplied_beforehand(kind):
    once, before = np.full(3, 2.0), np.full(3, 2.0)
    one, other = (kind(3, lr=0.1, weight_decay=0.1, dtype="float64") for _ in range(2))
    for scale in (0.5, 1.0):
        gradients = np.array([1.0, -2.0, 0.3])
        one.step(once, gradients.copy(), scale)
        factor = other.gradient_factor(scale)
        other.step(before, factor * gradients, scale, factor)
    np.testing.assert_allclose(before, once, rtol=1e-12)


REFERENCE = json.loads((Path(__file__).parent / "reference" / "optimizers.json").read_text())


@pytest.mark.parametrize(
    "name, kind, options",
    [
        ("sgd", Sgd, {"lr": 0.1}),
        ("momentum", Sgd, {"lr": 0.1, "momentum": 0.9}),
        ("nesterov", Sgd, {"lr": 0.1, "momentum": 0.9, "nesterov": True}),
        ("momentum and decay", Sgd, {"lr": 0.1, "momentum": 0.9, "weight_decay": 0.01}),
        ("rmsprop", RmsProp, {"lr": 0.01}),
        ("adam", Adam, {"lr": 0.01}),
        ("adam and decay", Adam, {"lr": 0.01, "weight_decay": 0.1}),
        ("adamw", AdamW, {"lr": 0.01, "weight_decay": 0.1}),
    ],
)
def test_every_step_equals_pytorchs(name, kind, options):
    parameters = np.array(REFERENCE["start"])
    optimizer = kind(len(parameters), dtype="float64", **options)
    for gradient, expected in zip(
        REFERENCE["gradients"], REFERENCE["trajectories"][name], strict=True
    ):
        optimizer.step(parameters, np.array(gradient))
        np.testing.assert_allclose(parameters, expected, rtol=1e-12)


@pytest.mark.parametrize("kind", OPTIMIZERS.values(), ids=OPTIMIZERS)
def test_every_block_is_updated_alike(kind):
    """The updates of a parameter depend neither on how many others there are nor on its block."""
    many = kind(2 * BLOCK + 3, lr=0.1, weight_decay=0.1)
    one = kind(1, lr=0.1, weight_decay=0.1)
    all_parameters, alone = np.full(2 * BLOCK + 3, 2, np.float32), np.full(1, 2, np.float32)
    for gradient in (0.5, -1.0, 0.25):
        gradients = np.full(len(all_parameters), gradient, np.float32)
        one.step(alone, gradients[:1].copy())
        many.step(all_parameters, gradients)
    np.testing.assert_allclose(all_parameters, alone[0], rtol=1e-6)


def test_clipping_shortens_only_long_gradients_and_keeps_their_direction():
    gradients = np.array([3.0, -4.0])
    clip_gradient_norm(gradients, 5.0)
    assert gradients.tolist() == [3, -4]
    clip_gradient_norm(gradients, 1.0)
    assert gradients == pytest.approx([0.6, -0.8])
