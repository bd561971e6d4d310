from __future__ import annotations

from math import log

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.layers import OUTPUTS, Sigmoid, Softmax
from nn.losses import LOSSES, NO_CLASS, cross_entropy, squared_error

every_pair = pytest.mark.parametrize(
    "output, loss",
    [(output(), loss) for output in OUTPUTS.values() for loss in LOSSES.values()],
    ids=[f"{output}-{loss}" for output in OUTPUTS for loss in LOSSES],
)


@every_pair
@given(
    batch=st.integers(1, 6),
    classes=st.integers(1, 10),
    seed=st.integers(0, 2**32 - 1),
    label_smoothing=st.sampled_from([0.0, 0.1, 0.9]),
)
def test_loss_and_gradient_describe_the_same_number(
    assert_gradient, output, loss, batch, classes, seed, label_smoothing
):
    rng = np.random.default_rng(seed)
    z = 3 * rng.standard_normal((classes, batch))
    labels = rng.integers(0, classes, batch)
    dz = np.full_like(z, np.nan)

    value = loss(output, z, labels, dz, label_smoothing)

    assert loss(output, z, labels, None, label_smoothing) == value
    assert_gradient(lambda: loss(output, z, labels, None, label_smoothing), z, dz)


@every_pair
def test_label_smoothing_is_the_mean_over_classes_of_which_that_share_is_uniform(output, loss):
    """Cross-entropy is linear in the target, and so are both gradients."""
    z, label = np.array([[0.3], [-1.0], [2.0]]), np.array([2])
    smoothed, part = np.empty((3, 1)), np.empty((3, 1))
    value = loss(output, z, label, smoothed, 0.3)
    expected, gradient = 0.0, np.zeros((3, 1))
    for target in range(3):
        share = 0.1 + 0.7 * (target == 2)
        expected += share * loss(output, z, np.array([target]), part)
        gradient += share * part
    np.testing.assert_allclose(smoothed, gradient, atol=1e-12)
    if loss is cross_entropy:
        assert value == pytest.approx(expected)


@every_pair
@given(
    batch=st.integers(1, 6),
    classes=st.integers(1, 10),
    seed=st.integers(0, 2**32 - 1),
    label_smoothing=st.sampled_from([0.0, 0.1, 0.9]),
)
def test_soft_labels_have_a_gradient_and_equal_hard_ones_when_one_hot(
    assert_gradient, output, loss, batch, classes, seed, label_smoothing
):
    rng = np.random.default_rng(seed)
    z = 3 * rng.standard_normal((classes, batch))
    soft, dz = rng.dirichlet(np.ones(classes), batch), np.full_like(z, np.nan)
    loss(output, z, soft, dz, label_smoothing)
    assert_gradient(lambda: loss(output, z, soft, None, label_smoothing), z, dz)

    hard = rng.integers(0, classes, batch)
    value, one_hot = loss(output, z, hard, None, label_smoothing), np.eye(classes)[hard]
    assert loss(output, z, one_hot, None, label_smoothing) == pytest.approx(value)


# Logits (0, log 3), the second class is true: sigmoid gives (1/2, 3/4), softmax (1/4, 3/4).
@pytest.mark.parametrize(
    "output, loss, value, gradient",
    [
        (Softmax(), cross_entropy, log(4 / 3), [1 / 4, -1 / 4]),
        (Sigmoid(), cross_entropy, log(2) + log(4 / 3), [1 / 2, -1 / 4]),
        (Softmax(), squared_error, 1 / 16, [3 / 32, -3 / 32]),
        (Sigmoid(), squared_error, 5 / 32, [1 / 8, -3 / 64]),
    ],
)
def test_loss_and_gradient_of_hand_worked_numbers(output, loss, value, gradient):
    z, dz = np.array([[0], [log(3)]]), np.empty((2, 1))

    assert loss(output, z, np.array([1]), dz) == pytest.approx(value)
    assert dz[:, 0] == pytest.approx(gradient)


@every_pair
def test_a_loss_is_the_mean_over_the_batch_and_leaves_logits_and_labels_alone(output, loss):
    z = np.random.default_rng(0).standard_normal((10, 5))
    labels = np.array([3, 1, 4, 1, 5], np.uint8)
    kept, dz = z.copy(), np.empty_like(z)

    whole = loss(output, z, labels, dz)

    alone = [loss(output, z[:, i : i + 1], labels[i : i + 1], np.empty((10, 1))) for i in range(5)]
    assert whole == pytest.approx(np.mean(alone))
    np.testing.assert_array_equal(z, kept)
    assert labels.tolist() == [3, 1, 4, 1, 5]


@every_pair
@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_logits_give_finite_numbers(output, loss, dtype):
    z = np.array([[1e4, -1e4, 0], [-1e4, -1e4, -1e4], [-1e4, 1e4, 1e4]], dtype).T
    dz = np.full_like(z, np.nan)

    with np.errstate(over="raise", invalid="raise", divide="raise"):
        value = loss(output, z, np.array([1, 2, 0]), dz)

    assert 0 < value < np.inf
    assert np.abs(dz).max() <= 1 / z.shape[1]


def test_cross_entropy_is_exact_where_the_probability_rounds_to_zero():
    z, dz = np.array([[1e4], [-1e4]], np.float32), np.empty((2, 1), np.float32)

    assert cross_entropy(Softmax(), z, np.array([1]), dz) == 2e4
    assert dz.tolist() == [[1], [-1]]


def test_equal_logits_cost_log_10():
    z, labels = np.full((10, 4), 0.3), np.array([0, 3, 7, 9])

    assert cross_entropy(Softmax(), z, labels, None) == pytest.approx(log(10))
    assert cross_entropy(Sigmoid(), 0 * z, labels, np.empty_like(z)) == pytest.approx(10 * log(2))


@every_pair
def test_an_image_of_no_class_has_the_mean_gradient_of_all_classes(output, loss):
    z = np.random.default_rng(0).standard_normal((10, 1))
    gradient, part, total = np.empty((10, 1)), np.empty((10, 1)), np.zeros((10, 1))
    value = loss(output, z, np.array([NO_CLASS]), gradient)
    values = []
    for target in range(10):
        values.append(loss(output, z, np.array([target]), part))
        total += part
    np.testing.assert_allclose(gradient, total / 10, atol=1e-12)
    if loss is cross_entropy:
        assert value == pytest.approx(np.mean(values))
