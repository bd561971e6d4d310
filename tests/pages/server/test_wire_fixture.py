"""The bytes that the tests of the JavaScript unpack are those that the server packs today.

``python -m tests.pages.server.test_wire_fixture`` writes them anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from nn.network import Network
from nn.runs.store.run import Snapshot
from pages.server import wire

FIXTURE = Path(__file__).parents[2] / "js" / "wire_fixture.bin"
SIZES = (784, 2, 10)


def messages() -> bytes:
    """One message with everything, one with neither snapshot nor connections.

    The weights are exact in float16, and no two of a layer are equally strong.
    """
    network = Network(SIZES)
    for layer, divisor in ((network.layers[0], 2048), (network.layers[2], 32)):  # 1: activation
        numbers = np.arange(1, layer.W.size + 1).reshape(layer.W.shape[::-1]).T
        layer.W[...] = np.where(numbers % 3 == 0, -1, 1) * numbers / divisor
    parameters = network.parameters.astype(np.float16)
    header = {
        "run": "a run",
        "state": "running",
        "message": "Größer als 0 ≤ 1",  # not ASCII
        "points": {"samples_seen": [32], "loss": [2.5], "smoothed_loss": [2.25]},
        "accuracy_estimates": {"samples_seen": [32], "accuracy": [0.25]},
        "estimated_on": "validation",
        "new_epochs": [],
        "sizes": SIZES,
    }
    snapshot = wire.snapshot_header(Snapshot(3, 96, 2.5, parameters), SIZES)
    connections = {"connections": wire.connection_counts(SIZES)}
    return wire.pack_messages(
        [
            wire.pack_message(
                header | connections | {"first": True, "snapshot": snapshot},
                wire.pack_first_layer(parameters, SIZES),
                wire.pack_connections(parameters, SIZES),
            ),
            wire.pack_message(header | {"first": False, "snapshot": None, "connections": None}),
        ]
    )


def test_the_javascript_unpacks_what_the_server_packs() -> None:
    assert FIXTURE.read_bytes() == messages()


if __name__ == "__main__":
    FIXTURE.write_bytes(messages())
