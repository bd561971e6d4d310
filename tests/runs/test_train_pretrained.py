"""Training the pretrained model, on a small scale."""

from __future__ import annotations

import numpy as np
import pytest

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import handwriting, non_digits
from nn.models import pretrained, weights_file
from nn.network import layer_views
from nn.runs import train_pretrained
from nn.runs.spec import RunSpec
from nn.training import train
from tests.cli.command_line import nn

SMALL = RunSpec(
    hidden=(32,), dataset="strokes", validation_size=300, epochs=1, batch_size=128, augmentation=1.0
)


@pytest.fixture(scope="module")
def held_out():
    return handwriting.make(600, seed=8)


@pytest.fixture
def network(held_out, one_thread):
    network, loss, optimizer = RunSpec(hidden=(64,), augmentation=0.5).build()
    for _ in train(
        network, loss, optimizer, handwriting.make(3000, seed=9), epochs=4, batch_size=64, seed=0,
        augmentation=0.5,
    ):  # fmt: skip
        pass
    return network


@pytest.mark.parametrize("scale", [0.5, 2.5])
def test_calibration_removes_any_scale_of_the_logits(network, held_out, scale):
    temperature = train_pretrained.calibrate(network, held_out)
    calibrated = network.parameters.copy()
    *_, (W, b) = layer_views(network.parameters, network.sizes)
    W *= scale
    b *= scale
    assert train_pretrained.calibrate(network, held_out) == pytest.approx(scale, rel=0.02)
    np.testing.assert_allclose(network.parameters, calibrated, rtol=0.05, atol=1e-4)
    assert temperature > 0


def test_the_rejection_rule_rejects_its_share_of_digits_and_far_more_non_digits(
    network, held_out, monkeypatch
):
    monkeypatch.setattr(train_pretrained, "NON_DIGITS", 90)
    monkeypatch.setattr(train_pretrained, "REJECTED_SHARE", 0.02)
    rule = train_pretrained.fit_rejection_rule(network, held_out)
    monkeypatch.setattr(pretrained, "network", lambda: network)
    monkeypatch.setattr(pretrained, "rejection_rule", lambda: rule)

    def rejected(images):
        return np.mean([pretrained.predict(preprocess(image)).rejected for image in images])

    assert rejected(held_out.images) == pytest.approx(0.02, abs=0.005)
    assert rejected(non_digits.make(90, seed=5)) > 0.5


def test_the_command_writes_the_pretrained_model(monkeypatch, tmp_path):
    monkeypatch.setattr(train_pretrained, "SPEC", SMALL)
    monkeypatch.setattr(train_pretrained, "FINISH", SMALL)
    monkeypatch.setattr(train_pretrained, "NON_DIGITS", 18)
    monkeypatch.setattr(pretrained, "FILE", tmp_path / "made.safetensors")
    result = nn("pretrained")
    assert result.exit_code == 0, result.output
    assert [line.split(",")[0] for line in result.stdout.splitlines()[:2]] == ["epoch 1 of 1"] * 2
    network, about = weights_file.read(pretrained.FILE)
    assert network.sizes == SMALL.sizes
    assert set(about) == {"temperature", "rejection", "test_accuracy"}
    assert set(about["rejection"]) == {"slope", "threshold"}
