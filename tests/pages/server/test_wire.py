"""The wire format: unpacked as its description says, a message is what was packed."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.network import Network
from nn.runs.store.run import Snapshot
from pages.server import wire
from tests.pages.server.unpack import unpack, unpack_messages


def network_of(sizes: tuple[int, ...]) -> Network:
    network = Network(sizes)
    network.initialize("he", np.random.default_rng(0))
    return network


@pytest.mark.parametrize("sizes", [(784, 10), (784, 1, 10), (784, 128, 10), (784, 1200, 10)])
def test_unpacked_tiles_are_the_weights_of_each_neuron(sizes: tuple[int, ...]) -> None:
    network = network_of(sizes)
    packed = wire.pack_first_layer(network.parameters.astype(np.float16), sizes)
    neurons = wire.tile_count(sizes)
    assert neurons == min(sizes[1], wire.MAX_TILES)
    scales = np.frombuffer(packed, "<f4", neurons)
    shades = np.frombuffer(packed, np.int8, offset=4 * neurons).reshape(neurons, 784)
    weights = shades / 127 * scales[:, None]
    expected = network.layers[0].W[:neurons]
    np.testing.assert_allclose(weights, expected, atol=float(scales.max()) / 200)


def test_a_neuron_with_zero_weights_is_an_even_tile() -> None:
    packed = wire.pack_first_layer(Network((784, 2, 10)).parameters, (784, 2, 10))
    assert packed == bytes(2 * 4 + 2 * 784)


@pytest.mark.parametrize("sizes", [(784, 10), (784, 3, 10)])
def test_unpacked_connections_are_weights_of_the_network(sizes: tuple[int, ...]) -> None:
    network = network_of(sizes)
    packed = wire.pack_connections(network.parameters, sizes)
    offset = 0
    matrices = [layer.W for layer in network.layers if hasattr(layer, "W")]
    for count, W in zip(wire.connection_counts(sizes), matrices, strict=True):
        start = np.frombuffer(packed, "<u2", count, offset)
        end = np.frombuffer(packed, "<u2", count, offset + 2 * count)
        weight = np.frombuffer(packed, "<f4", count, offset + 4 * count)
        offset += 8 * count
        np.testing.assert_array_equal(weight, W[end, start])
        assert (np.diff(np.abs(weight)) >= 0).all()
    assert offset == len(packed)


@given(st.text(max_size=9), st.lists(st.binary(max_size=9), max_size=3))
def test_a_message_is_its_header_and_its_parts_and_the_parts_are_aligned(text, parts):
    message = wire.pack_message({"message": text}, *parts)
    assert unpack(message) == ({"message": text}, b"".join(parts))
    assert (len(message) - len(b"".join(parts))) % 4 == 0
    assert unpack_messages(wire.pack_messages([message, message])) == 2 * [unpack(message)]


def test_the_header_of_a_snapshot_describes_its_tiles() -> None:
    sizes = (784, 1200, 10)
    snapshot = Snapshot(7, 70, 0.5, Network(sizes).parameters)
    assert wire.snapshot_header(snapshot, sizes) == {
        "step": 7, "samples_seen": 70, "loss": 0.5, "neurons": 1000, "total_neurons": 1200,
    }  # fmt: skip


def test_a_page_may_want_less_of_a_run_than_everything() -> None:
    received = wire.unpack_text('{"watch": "a", "rate": 3, "tiles": 4, "connections": false}')
    assert wire.unpack_wish(received) == wire.Wish(3, 4, connections=False, points=True)
    assert wire.unpack_wish(wire.unpack_text('{"watch": "a"}')) == wire.Wish()


def test_the_first_tiles_are_those_of_the_first_neurons() -> None:
    sizes = (784, 5, 10)
    network = network_of(sizes)
    packed = wire.pack_first_layer(network.parameters, sizes)
    first = wire.first_tiles(packed, 5, 2)
    assert first[:8] == packed[:8]
    assert first[8:] == packed[20 : 20 + 2 * 784]


@pytest.mark.parametrize(
    "text",
    ["", "[]", "3", "null", "{}", "[" * 10_000, json.dumps("stop"), '{"id": 7, "run": "a"}',
     '{"watch": 7}', '{"watch": "a", "drawn": "b"}'],
)  # fmt: skip
def test_any_other_text_is_not_understood(text) -> None:
    with pytest.raises(ValueError, match="not understood"):
        wire.unpack_text(text)
