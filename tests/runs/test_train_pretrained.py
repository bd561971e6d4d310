"""Training the pretrained model, on a small scale."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from nn.data.dataset import Dataset
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import handwriting, non_digits
from nn.errors import UserError
from nn.losses import NO_CLASS
from nn.models import pretrained, weights_file
from nn.network import layer_views
from nn.runs import train_pretrained
from nn.runs.spec import RunSpec
from nn.runs.train_pretrained import Part
from nn.schedules import cosine
from nn.support.paths import cache
from nn.training import train
from tests.cli.command_line import nn

SMALL = RunSpec(
    hidden=(32,), dataset="strokes", validation_size=300, epochs=3, batch_size=128, augmentation=1.0
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
    temperature = train_pretrained.calibrate(network, held_out, 0.5)
    calibrated = network.parameters.copy()
    *_, (W, b) = layer_views(network.parameters, network.sizes)
    W *= scale
    b *= scale
    assert train_pretrained.calibrate(network, held_out, 0.5) == pytest.approx(scale, rel=0.02)
    np.testing.assert_allclose(network.parameters, calibrated, rtol=0.05, atol=1e-4)
    assert temperature > 0


def test_the_rejection_rule_rejects_its_share_of_digits_and_far_more_non_digits(
    network, held_out, monkeypatch
):
    monkeypatch.setattr(train_pretrained, "SCRIBBLES", 90)
    monkeypatch.setattr(train_pretrained, "REJECTED_SHARE", 0.02)
    rule = train_pretrained.fit_rejection_rule(network, held_out)
    monkeypatch.setattr(pretrained, "network", lambda: network)
    monkeypatch.setattr(pretrained, "rejection_rule", lambda: rule)

    def rejected(images):
        return np.mean([pretrained.predict(preprocess(image)).rejected for image in images])

    assert rejected(held_out.images) == pytest.approx(0.02, abs=0.005)
    assert rejected(non_digits.make(90, seed=5)) > 0.5


def small_part(seed, epochs=1, weakening=0.0):
    lr = SMALL.lr / (seed + 1)
    return Part(dataclasses.replace(SMALL, lr=lr, epochs=epochs, seed=seed), weakening, 0.5)


EPOCHS = (2, 1, 2, 2, 1, 2)  # of the teachers, and of the parts of ``small``


@pytest.fixture
def small(monkeypatch):
    """A training of little: of two teachers, then of four parts."""
    for name, value in {
        "SPEC": SMALL, "TEACHERS": (small_part(5, 2), small_part(6)),
        "PARTS": (small_part(0, 2, 0.6), small_part(1, 2), small_part(2), small_part(3, 2)),
        "DIGITS": 60, "NON_DIGITS": 20, "TURNED_ONES": 16, "VARIATIONS": 2, "AVERAGED_EVERY": 1,
        "AVERAGED_STEPS": 10, "SCRIBBLES": 18,
    }.items():  # fmt: skip
        monkeypatch.setattr(train_pretrained, name, value)


def averaged(path, epochs=99):
    """Train → the averaged network, or None if it was interrupted after that many epochs."""
    shown = []

    def show(spec, epoch):
        shown.append(epoch.validation.accuracy)
        if len(shown) == epochs:
            raise KeyboardInterrupt

    images, validation = handwriting.make(400, seed=9), handwriting.make(100, seed=8)
    try:
        return train_pretrained.train_averaged(images, validation, show, path)
    except KeyboardInterrupt:
        return None


@pytest.mark.usefixtures("small", "one_thread")
def test_a_training_interrupted_after_every_epoch_goes_on_to_the_same_weights(tmp_path):
    whole = averaged(tmp_path / "whole")
    for _ in range(sum(EPOCHS)):
        assert averaged(tmp_path / "stopped", epochs=1) is None
    resumed = averaged(tmp_path / "stopped", epochs=1)
    np.testing.assert_array_equal(whole.parameters, resumed.parameters)


@pytest.mark.usefixtures("small", "one_thread")
def test_each_part_begins_where_it_should_and_trains_on_its_images(tmp_path, monkeypatch):
    parts, augmentations = [], []
    train_part = train_pretrained.Trainer.train

    def record_part(self, spec, start, images_of):
        average = train_part(self, spec, start, images_of)
        parts.append((start, images_of(0)[0], average))
        return average

    def record(*arguments, augmentation, **options):
        augmentations.append(augmentation)
        return train(*arguments, augmentation=augmentation, **options)

    monkeypatch.setattr(train_pretrained.Trainer, "train", record_part)
    monkeypatch.setattr(train_pretrained, "train", record)
    averaged(tmp_path / "whole")

    starts, images, averages = zip(*parts, strict=True)
    assert starts[:3] == (None, None, None)
    np.testing.assert_array_equal(starts[3], averages[2])
    np.testing.assert_array_equal(starts[4], averages[3])
    np.testing.assert_array_equal(starts[5], (averages[2] + averages[4]) / 2)
    # Augmented while they train, but those of the last part before.
    assert [augmentation > 0 for augmentation in augmentations] == 8 * [True] + 2 * [False]

    counts = [len(one.labels) for one in images]
    assert counts[:2] == [400, 400], "teachers see MNIST alone"
    assert counts[2] > 400 + 60 + 20, "repeated images and synthetic drawings"
    assert all(400 + 20 < count <= 400 + 60 + 20 + 16 for count in counts[3:])
    assert [one.labels.ndim for one in images] == [1, 1, 1, 1, 1, 2]

    share, soft = train_pretrained.TEACHERS_SHARE, images[5]
    teachers = [*map(train_pretrained._network, averages[:2]), pretrained.former_network()]
    taught = np.mean([one.probabilities(soft.images[:400]) for one in teachers], axis=0)
    true = np.eye(10)[handwriting.make(400, seed=9).labels]
    np.testing.assert_allclose(soft.labels[:400], (1 - share) * true + share * taught, atol=1e-6)
    before_last = train_pretrained._network(starts[5])
    train_pretrained.calibrate(before_last, handwriting.make(100, seed=8), SMALL.augmentation)
    drawn = soft.labels[400:] - share * before_last.probabilities(soft.images[400:])
    one_true_digit = np.isclose(np.sort(drawn), [*9 * [0], 1 - share], atol=1e-6).all(axis=1)
    no_digit = np.isclose(soft.labels[400:], 0.1).all(axis=1)
    assert (one_true_digit | no_digit).all() and no_digit.sum() == 20


@pytest.mark.usefixtures("small", "one_thread")
def test_a_training_that_is_complete_is_not_repeated(tmp_path):
    whole = averaged(tmp_path / "whole")
    again = averaged(tmp_path / "whole", epochs=1)
    np.testing.assert_array_equal(whole.parameters, again.parameters)


@pytest.mark.usefixtures("small")
@pytest.mark.parametrize("content", [b"", b"nonsense" * 10])
def test_a_damaged_checkpoint_is_a_user_error(tmp_path, content):
    (tmp_path / "damaged").write_bytes(content)
    with pytest.raises(UserError, match="Delete it to start again"):
        averaged(tmp_path / "damaged")


@pytest.mark.usefixtures("small", "one_thread")
def test_a_checkpoint_of_other_settings_is_a_user_error(tmp_path, monkeypatch):
    averaged(tmp_path / "whole", epochs=1)
    monkeypatch.setattr(train_pretrained, "DIGITS", 40)
    with pytest.raises(UserError, match="other settings"):
        averaged(tmp_path / "whole")


@pytest.mark.usefixtures("small")
def test_every_epoch_has_all_images_of_the_dataset_and_its_turn_of_the_drawings():
    images = handwriting.make(50, seed=9)
    pool = train_pretrained._synthetic_drawings()
    first, second, third = (train_pretrained._epoch_images(images, pool, k) for k in range(3))
    assert len(first) == len(second) == 50 + 60 + 20
    for epoch in first, second:
        np.testing.assert_array_equal(epoch.images[:50], images.images)
        assert np.count_nonzero(epoch.labels == NO_CLASS) == 20
    assert not (first.images[50:] == second.images[50:]).all(axis=(1, 2)).any()
    np.testing.assert_array_equal(first.images, third.images)


@pytest.mark.usefixtures("small")
def test_drawings_are_varied_when_the_augmentation_to_come_is_weak():
    images = handwriting.make(50, seed=9)
    pool = (*train_pretrained._synthetic_drawings(), train_pretrained._turned_ones())
    plain, varied, again, later = (
        train_pretrained._epoch_images(images, pool, epoch, augmentation)
        for epoch, augmentation in ((0, 0.0), (0, 1.0), (0, 1.0), (2, 1.0))
    )
    np.testing.assert_array_equal(varied.images, again.images)
    np.testing.assert_array_equal(varied.labels, plain.labels)
    np.testing.assert_array_equal(varied.images[:50], images.images)
    ones = varied.images[-16:]
    np.testing.assert_array_equal(ones, plain.images[-16:], "they have their turn already")
    for other in plain, later:
        assert (varied.images[50:-16] != other.images[50:-16]).any(axis=(1, 2)).all()


def test_the_augmentation_weakens_towards_the_end():
    part = Part(dataclasses.replace(SMALL, epochs=10, augmentation=0.5), 0.6, 0.8)
    strengths = [train_pretrained._augmentation(part, epoch) for epoch in (0, 6, 8, 10)]
    assert strengths == pytest.approx([0.5, 0.5, 0.45, 0.4])
    from_the_first_on = part._replace(weakening=0.0)
    strengths = [train_pretrained._augmentation(from_the_first_on, epoch) for epoch in (0, 5, 10)]
    assert strengths == pytest.approx([0.5, 0.45, 0.4])


def test_the_learning_rate_follows_one_schedule_over_all_epochs():
    first, second, last = (train_pretrained._until(cosine, epoch, 3) for epoch in (1, 2, 3))
    assert first(0) == 1
    assert first(1) == second(0.5) == cosine(1 / 3)
    assert last(1) == cosine(1)


def test_digits_are_legible_if_their_label_is_likely_by_the_mean_of_the_judges(network, held_out):
    other = RunSpec(hidden=(64,), seed=1).build()[0]
    likelihood = np.mean(
        [
            one.probabilities(held_out.images)[np.arange(600), held_out.labels]
            for one in (network, other)
        ],
        axis=0,
    )
    expected = held_out[np.flatnonzero(likelihood >= 0.3)]
    legible = train_pretrained._legible([network, other], held_out, 0.3)
    assert 300 < len(legible) < 600
    np.testing.assert_array_equal(legible.images, expected.images)
    np.testing.assert_array_equal(legible.labels, expected.labels)


def test_soft_labels_are_partly_true_and_partly_by_those_who_know_such_images(network, monkeypatch):
    """MNIST's by the mean of the teachers, a drawing's by its teacher, no digit's by nobody."""
    teachers = [RunSpec(hidden=(64,), seed=seed).build()[0] for seed in (1, 2)]
    monkeypatch.setattr(train_pretrained, "CHUNK", 20)
    images = handwriting.make(50, seed=4)
    labels = images.labels.copy()
    labels[45:] = NO_CLASS
    given = Dataset(images.images, labels, "")
    soft = train_pretrained._softly_labeled(given, 30, teachers, network)

    share, true = train_pretrained.TEACHERS_SHARE, np.eye(10)[images.labels]
    mean = np.mean([teacher.probabilities(images.images[:30]) for teacher in teachers], axis=0)
    np.testing.assert_array_equal(soft.images, images.images)
    np.testing.assert_allclose(soft.labels[:30], (1 - share) * true[:30] + share * mean, atol=1e-6)
    drawn = network.probabilities(images.images[30:45])
    expected = (1 - share) * true[30:45] + share * drawn
    np.testing.assert_allclose(soft.labels[30:45], expected, atol=1e-6)
    np.testing.assert_allclose(soft.labels[45:], 0.1)
    assert soft.labels.dtype == np.float32


@pytest.mark.usefixtures("small")
def test_the_command_writes_the_pretrained_model(monkeypatch, tmp_path):
    monkeypatch.setattr(pretrained, "FILE", tmp_path / "made.safetensors")
    result = nn("pretrained")
    assert result.exit_code == 0, result.output
    assert [line.split(",")[0] for line in result.stdout.splitlines()[: sum(EPOCHS)]] == [
        f"epoch {epoch} of {epochs}" for epochs in EPOCHS for epoch in range(1, epochs + 1)
    ]
    network, about = weights_file.read(pretrained.FILE)
    assert network.sizes == SMALL.sizes
    assert set(about) == {"temperature", "rejection", "test_accuracy", "training"}
    assert set(about["rejection"]) == {"slope", "threshold"}
    assert not cache("pretrained-checkpoint.safetensors").exists(), "the next one starts anew"
