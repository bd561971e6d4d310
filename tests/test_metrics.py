from __future__ import annotations

import numpy as np
import pytest

from nn.layers import Dense
from nn.losses import LOSSES, cross_entropy
from nn.metrics import CHUNK, Sample, evaluate
from nn.network import Network, as_input


def test_accuracy_is_the_share_of_images_classified_correctly():
    network = Network((10, 10))
    dense = network.layers[0]
    assert isinstance(dense, Dense)
    dense.W[...] = 5 * np.eye(10)  # predicts the pixel that is lit
    count = 2 * CHUNK + 500
    labels = (np.arange(count) % 10).astype(np.uint8)
    images = 255 * np.eye(10, dtype=np.uint8)[labels]

    assert evaluate(network, cross_entropy, images, labels).accuracy == 1
    labels[-500:] = (labels[-500:] + 1) % 10
    assert evaluate(network, cross_entropy, images, labels).accuracy == 0.8


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
@pytest.mark.parametrize("count", [1, CHUNK, CHUNK + 1])
def test_chunks_change_nothing(loss, count, noise):
    data = noise(count, side=4)
    network = Network((16, 8, 10), dtype=np.float64)
    network.initialize("normal", np.random.default_rng(0))
    z = network.logits(as_input(data.images, np.float64))

    score = evaluate(network, loss, data.images, data.labels)

    assert score.loss == pytest.approx(loss(network.output, z, data.labels))
    assert score.accuracy == np.mean(z.argmax(axis=0) == data.labels)


def test_the_most_probable_class_of_a_soft_label_counts_as_the_true_one(noise):
    data = noise(30, side=4)
    network = Network((16, 10))
    network.initialize("normal", np.random.default_rng(0))
    soft = 0.4 * np.eye(10)[data.labels] + 0.06
    accuracies = [
        Sample(data.images, labels, 20, network).accuracy() for labels in (data.labels, soft)
    ]
    assert accuracies[0] == accuracies[1] > 0
