from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from nn.layers import ACTIVATIONS, OUTPUTS, Dense
from nn.losses import LOSSES
from nn.network import (
    LAYOUT,
    LAYOUT_0_1,
    Network,
    as_input,
    from_layout,
    layer_views,
    parameter_count,
)

widths = st.lists(st.integers(1, 6), min_size=2, max_size=4)
every_combination = pytest.mark.parametrize(
    "activation, output, loss", [(a, o, x) for a in ACTIVATIONS for o in OUTPUTS for x in LOSSES]
)


def random_network(sizes, seed=0, dtype=np.float32, **options) -> Network:
    network = Network(sizes, dtype=dtype, **options)
    network.initialize("normal", np.random.default_rng(seed))
    return network


def learn(network: Network, loss, x, labels) -> None:
    """Leave ∂loss/∂parameters in ``network.gradients``."""
    workspace = network.workspace(x.shape[1])
    loss(network.output, network.forward(x, workspace), labels, workspace.gradients[-1])
    network.backward(x, workspace)


def slope_check(assert_gradient, network, loss, x, labels, **options) -> None:
    network.gradients[...] = np.nan  # all of it must be overwritten
    learn(network, loss, x, labels)

    def value() -> float:
        return loss(network.output, network.logits(x), labels)

    assert_gradient(value, network.parameters, network.gradients, **options)


@every_combination
@example(sizes=[3, 4, 2], batch=1, seed=0)
@given(sizes=widths, batch=st.integers(1, 5), seed=st.integers(0, 2**32 - 1))
def test_gradients_are_the_slope_of_the_loss(
    assert_gradient, activation, output, loss, sizes, batch, seed
):
    network = random_network(sizes, seed, np.float64, activation=activation, output=output)
    rng = np.random.default_rng(seed)
    x, labels = rng.random((sizes[0], batch)), rng.integers(0, sizes[-1], batch)
    pre_activations = network.layer_inputs(x)[1:-1:2]
    # Near ReLU's kink there is no slope to compare with.
    assume(all(np.abs(y).min() > 1e-4 for y in pre_activations))

    slope_check(assert_gradient, network, LOSSES[loss], x, labels)


@every_combination
@pytest.mark.parametrize("batch", [1, 7])
def test_gradients_of_a_network_of_real_size(assert_gradient, activation, output, loss, batch):
    network = Network((784, 30, 20, 10), activation, output, np.float64)
    network.initialize("he", np.random.default_rng(2))
    rng = np.random.default_rng(3)
    x, labels = rng.random((784, batch)), rng.integers(0, 10, batch)

    slope_check(assert_gradient, network, LOSSES[loss], x, labels, every_axis=False)


def test_logits_and_probabilities_of_hand_worked_numbers():
    network = Network((2, 2, 2), dtype=np.float64)
    # W1 row by row, b1, W2, b2
    network.parameters[...] = [1, 2, -1, 1, 0, -3, 1, 5, 4, 6, 0.5, -1]

    # (1, 1) → (3, −3) → (3, 0) → (3.5, 11)
    assert network.logits(np.array([[1.0], [1.0]])).tolist() == [[3.5], [11]]
    image = np.full((1, 1, 2), 255, np.uint8)
    assert network.probabilities(image)[0, 1] == pytest.approx(1 / (1 + np.exp(-7.5)))


@given(sizes=widths)
def test_views_cover_the_flat_buffer_exactly_once(sizes):
    flat = np.zeros(parameter_count(sizes))
    for W, b in layer_views(flat, sizes):
        W += 1
        b += 1
    assert (flat == 1).all()


def test_layers_hold_views_into_the_two_buffers_in_order():
    network = Network((3, 2, 4))
    network.parameters[...] = np.arange(20)
    network.gradients[...] = -np.arange(20)

    first, second = (layer for layer in network.layers if isinstance(layer, Dense))

    assert first.W.tolist() == [[0, 1, 2], [3, 4, 5]]
    assert first.b.tolist() == [6, 7]
    assert second.W.tolist() == [[8, 9], [10, 11], [12, 13], [14, 15]]
    assert second.b.tolist() == [16, 17, 18, 19]
    for layer in (first, second):
        np.testing.assert_array_equal(layer.dW, -layer.W)
        np.testing.assert_array_equal(layer.db, -layer.b)
    assert parameter_count((784, 128, 10)) == 101_770


@given(sizes=widths, batch=st.integers(1, 5), seed=st.integers(0, 99))
def test_training_and_prediction_compute_the_same_logits(sizes, batch, seed):
    network = random_network(sizes, seed)
    x = np.random.default_rng(seed).random((sizes[0], batch), np.float32)

    np.testing.assert_array_equal(
        network.forward(x, network.workspace(batch)), network.logits(x), strict=True
    )


@pytest.mark.parametrize("output", OUTPUTS)
def test_probabilities_are_between_0_and_1_and_softmax_sums_to_1(output, noise):
    probabilities = random_network((784, 20, 10), output=output).probabilities(noise(50).images)

    assert probabilities.shape == (50, 10)
    assert probabilities.min() >= 0 and probabilities.max() <= 1
    if output == "softmax":
        assert probabilities.sum(axis=1) == pytest.approx(np.ones(50), abs=1e-5)


@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_prediction_writes_nothing(activation, noise):
    network, images = random_network((784, 20, 10), activation=activation), noise(5).images
    network.gradients[...] = np.arange(len(network.gradients))
    before = network.parameters.copy(), network.gradients.copy(), images.copy()

    network.probabilities(images)

    for now, then in zip((network.parameters, network.gradients, images), before, strict=True):
        np.testing.assert_array_equal(now, then)


def test_a_prediction_between_forward_and_backward_changes_nothing(noise):
    network, data = random_network((784, 20, 10), dtype=np.float64), noise(5)
    x, labels, loss = as_input(data.images, np.float64), data.labels, LOSSES["cross_entropy"]
    learn(network, loss, x, labels)
    undisturbed = network.gradients.copy()

    workspace = network.workspace(5)
    loss(network.output, network.forward(x, workspace), labels, workspace.gradients[-1])
    network.probabilities(noise(5, seed=1).images)
    network.backward(x, workspace)

    np.testing.assert_array_equal(network.gradients, undisturbed)


def test_images_are_scaled_from_0_to_1_in_any_shape():
    images = np.arange(256, dtype=np.uint8).reshape(2, 8, 16)
    for dtype in (np.float32, np.float64):
        x = as_input(images, dtype)
        assert (x.dtype, x.shape) == (dtype, (128, 2))
        assert (x.min(), x.max()) == (0, 1)
        np.testing.assert_allclose(x.T.ravel(), np.arange(256) / 255, rtol=1e-6)
        np.testing.assert_array_equal(as_input(images.reshape(2, 128), dtype), x)


def test_the_same_generator_fills_every_layer_with_the_same_parameters():
    ours, again, other = (random_network((5, 4, 3), seed).parameters for seed in (1, 1, 2))
    np.testing.assert_array_equal(ours, again)
    assert (ours != other).all()
    assert len(np.unique(ours)) == len(ours), "layers must not repeat each other's draws"


@every_combination
@pytest.mark.parametrize("hidden", [(), (6,), (6, 5)])
def test_input_gradients_are_the_slope_of_the_loss_and_touch_no_parameter_gradient(
    assert_gradient, activation, output, loss, hidden
):
    network = Network((8, *hidden, 4), activation, output, np.float64, dropout=0.3)
    network.initialize("he", np.random.default_rng(2))
    network.gradients[...] = np.arange(len(network.gradients))
    x, labels = np.random.default_rng(3).random((8, 3)), np.array([0, 3, 1])
    xs = network.layer_inputs(x)
    dz = np.empty_like(xs[-1])
    LOSSES[loss](network.output, xs[-1], labels, dz)

    dx = network.input_gradients(xs, dz)[0]

    assert_gradient(lambda: LOSSES[loss](network.output, network.logits(x), labels), x, dx)
    np.testing.assert_array_equal(network.gradients, np.arange(len(network.gradients)))


def test_input_gradients_of_several_quantities_of_one_image_are_those_of_each():
    network = random_network((5, 4, 3))
    xs = network.layer_inputs(np.random.default_rng(0).random((5, 1), np.float32))
    dxs = network.input_gradients(xs, np.eye(3, dtype=np.float32))
    for row in range(3):
        alone = network.input_gradients(xs, np.eye(3, dtype=np.float32)[:, row : row + 1])
        for several, one in zip(dxs, alone, strict=True):
            np.testing.assert_allclose(several[:, row : row + 1], one, rtol=1e-6)


def test_two_workspaces_of_one_network_have_masks_of_their_own():
    network = random_network((5, 40, 3), dropout=0.5)
    first, second = network.workspace(6), network.workspace(6)
    x = np.random.default_rng(0).random((5, 6), np.float32)
    first.sample_masks(np.random.default_rng(1))
    z = network.forward(x, first).copy()
    second.sample_masks(np.random.default_rng(2))
    assert (network.forward(x, second) != z).any()
    np.testing.assert_array_equal(network.forward(x, first), z)
    np.testing.assert_array_equal(first.first(2).outputs[0], first.outputs[0][:, :2])


@given(sizes=widths)
def test_parameters_in_the_layout_of_0_1_are_converted(sizes):
    rng = np.random.default_rng(0)
    matrices = [(rng.random((i, o)), rng.random(o)) for i, o in pairwise(sizes)]
    stored = np.concatenate([part.ravel() for pair in matrices for part in pair])
    found = layer_views(from_layout(stored, sizes, LAYOUT_0_1), sizes)
    for (W, b), (stored_W, stored_b) in zip(found, matrices, strict=True):
        np.testing.assert_array_equal(W, stored_W.T)
        np.testing.assert_array_equal(b, stored_b)
    assert from_layout(stored, sizes, LAYOUT) is stored


def test_an_unknown_layout_is_an_error():
    with pytest.raises(ValueError, match="unknown layout 'other'"):
        from_layout(np.zeros(3), (2, 1), "other")
