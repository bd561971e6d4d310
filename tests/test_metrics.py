from __future__ import annotations

import numpy as np
import pytest

from nn.layers import Dense
from nn.losses import LOSSES, cross_entropy
from nn.metrics import CHUNK, evaluate
from nn.network import Network, as_input


def test_accuracy_is_the_share_read_right():
    network = Network((10, 10))
    dense = network.layers[0]
    assert isinstance(dense, Dense)
    dense.W[...] = 5 * np.eye(10)  # reads the pixel that is lit
    count = 2 * CHUNK + 500
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = 255 * np.eye(10, dtype=np.uint8)[labels]

    assert evaluate(network, cross_entropy, images, labels).accuracy == 1
    labels[-500:] = (labels[-500:] + 1) % 10
    assert evaluate(network, cross_entropy, images, labels).accuracy == 0.8


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("count", [1, CHUNK, CHUNK + 1])
def test_chunks_change_nothing(loss, count, pictures):
    shown = pictures(count, side=4)
    network = Network((16, 8, 10), dtype=np.float64)
    network.initialize("normal", np.random.default_rng(0))
    z = network.logits(as_input(shown.images, np.float64))

    score = evaluate(network, loss, shown.images, shown.labels)

    assert score.loss == pytest.approx(loss(network.output, z, shown.labels, np.empty_like(z)))
    assert score.accuracy == np.mean(z.argmax(axis=1) == shown.labels)
