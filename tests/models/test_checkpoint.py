from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import save

from nn.errors import UserError
from nn.models.checkpoint import pack, unpack
from nn.optimizers import Sgd
from nn.training import Position


def trained(size: int = 12, momentum: float = 0.9, seed: int = 0) -> tuple[np.ndarray, Sgd]:
    """Parameters and an optimizer as some steps leave them."""
    rng = np.random.default_rng(seed)
    parameters = rng.standard_normal(size).astype(np.float32)
    sgd = Sgd(size, lr=0.1, momentum=momentum)
    for _ in range(3):
        sgd.step(parameters, rng.standard_normal(size).astype(np.float32))
    return parameters, sgd


PACKED = pack(*trained(), Position(5, 1.5, 0.25, 3.0))
times = st.floats(0, 1e9)


@pytest.mark.parametrize("momentum", [0.0, 0.9])
@given(step=st.integers(0, 10**12), loss=times, seconds=times, lr=st.floats(1e-9, 10))
def test_a_round_trip_is_exact(momentum, step, loss, seconds, lr):
    parameters, sgd = trained(momentum=momentum)
    sgd.lr = lr
    position = Position(step, loss, seconds / 2, seconds)
    others, other = trained(momentum=momentum, seed=1)

    assert unpack(pack(parameters, sgd, position), others, other) == position

    assert others.tobytes() == parameters.tobytes()
    assert other.state.tobytes() == sgd.state.tobytes()
    assert other.lr == lr


def test_packing_leaves_all_as_it_was():
    parameters, sgd = trained()
    before = parameters.tobytes(), sgd.state.tobytes()
    pack(parameters, sgd, Position())
    assert (parameters.tobytes(), sgd.state.tobytes()) == before


@pytest.mark.parametrize(
    "other", [trained(size=13), trained(momentum=0.0), trained(size=1)], ids=["wider", "sgd", "one"]
)
def test_the_checkpoint_of_another_network_is_refused(other):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(PACKED, *other)


@given(st.integers(0, len(PACKED) - 1))
def test_a_checkpoint_cut_off_anywhere_is_refused(length):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(PACKED[:length], *trained(seed=1))


@pytest.mark.parametrize("rest", [None, b'{"step": 5', b'{"lr": 1, "unknown": 5}', b"[]", b"5"])
def test_a_safetensors_file_of_something_else_is_refused(rest):
    parameters, sgd = trained()
    arrays = {"parameters": parameters, "state": sgd.state}
    if rest is not None:
        arrays["rest"] = np.frombuffer(rest, np.uint8)
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(save(arrays), *trained(seed=1))


@given(at=st.integers(0, len(PACKED) - 1), byte=st.integers(0, 255))
def test_a_damaged_byte_is_refused_or_leaves_a_position(at, byte):
    damaged = bytearray(PACKED)
    damaged[at] = byte
    try:
        assert isinstance(unpack(bytes(damaged), *trained(seed=1)), Position)
    except UserError:
        pass


@given(st.binary(max_size=200))
def test_arbitrary_bytes_are_refused(data):
    with pytest.raises(UserError, match="checkpoint cannot be used"):
        unpack(data, *trained())
