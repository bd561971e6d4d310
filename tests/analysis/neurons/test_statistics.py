"""Each statistic equals the one computed neuron by neuron, image by image."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.neurons.pre_activations import activations, is_active, pre_activations
from nn.analysis.neurons.statistics import neuron_statistics
from nn.network import Network, layer_views
from tests.networks import KINDS, SHAPES, make


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
def test_every_statistic_equals_the_slow_computation(hidden, activation, output, noise):
    network, shown = make(hidden, activation, output), noise(60)
    for layer, (W, _) in enumerate(layer_views(network.parameters, network.sizes)):
        z = pre_activations(network, shown.images, layer)
        found = neuron_statistics(network, layer, z, shown.labels)
        y, active = activations(network, layer, z), is_active(network, layer, z)
        for n in range(len(W)):
            means = [y[shown.labels == digit, n].mean(dtype=float) for digit in range(10)]
            assert found.weight_norm[n] == pytest.approx(
                sum(w * w for w in W[n].tolist()) ** 0.5, 1e-5
            )
            assert found.activation_rate[n] == pytest.approx(np.mean(active[:, n]))
            np.testing.assert_allclose(found.mean_activation[n], means, atol=1e-5)
            best = found.preferred_class[n]
            assert means[best] == pytest.approx(max(means), abs=1e-5)
            above = [mean - min(0, *means) for mean in means]
            m, r = above[best], (sum(above) - above[best]) / 9
            expected = (m - r) / (m + r) if m + r else 0
            assert found.selectivity[n] == pytest.approx(expected, abs=2e-3)
            assert 0 <= found.selectivity[n] <= 1.001


@pytest.mark.filterwarnings("error")
def test_a_digit_without_images_is_preferred_by_no_neuron(noise):
    network, shown = make(), noise(30)
    labels = shown.labels % 3
    found = neuron_statistics(network, 0, pre_activations(network, shown.images, 0), labels)
    assert (
        np.isnan(found.mean_activation[:, 3:]).all()
        and not np.isnan(found.mean_activation[:, :3]).any()
    )
    assert set(found.preferred_class.tolist()) <= {0, 1, 2}
    alone = neuron_statistics(
        network, 0, pre_activations(network, shown.images, 0), np.zeros(30, np.uint8)
    )
    assert not alone.preferred_class.any() and not alone.selectivity.any()


def test_a_neuron_active_for_one_digit_only_has_selectivity_1():
    network = Network((784, 2, 10))
    z = np.array([[5, 1], [0, 1], [-3, 1]], np.float32)
    found = neuron_statistics(network, 0, z, np.array([4, 7, 9]))
    assert (found.preferred_class[0], found.selectivity.tolist()) == (4, [1, 0])


@pytest.mark.parametrize(
    ("activation", "z_of_neuron", "dead"),
    [
        ("relu", [-1, -5, 0], True),
        ("relu", [-1, -5, 0.001], False),
        ("relu", [3, 3, 3], False),  # still useful as a bias
        ("leaky_relu", [-1, -5, -1], True),
        ("gelu", [-1, -5, -1], True),
        ("tanh", [9, 8, 9], True),
        ("tanh", [9, -9, 9], False),
        ("tanh", [0.002, 0.02, 0.01], True),
        ("sigmoid", [-9, -8, -9], True),
        ("sigmoid", [-9, 0, -9], False),
    ],
)
def test_dead_neurons_are_never_active_or_constant(activation, z_of_neuron, dead):
    z = np.array([z_of_neuron], np.float32).T
    found = neuron_statistics(Network((784, 1, 10), activation), 0, z, np.array([0, 1, 2]))
    assert found.dead.tolist() == [dead]
