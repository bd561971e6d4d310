from __future__ import annotations

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nn.layers import ACTIVATIONS, Dense, Dropout, ReLU, Sigmoid, Softmax

sizes = st.integers(1, 6)
seeds = st.integers(0, 2**32 - 1)
LAYERS = [*(kind() for kind in ACTIVATIONS.values()), Softmax()]


def dense(inputs: int, outputs: int, rng: np.random.Generator, dtype: type = np.float64) -> Dense:
    W, b = rng.standard_normal((outputs, inputs)), rng.standard_normal(outputs)
    W, b = W.astype(dtype), b.astype(dtype)
    return Dense(W, b, np.full_like(W, np.nan), np.full_like(b, np.nan))


@pytest.mark.parametrize("layer", LAYERS, ids=lambda it: type(it).__name__)
@given(batch=sizes, width=sizes, seed=seeds)
def test_backward_is_the_slope_of_forward(assert_gradient, layer, batch, width, seed):
    rng = np.random.default_rng(seed)
    # At least 0.1 away from ReLU's kink, where there is no slope.
    x = rng.uniform(0.1, 2, (batch, width)) * rng.choice([-1, 1], (batch, width))
    dy = rng.standard_normal((batch, width))
    dx = np.full_like(x, np.nan)

    layer.backward(x, layer.forward(x), dy, dx)

    assert_gradient(lambda: float((layer.forward(x) * dy).sum()), x, dx)


@example(batch=1, inputs=3, outputs=2, seed=0)  # a batch of one is computed differently
@given(batch=sizes, inputs=sizes, outputs=sizes, seed=seeds)
def test_dense_backward_is_the_slope_by_weights_biases_and_input(
    assert_gradient, batch, inputs, outputs, seed
):
    rng = np.random.default_rng(seed)
    layer = dense(inputs, outputs, rng)
    x, dy = rng.standard_normal((inputs, batch)), rng.standard_normal((outputs, batch))
    dx = np.full_like(x, np.nan)

    layer.backward(x, layer.forward(x), dy, dx)
    layer.parameter_gradients(x, dy)

    def weighted() -> float:
        return float((layer.forward(x) * dy).sum())

    assert_gradient(weighted, layer.W, layer.dW)
    assert_gradient(weighted, layer.b, layer.db)
    assert_gradient(weighted, x, dx)


def test_forward_of_hand_worked_numbers():
    layer = dense(2, 3, np.random.default_rng(0))
    layer.W[...], layer.b[...] = [[1, 4], [2, 5], [3, 6]], [0.5, 0, -1]
    x = np.array([[0], [-2], [np.log(3)]])

    assert layer.forward(np.array([[1.0], [-1.0]])).tolist() == [[-2.5], [-3], [-4]]
    assert ReLU().forward(x).tolist() == [[0], [0], [np.log(3)]]
    assert Sigmoid().forward(x)[:, 0] == pytest.approx([1 / 2, 1 / (1 + np.exp(2)), 3 / 4])
    assert Softmax().forward(np.log([[1.0], [2.0], [5.0]]))[:, 0] == pytest.approx(
        [1 / 8, 1 / 4, 5 / 8]
    )


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("kind", [Dense, Softmax, *ACTIVATIONS.values()])
def test_a_layer_writes_only_into_out(kind, dtype):
    rng = np.random.default_rng(1)
    layer = dense(4, 4, rng, dtype) if kind is Dense else kind()
    x, dy = rng.standard_normal((2, 4, 3)).astype(dtype)
    given, out = [x.copy(), dy.copy()], np.full_like(x, np.nan)

    y = layer.forward(x)
    assert layer.forward(x, out) is out
    np.testing.assert_array_equal(y, out)
    layer.backward(x, y, dy, np.empty_like(x))

    assert y.dtype == dtype
    np.testing.assert_array_equal([x, dy], given)
    np.testing.assert_array_equal(y, out, err_msg="backward changed y")


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_extreme_inputs_give_probabilities_without_overflow(dtype):
    x = np.array([[1e4], [-1e4], [0]], dtype)
    with np.errstate(over="raise", invalid="raise"):
        assert Sigmoid().forward(x).tolist() == [[1], [0], [0.5]]
        assert Softmax().forward(x).tolist() == [[1], [0], [0]]


def test_other_activations_of_hand_worked_numbers():
    x = np.array([[-2.0, 0.0, 1.0]])
    assert ACTIVATIONS["leaky_relu"]().forward(x).tolist() == [[-0.02, 0, 1]]
    assert ACTIVATIONS["tanh"]().forward(x)[0] == pytest.approx([-0.9640276, 0, 0.7615942])
    # x Φ(x) of the normal distribution; the tanh form is within 0.001 of it
    gelu = ACTIVATIONS["gelu"]().forward(x)[0]
    assert gelu == pytest.approx([-0.0455003, 0, 0.8413447], abs=1e-3)


def test_dropout_zeroes_its_share_and_keeps_the_mean():
    x = np.ones((200, 100), np.float32)
    layer = Dropout(0.3, np.empty_like(x))
    layer.sample_mask(np.random.default_rng(0))
    y = layer.forward(x)
    assert np.mean(y == 0) == pytest.approx(0.3, abs=0.01)
    assert y.mean() == pytest.approx(1, abs=0.02)
    np.testing.assert_array_equal(layer.backward(x, y, x), y)  # for x = dy = 1


def test_without_a_mask_dropout_changes_nothing():
    x = np.ones((2, 3))
    assert Dropout(0.3).forward(x) is x
    assert Dropout(0.3).backward(x, x, x) is x


@pytest.mark.parametrize("layer", LAYERS, ids=lambda it: type(it).__name__)
def test_backward_returns_what_it_writes(layer):
    x, dy = np.random.default_rng(0).standard_normal((2, 3, 4))
    y, out = layer.forward(x), np.empty_like(x)
    assert layer.backward(x, y, dy, out) is out
    np.testing.assert_array_equal(layer.backward(x, y, dy), out)


def test_backward_of_dense_leaves_the_parameter_gradients_alone():
    layer = dense(3, 2, np.random.default_rng(0))
    layer.backward(np.ones((3, 1)), np.ones((2, 1)), np.ones((2, 1)))
    assert np.isnan(layer.dW).all() and np.isnan(layer.db).all()


@pytest.mark.parametrize("inputs", [5, 784])  # the second is wide enough for another way
def test_the_gradient_of_one_image_is_an_outer_product(inputs):
    rng = np.random.default_rng(0)
    W, b, dW, db = (np.full(shape, np.nan) for shape in ((20, inputs), 20) * 2)
    x, dy = rng.standard_normal((inputs, 1)), rng.standard_normal((20, 1))

    Dense(W, b, dW, db).parameter_gradients(x, dy)

    np.testing.assert_allclose(dW, dy * x.T, rtol=1e-12)
    np.testing.assert_allclose(db, dy[:, 0], rtol=1e-12)
