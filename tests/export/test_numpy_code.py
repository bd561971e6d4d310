"""The exported program classifies as the network does, without this package."""

from __future__ import annotations

import subprocess
import sys
import zipfile

import numpy as np
import pytest

from nn.export import numpy_code
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.network import Network

COMPARE = "import numpy, classify; numpy.save('p.npy', classify.probabilities(numpy.load('x.npy')))"


def make(activation="relu", output="softmax", hidden=(30, 20)):
    network = Network((784, *hidden, 10), activation, output)
    network.initialize("he", np.random.default_rng(1))
    network.parameters *= 1.5  # so that probabilities are far from equal
    return network


def run(folder, *arguments):
    """Python in that folder, isolated from this program and its settings."""
    return subprocess.run(
        [sys.executable, *arguments], cwd=folder, env={}, capture_output=True, text=True, check=True
    ).stdout  # fmt: skip


@pytest.fixture
def images(noise):
    return noise(50).images


def check(network, images, folder, name="a run"):
    numpy_code.write(network, folder / "a.zip", {"run": name})
    with zipfile.ZipFile(folder / "a.zip") as archive:
        assert sorted(archive.namelist()) == ["classify.py", "weights.npz"]
        archive.extractall(folder)
    np.save(folder / "x.npy", images)
    run(folder, "-c", COMPARE)
    expected = network.probabilities(images)
    np.testing.assert_allclose(np.load(folder / "p.npy"), expected, rtol=0, atol=1e-6)
    return expected


@pytest.mark.parametrize("output", OUTPUTS)
@pytest.mark.parametrize("activation", ACTIVATIONS)
def test_every_activation_and_output(activation, output, images, tmp_path):
    expected = check(make(activation, output), images, tmp_path)
    assert np.ptp(expected) > 0.3  # a wrong function would show


@pytest.mark.parametrize("hidden", [(), (7,), (8, 7, 6)])
def test_every_depth(hidden, images, tmp_path):
    check(make(hidden=hidden), images, tmp_path)


def test_the_program_is_short_and_prints_digits(images, tmp_path):
    expected = check(make(), images, tmp_path)
    code = (tmp_path / "classify.py").read_text()
    assert len([line for line in code.splitlines() if line.strip()]) <= 30
    printed = run(tmp_path, "classify.py", "x.npy").splitlines()
    assert [int(line.split()[0]) for line in printed] == expected.argmax(axis=1).tolist()
    assert printed[0].split()[1] == f"{expected[0].max():.1%}"


@pytest.mark.parametrize("name", ['"""', "\\", "a\nimport nothing", "{x}", "\u2028 ü"])
def test_a_hostile_name_stays_a_comment(name, images, tmp_path):
    check(make(), images, tmp_path, name)
