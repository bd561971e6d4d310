"""Advice: what to try next follows from how a run went."""

from __future__ import annotations

import dataclasses

import pytest

from nn.runs.advice import advice
from nn.runs.spec import RunSpec
from nn.runs.store.run import State

GOOD = [0.30, 0.20, 0.15]  # validation losses that are still falling
FLAT = [0.30, 0.20, 0.199]
WORSE = [0.30, 0.20, 0.25]


@pytest.fixture
def ended(store, quick):
    def end(losses, accuracies, spec=quick, state=State.FINISHED):
        run = dataclasses.replace(store.run(store.create(spec).id), state=state)
        epochs = [
            {"epoch": n, "val_loss": loss, "val_accuracy": accuracy, "test_accuracy": accuracy}
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
        (GOOD, [0.1, 0.2, 0.3], {}, "learning rate"),
        (GOOD, [0.9, 0.95, 0.96], {}, "more epochs"),
        (WORSE, [0.9, 0.96, 0.95], {}, "Overfitting after epoch 2"),
        (FLAT, [0.9, 0.91, 0.91], {"hidden": ()}, "hidden layer"),
        (FLAT, [0.9, 0.97, 0.97], {"hidden": (8,)}, "augmentation 1"),
        (FLAT, [0.9, 0.97, 0.97], {"hidden": (8,), "augmentation": 1.0}, "wider layers"),
        ([0.3], [0.9], {"hidden": (8,)}, "augmentation 1"),
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
