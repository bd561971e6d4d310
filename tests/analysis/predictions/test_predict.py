"""Reading: answers picture by picture; a gallery in the order of how sure they were."""

from __future__ import annotations

import numpy as np
import pytest

from nn.analysis.predictions.confusion import answers, confusion, count
from nn.analysis.predictions.predict import Reading, cell, mistakes, read
from nn.errors import UserError
from tests.networks import KINDS, SHAPES, diverged, make


@pytest.mark.parametrize("hidden", SHAPES)
@pytest.mark.parametrize(("activation", "output"), KINDS)
def test_every_picture_is_read_as_it_is_alone(hidden, activation, output, pictures):
    network, shown = make(hidden, activation, output), pictures(30)
    found = read(network, shown.images, shown.labels)
    for n, image in enumerate(shown.images):
        [alone] = network.probabilities(image[np.newaxis])
        np.testing.assert_allclose(found.probabilities[n], alone, atol=1e-5)
        assert found.answers[n] == alone.argmax()
        assert found.sureness[n] == pytest.approx(alone.max(), abs=1e-5)
        assert found.right[n] == (alone.argmax() == shown.labels[n])
    np.testing.assert_array_equal(found.answers, answers(network, shown.images))
    slow = confusion(network, shown.images, shown.labels).counts
    np.testing.assert_array_equal(count(shown.labels, found.answers).counts, slow)


def test_a_gallery_begins_with_what_it_was_surest_of(pictures):
    shown = pictures(80)
    found = read(make(), shown.images, shown.labels)
    places = range(80)
    wrong = [n for n in places if found.answers[n] != shown.labels[n]]
    assert mistakes(found).tolist() == sorted(wrong, key=lambda n: -found.sureness[n])
    seen = []
    for truth in range(10):
        for answer in range(10):
            its = [n for n in places if (shown.labels[n], found.answers[n]) == (truth, answer)]
            chosen = cell(found, truth, answer).tolist()
            assert chosen == sorted(its, key=lambda n: -found.sureness[n])
            seen += chosen
    assert sorted(seen) == list(places)


def test_without_mistakes_the_gallery_is_empty():
    sure = np.array([0.9, 0.8], np.float32)
    both = np.array([3, 4])
    perfect = Reading(both.astype(np.uint8), np.zeros((2, 10), np.float32), both, sure)
    assert not len(mistakes(perfect)) and not len(cell(perfect, 3, 4))


@pytest.mark.filterwarnings("error")
def test_a_network_that_has_diverged_is_a_sentence(pictures):
    shown = pictures(3)
    with pytest.raises(UserError, match="diverged"):
        read(diverged(), shown.images, shown.labels)
