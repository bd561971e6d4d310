from __future__ import annotations

import threading
from dataclasses import dataclass, field
from itertools import islice
from time import sleep

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from nn.data.dataset import Dataset
from nn.losses import LOSSES, cross_entropy
from nn.metrics import evaluate
from nn.models import checkpoint
from nn.network import Network, as_input
from nn.optimizers import OPTIMIZERS, Sgd
from nn.runs.spec import RunSpec
from nn.schedules import cosine
from nn.training import TRAINING_SAMPLE, Epoch, Step, TrainingState, train

pytestmark = pytest.mark.usefixtures("one_thread")


class WatchedNetwork(Network):
    """Keeps every batch that it is trained on."""

    def __init__(self, *args):
        super().__init__(*args)
        self.seen: list[np.ndarray] = []

    def forward(self, x, workspace):
        self.seen.append(x.copy())
        return super().forward(x, workspace)


@dataclass
class Training:
    """A small training; ``events()`` starts it."""

    dataset: Dataset
    epochs: int = 3
    batch_size: int = 5
    seed: int = 7
    hidden: int = 8
    network: WatchedNetwork = field(init=False)
    sgd: Sgd = field(init=False)

    def __post_init__(self) -> None:
        self.network = WatchedNetwork((self.dataset.images[0].size, self.hidden, 10))
        self.network.initialize("he", np.random.default_rng(self.seed))
        self.sgd = Sgd(len(self.network.parameters), lr=0.02, momentum=0.9)

    def events(self, loss=cross_entropy, **options):
        options = {
            "epochs": self.epochs, "batch_size": self.batch_size, "seed": self.seed
        } | options  # fmt: skip
        return train(self.network, loss, self.sgd, self.dataset, **options)


def without_times(events):
    return [
        event._replace(images_per_second=0, seconds=0) if isinstance(event, Epoch) else event
        for event in events
    ]


def of(kind, events):
    return [event for event in events if isinstance(event, kind)]


@pytest.mark.parametrize("loss", LOSSES.values(), ids=LOSSES)
def test_twenty_images_are_memorized(noise, loss):
    twenty = noise(20)
    training = Training(twenty, epochs=60, hidden=64)

    last = list(training.events(loss=loss, test=twenty, lr_schedule=cosine))[-1]

    assert last.test.accuracy == 1
    assert last.train_loss < 0.05


def test_the_same_seed_gives_the_same_history_bit_for_bit(noise):
    ours, again = Training(noise(23)), Training(noise(23))
    assert without_times(ours.events()) == without_times(again.events())
    assert ours.network.parameters.tobytes() == again.network.parameters.tobytes()

    other = Training(noise(23))
    assert without_times(other.events(seed=8)) != without_times(Training(noise(23)).events())


@example(count=23, batch=5, stop=5)  # after the last batch of an epoch, before its Epoch
@example(count=23, batch=5, stop=6)  # after an Epoch
@example(count=23, batch=5, stop=0)
@given(count=st.integers(1, 25), batch=st.integers(1, 12), stop=st.integers(0, 80))
def test_a_training_resumed_anywhere_equals_the_uninterrupted_one(noise, count, batch, stop):
    dataset, validation = noise(count, side=4), noise(6, seed=1, side=4)
    options = {"seed": 7, "lr_schedule": cosine, "validation": validation}
    whole = Training(dataset, batch_size=batch)
    expected = without_times(whole.events(**options))
    stop %= len(expected) + 1

    before, state = Training(dataset, batch_size=batch), TrainingState()
    events = list(islice(before.events(state=state, **options), stop))
    saved = checkpoint.pack(before.network.parameters, before.sgd, state)
    after = Training(dataset, batch_size=batch, seed=99)  # other parameters, another learning rate
    after.sgd.lr = 5.0
    state = checkpoint.unpack(saved, after.network.parameters, after.sgd, after.network.sizes)
    events += after.events(state=state, **options)

    assert without_times(events) == expected
    assert after.network.parameters.tobytes() == whole.network.parameters.tobytes()


@given(count=st.integers(1, 40), batch=st.integers(1, 12))
def test_every_epoch_uses_every_image_once_with_its_label(count, batch):
    number = np.arange(count, dtype=np.uint8)
    numbered = Dataset(np.stack([number, 255 - number], axis=1), number % 10, "numbered")
    training, labels = Training(numbered, batch_size=batch), []

    def watched(output, z, batch_labels, dz):
        labels.append(batch_labels.copy())
        return cross_entropy(output, z, batch_labels, dz)

    list(training.events(loss=watched))

    used = np.rint(np.concatenate(training.network.seen, axis=1)[0] * 255).astype(int)
    np.testing.assert_array_equal(np.concatenate(labels), used % 10)
    epochs = used.reshape(3, count)
    np.testing.assert_array_equal(np.sort(epochs, axis=1), [number] * 3)
    if count > 20:
        assert len({tuple(epoch) for epoch in epochs}) == 3, "each epoch has its own order"


def test_training_and_prediction_scale_images_alike():
    images = np.arange(256, dtype=np.uint8).reshape(1, 16, 16)
    training = Training(Dataset(images, np.zeros(1, np.uint8), "one"), epochs=1)

    list(training.events())

    np.testing.assert_array_equal(training.network.seen[0], as_input(images), strict=True)


@pytest.mark.parametrize("count, batch", [(23, 5), (20, 5), (3, 8)])
def test_events_count_steps_samples_and_epochs_and_average_the_losses(noise, count, batch):
    training = Training(noise(count, side=4), batch_size=batch)
    state = TrainingState()

    events = list(training.events(state=state))

    sizes = [min(batch, count - start) for start in range(0, count, batch)] * 3
    steps, epochs = of(Step, events), of(Epoch, events)
    assert [step.step for step in steps] == list(range(1, len(sizes) + 1))
    assert [step.samples_seen for step in steps] == np.cumsum(sizes).tolist()
    per_epoch = len(sizes) // 3
    kinds = [type(event) for event in events]
    assert kinds == ([Step] * per_epoch + [Epoch]) * 3
    losses = np.array([step.loss for step in steps]).reshape(3, -1)
    for number, epoch in enumerate(epochs, start=1):
        assert epoch[:3] == (number, number * per_epoch, number * count)
        mean = np.average(losses[number - 1], weights=sizes[:per_epoch])
        assert epoch.train_loss == pytest.approx(mean)
    assert state.step == len(sizes)


def test_seconds_and_images_per_second_agree(noise):
    epochs = of(Epoch, Training(noise(23, side=4)).events())

    took = np.diff([0] + [epoch.seconds for epoch in epochs])
    assert [23 / epoch.images_per_second for epoch in epochs] == pytest.approx(took.tolist())


def test_a_batch_loss_is_taken_before_the_update(noise):
    training = Training(noise(20))
    untrained = evaluate(training.network, cross_entropy, *_arrays(training.dataset))

    first = next(training.events(batch_size=20))

    assert first.loss == pytest.approx(untrained.loss)


def test_an_epochs_scores_are_those_of_the_network_then_and_none_for_an_empty_set(noise):
    training, test = Training(noise(23)), noise(11, seed=1)
    epochs = 0
    for event in training.events(test=test, validation=test[:0]):
        if isinstance(event, Epoch):
            epochs += 1
            assert event.test == evaluate(training.network, cross_entropy, *_arrays(test))
            assert event.validation is None
    assert epochs == 3


def test_the_schedule_receives_the_share_of_completed_steps(noise):
    received = []
    training = Training(noise(23, side=4))

    list(training.events(lr_schedule=lambda progress: received.append(progress) or 0.0))

    assert received == pytest.approx([step / 15 for step in range(15)])
    untrained = Training(noise(23, side=4)).network.parameters
    np.testing.assert_allclose(
        training.network.parameters, untrained, rtol=0, atol=1e-25, err_msg="a factor of 0"
    )


def test_the_learning_rate_may_change_between_two_events(noise):
    training = Training(noise(23, side=4))
    events = training.events()
    next(events)
    before = training.network.parameters.copy()

    training.sgd.lr = 0.0
    next(events)

    np.testing.assert_allclose(training.network.parameters, before, rtol=0, atol=1e-25)


def test_prediction_in_another_thread_changes_nothing(noise):
    dataset, images = noise(200), noise(9, seed=1).images
    quiet, disturbed = Training(dataset, hidden=16), Training(dataset, hidden=16)
    expected = without_times(quiet.events())
    done, predictions = threading.Event(), []

    def predict() -> None:
        while not done.is_set():
            predictions.append(disturbed.network.probabilities(images))

    predicting = threading.Thread(target=predict)

    def interrupted(*batch) -> float:
        """Between forward and backward at least one whole prediction is made."""
        enough = len(predictions) + 2
        while len(predictions) < enough and predicting.is_alive():
            sleep(0)
        return cross_entropy(*batch)

    predicting.start()
    try:
        events = without_times(disturbed.events(loss=interrupted))
    finally:
        done.set()
        predicting.join()

    assert events == expected
    assert disturbed.network.parameters.tobytes() == quiet.network.parameters.tobytes()
    assert len(predictions) >= 2 * len(of(Step, events)), "prediction stopped before training did"


def _arrays(dataset: Dataset) -> tuple[np.ndarray, np.ndarray]:
    return dataset.images, dataset.labels


def test_the_smoothed_loss_is_a_running_mean_over_about_a_thousand_images(noise):
    network = Network((784, 10))
    sgd = Sgd(len(network.parameters), 0.01)
    steps = [
        event
        for event in train(network, cross_entropy, sgd, noise(50), epochs=4, batch_size=25, seed=0)
        if isinstance(event, Step)
    ]
    expected = steps[0].loss
    for step in steps:
        expected += (step.loss - expected) * 25 / 1000
        assert step.smoothed_loss == expected


@pytest.mark.parametrize("augmentation", [0, 1])
@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_every_optimizer_resumes_as_if_never_interrupted(noise, optimizer, augmentation):
    spec = RunSpec(hidden=(8, 6), optimizer=optimizer, lr=0.01, weight_decay=0.01, dropout=0.3)
    dataset, validation = noise(30), noise(8, seed=1)

    def begin(state):
        network, loss, sgd = spec.build()
        events = train(
            network, loss, sgd, dataset, epochs=3, batch_size=7, seed=0, clip_norm=0.5,
            validation=validation, augmentation=augmentation, state=state,
        )  # fmt: skip
        return network, sgd, events

    whole, _, events = begin(None)
    expected = without_times(events)
    state = TrainingState()
    before, sgd, events = begin(state)
    seen = list(islice(events, 8))
    saved = checkpoint.pack(before.parameters, sgd, state)
    state = TrainingState()
    after, sgd, events = begin(state)
    state.__dict__.update(checkpoint.unpack(saved, after.parameters, sgd, after.sizes).__dict__)
    assert without_times([*seen, *events]) == expected
    assert after.parameters.tobytes() == whole.parameters.tobytes()


def test_augmented_images_differ_in_every_epoch(noise):
    training = Training(noise(20), epochs=2, batch_size=20)
    of(Epoch, training.events(augmentation=1.0))
    first, second = (x.T for x in training.network.seen)
    assert first.min() >= 0 and first.max() <= 1
    for row in first:
        assert np.abs(second - row).max(axis=1).min() > 0.1  # none is used twice


def test_training_stops_after_so_many_epochs_without_a_lower_validation_loss(noise):
    """With random labels, memorizing the training images makes the validation loss worse."""
    training = Training(noise(30), epochs=200, hidden=32)
    epochs = of(Epoch, training.events(validation=noise(30, seed=1), early_stopping_patience=3))
    losses = [epoch.validation.loss for epoch in epochs]
    best = int(np.argmin(losses))
    assert len(epochs) == best + 1 + 3 < 200


def test_without_validation_images_early_stopping_does_nothing(noise):
    epochs = of(Epoch, Training(noise(5), epochs=20).events(early_stopping_patience=1))
    assert len(epochs) == 20


def test_the_gradient_is_clipped_before_the_update(noise):
    training = Training(noise(10), batch_size=10)
    before = training.network.parameters.copy()
    training.sgd.lr = 1.0
    next(iter(training.events(clip_norm=1e-3)))
    moved = np.linalg.norm(training.network.parameters - before)
    assert moved == pytest.approx(1e-3, rel=0.01)


def test_training_accuracy_is_measured_on_a_sample_without_dropout_and_augmentation(noise):
    data = noise(3000)
    network = Network((784, 16, 10), dropout=0.5)
    network.initialize("he", np.random.default_rng(0))
    optimizer, loss = Sgd(len(network.parameters), 0.1), LOSSES["cross_entropy"]
    events = train(
        network, loss, optimizer, data, epochs=1, batch_size=500, seed=0, augmentation=1.0
    )
    *_, epoch = events
    rows = np.linspace(0, 2999, TRAINING_SAMPLE).round().astype(int)
    score = evaluate(network, loss, data.images[rows], data.labels[rows])
    assert epoch.train_accuracy == score.accuracy
