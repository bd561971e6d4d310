"""Advice: what to try next follows from how a run went."""

from __future__ import annotations

import dataclasses

import pytest

from nn.runs.advice import advice
from nn.runs.spec import RunSpec
from nn.runs.store.run import State
from nn.runs.worker.loop import work

GOOD = [0.30, 0.20, 0.15]  # validation losses that are still falling
FLAT = [0.30, 0.20, 0.199]
WORSE = [0.30, 0.20, 0.25]


@pytest.fixture
def ended(store, quick):
    def end(losses, accuracies, spec=quick, state=State.FINISHED, train_accuracy=None):
        run = dataclasses.replace(store.run(store.create(spec).id), state=state)
        epochs = [
            {
                "epoch": n,
                "train_loss": loss or 0.3,
                "val_loss": loss,
                "val_accuracy": accuracy,
                "test_accuracy": accuracy,
                "train_accuracy": train_accuracy,
            }
            for n, (loss, accuracy) in enumerate(zip(losses, accuracies, strict=True), 1)
        ]
        return advice(run, epochs)

    return end


def test_the_best_epoch_is_chosen_by_validation_accuracy(ended):
    assert "Best after epoch 2: 97.0 % accuracy on the validation set" in ended(
        WORSE, [0.9, 0.97, 0.96]
    )


def test_without_a_validation_set_the_test_set_decides(ended):
    assert "96.0 % accuracy on the test set" in ended([None, None], [0.9, 0.96])


@pytest.mark.parametrize(
    "losses, accuracies, changes, advice",
    [
        (GOOD, [0.1, 0.2, 0.3], {}, "That is low"),
        (GOOD, [0.1, 0.2, 0.3], {"hidden": (1,)}, "only 1 neuron"),
        (GOOD, [0.8, 0.85, 0.93], {"hidden": (128, 8)}, "narrowest layer has only 8 neurons"),
        (GOOD, [0.6, 0.7, 0.8], {"lr": 1e-3}, "0.001 is too low"),
        (GOOD, [0.6, 0.7, 0.8], {"dropout": 0.9}, "Dropout 0.9"),
        (GOOD, [0.9, 0.95, 0.96], {}, "more epochs"),
        (WORSE, [0.9, 0.96, 0.95], {}, "Overfitting after epoch 2"),
        (FLAT, [0.9, 0.91, 0.91], {"hidden": ()}, "hidden layer"),
        (FLAT, [0.9, 0.97, 0.97], {"hidden": (8,)}, "augmentation 1"),
        (FLAT, [0.9, 0.97, 0.97], {"hidden": (8,), "augmentation": 1.0}, "wider layers"),
        ([0.3], [0.9], {"hidden": (32,)}, "augmentation 1"),
    ],
)
def test_advice_follows_from_losses_accuracies_and_settings(
    ended, losses, accuracies, changes, advice
):
    assert advice in ended(losses, accuracies, dataclasses.replace(RunSpec(), **changes))


def test_a_stopped_run_can_be_resumed_and_an_active_run_gets_no_advice(ended):
    assert ended(GOOD, [0.9, 0.9, 0.9], state=State.STOPPED).endswith("Resume continues from here.")
    assert "during its first epoch" in ended([], [], state=State.STOPPED)
    assert ended(GOOD, [0.9, 0.9, 0.9], state=State.RUNNING) == ""


def test_overfitting_is_seen_in_the_accuracies_and_its_cure_is_one_that_is_not_tried_yet(ended):
    spec = RunSpec(train_size=500, augmentation=1.0, dropout=0.1)
    text = ended(FLAT, [0.8, 0.87, 0.87], spec, train_accuracy=1.0)
    assert (
        "it gets 100.0 % of the training images right, but only 87.0 % of the validation images"
        in text
    )
    assert text.endswith("Try more training images.")


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize(
    "changes, cause",
    [
        ({"hidden": (1,)}, "only 1 neuron"),
        ({"hidden": (2,), "activation": "tanh"}, "only 2 neurons"),
        ({"hidden": (128, 4)}, "only 4 neurons"),
        ({"lr": 1e-4}, "The learning rate 0.0001 is too low"),
        ({"lr": 1e-6, "optimizer": "adam"}, "The learning rate 1e-06 is too low"),
        ({"lr": 10.0}, "the ReLU neurons died"),
        ({"lr": 1.0, "optimizer": "adam"}, "the ReLU neurons died"),
        ({"lr": 10.0, "activation": "sigmoid"}, "The learning rate 10 is too high"),
        ({"train_size": 200, "epochs": 20}, "Overfitting"),
        ({"dropout": 0.95}, "Dropout 0.95"),
    ],
)
def test_advice_names_the_cause_that_a_real_run_was_given(store, changes, cause):
    spec = dataclasses.replace(
        RunSpec(hidden=(64,), dataset="strokes", train_size=4000, epochs=4), **changes
    )
    run = store.create(spec)
    for _ in work(store, run.id):
        pass
    run = store.run(run.id)
    assert run.state is State.FINISHED
    assert cause in advice(run, store.epochs(run.id))


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_run_that_diverges_is_told_to_lower_its_learning_rate(store):
    run = store.create(RunSpec(hidden=(64,), dataset="strokes", lr=1000.0))
    for _ in work(store, run.id):
        pass
    run = store.run(run.id)
    assert run.state is State.DIVERGED
    assert "learning rate well below 1000" in run.message
