from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load, save

from nn.errors import UserError
from nn.models.checkpoint import pack, unpack
from nn.network import LAYOUT, parameter_count
from nn.optimizers import Sgd
from nn.training import TrainingState


def trained(
    sizes: tuple[int, ...] = (3, 2, 1), momentum: float = 0.9, seed: int = 0
) -> tuple[np.ndarray, Sgd, tuple[int, ...]]:
    """Parameters and an optimizer after some steps, and the network's layer sizes."""
    rng, size = np.random.default_rng(seed), parameter_count(sizes)
    parameters = rng.standard_normal(size).astype(np.float32)
    sgd = Sgd(size, lr=0.1, momentum=momentum)
    for _ in range(3):
        sgd.step(parameters, rng.standard_normal(size).astype(np.float32))
    return parameters, sgd, sizes


PACKED = pack(*trained()[:2], TrainingState(5, 1.5, 0.25, 3.0))
times = st.floats(0, 1e9)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@given(step=st.integers(0, 10**12), loss=times, seconds=times, lr=st.floats(1e-9, 10))
def test_a_round_trip_is_exact(momentum, step, loss, seconds, lr):
    parameters, sgd, sizes = trained(momentum=momentum)
    sgd.lr = lr
    state = TrainingState(step, loss, seconds / 2, seconds)
    others, other, _ = trained(momentum=momentum, seed=1)

    assert unpack(pack(parameters, sgd, state), others, other, sizes) == state

    assert others.tobytes() == parameters.tobytes()
    assert other.state.tobytes() == sgd.state.tobytes()
    assert other.lr == lr


def test_packing_changes_nothing():
    parameters, sgd, _ = trained()
    before = parameters.tobytes(), sgd.state.tobytes()
    pack(parameters, sgd, TrainingState())
    assert (parameters.tobytes(), sgd.state.tobytes()) == before


@pytest.mark.parametrize(
    "other",
    [trained((4, 2, 1)), trained(momentum=0.0), trained((0, 1))],
    ids=["wider", "sgd", "one"],
)
def test_the_checkpoint_of_another_network_is_a_user_error(other):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(PACKED, *other)


@given(st.integers(0, len(PACKED) - 1))
def test_a_truncated_checkpoint_is_a_user_error(length):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(PACKED[:length], *trained(seed=1))


@pytest.mark.parametrize("rest", [None, b'{"step": 5', b'{"lr": 1, "unknown": 5}', b"[]", b"5"])
def test_another_safetensors_file_is_a_user_error(rest):
    parameters, sgd, _ = trained()
    arrays = {"parameters": parameters, "state": sgd.state}
    if rest is not None:
        arrays["rest"] = np.frombuffer(rest, np.uint8)
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(save(arrays), *trained(seed=1))


@given(at=st.integers(0, len(PACKED) - 1), byte=st.integers(0, 255))
def test_a_damaged_byte_is_a_user_error_or_leaves_a_state(at, byte):
    damaged = bytearray(PACKED)
    damaged[at] = byte
    try:
        assert isinstance(unpack(bytes(damaged), *trained(seed=1)), TrainingState)
    except UserError:
        pass


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_a_user_error(data):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(data, *trained())


def with_values(**changes):
    """PACKED with other values beside its arrays; None removes one."""
    arrays = load(PACKED)
    values = json.loads(arrays["rest"].tobytes()) | changes
    values = {key: value for key, value in values.items() if value is not None}
    arrays["rest"] = np.frombuffer(json.dumps(values).encode(), np.uint8)
    return save(arrays)


def with_text(text: str) -> bytes:
    """PACKED with another JSON text beside its arrays."""
    arrays = load(PACKED)
    arrays["rest"] = np.frombuffer(text.encode(), np.uint8)
    return save(arrays)


def with_number(name: str, number: str) -> bytes:
    """PACKED with another number, as JSON, of that name."""
    text = json.dumps(json.loads(load(PACKED)["rest"].tobytes()) | {name: "@"})
    return with_text(text.replace('"@"', number))


HUGE = "1" + "0" * 400  # no float is as large


@pytest.mark.parametrize("depth", [100, 950, 100_000])
@pytest.mark.parametrize("name", ["lr", "optimizer_steps", "step", "best_loss", "layout", "other"])
def test_nested_values_are_a_user_error(name, depth):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(with_number(name, "[" * depth + "]" * depth), *trained(seed=1))


@pytest.mark.parametrize("depth", [950, 100_000])
def test_a_text_of_nested_lists_is_a_user_error(depth):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(with_text("[" * depth + "]" * depth), *trained(seed=1))


@pytest.mark.parametrize(
    "number", ["Infinity", "-1", "NaN", HUGE, "1" * 5000, "1.5", '"3"', "true", "null", "{}"]
)
@pytest.mark.parametrize("name", ["optimizer_steps", "step", "epochs_without_improvement"])
def test_a_count_that_is_no_whole_number_is_a_user_error(name, number):
    parameters, sgd, sizes = trained(seed=1)
    before = parameters.tobytes(), sgd.state.tobytes(), sgd.steps
    with pytest.raises(UserError, match="checkpoint cannot be used") as error:
        unpack(with_number(name, number), parameters, sgd, sizes)
    assert len(str(error.value)) < 200
    assert (parameters.tobytes(), sgd.state.tobytes(), sgd.steps) == before


@pytest.mark.parametrize("number", ["Infinity", "-1", "NaN", HUGE, '"3"', "true", "null", "[]"])
@pytest.mark.parametrize("name", ["lr", "last_lr", "seconds", "epoch_seconds"])
def test_a_learning_rate_or_time_that_is_not_finite_is_a_user_error(name, number):
    with pytest.raises(UserError, match=f"checkpoint cannot be used: {name}"):
        unpack(with_number(name, number), *trained(seed=1))


def test_a_last_learning_rate_of_zero_is_a_user_error():
    """Momentum divides by it."""
    with pytest.raises(UserError, match="checkpoint cannot be used: last_lr"):
        unpack(with_number("last_lr", "0"), *trained(seed=1))


@pytest.mark.parametrize("number", [HUGE, '"3"', "true", "[]"])
@pytest.mark.parametrize("name", ["epoch_loss", "smoothed_loss", "best_loss"])
def test_a_loss_that_is_no_number_is_a_user_error(name, number):
    with pytest.raises(UserError, match=f"checkpoint cannot be used: {name}"):
        unpack(with_number(name, number), *trained(seed=1))


@pytest.mark.parametrize("name", ["epoch_loss", "smoothed_loss", "best_loss"])
def test_a_loss_may_be_infinite(name):
    state = unpack(with_number(name, "Infinity"), *trained(seed=1))
    assert getattr(state, name) == float("inf")


def test_the_layout_is_stated_and_an_unknown_one_is_a_user_error():
    assert json.loads(load(PACKED)["rest"].tobytes())["layout"] == LAYOUT
    with pytest.raises(UserError, match="layout 'other'"):
        unpack(with_values(layout="other"), *trained())


def test_a_checkpoint_of_0_1_is_read():
    parameters, sgd, sizes = trained(seed=1)
    old = with_values(
        layout=None, optimizer_steps=None, steps=3, smoothed_loss=None, smooth_loss=3.0,
        epochs_without_improvement=None, stale_epochs=2,
    )  # fmt: skip
    assert unpack(old, parameters, sgd, sizes) == TrainingState(
        5, 1.5, 0.25, 3.0, epochs_without_improvement=2
    )
    assert sgd.steps == 3
