"""Advice: the result of a run that has ended, and what to try next."""

from __future__ import annotations

import math
from typing import Any

from nn.runs.spec import RunSpec
from nn.runs.store.run import Run, State

OVERFIT_RATIO = 1.1  # of the last validation loss to the lowest: above it the run has overfitted
OVERFIT_GAP = 0.05  # of the accuracy on training images to that on others: likewise
STILL_IMPROVING = 0.02  # fall of the validation loss in the last epoch: more epochs would help
FEW_NEURONS = 16  # in the narrowest hidden layer: the bottleneck below CAPACITY accuracy
CAPACITY = 0.95
GUESSING = math.log(10)  # cross-entropy of the same probability for every digit
USUAL_LR = 1e-3  # of Adam and RMSprop; of SGD it is 1, divided by what momentum adds up
LOW, HIGH = 0.1, 1.5  # learning rates, relative to the usual one, that explain a poor result
POOR = 0.9  # accuracy: below it a learning rate is suspected
CONTINUE = "Resume continues from here."


def advice(run: Run, epochs: list[dict[str, Any]]) -> str:
    """Two or three sentences for a run that has finished or was stopped; "" for any other.

    epochs: the complete ones, as from RunStore.epochs.
    """
    if run.state not in (State.FINISHED, State.STOPPED):
        return ""
    if not epochs:
        return f"Stopped during its first epoch. {CONTINUE}"
    key, images = "val_accuracy", "validation set"
    if epochs[0]["val_loss"] is None:
        key, images = "test_accuracy", "test set"
    best = max(epochs, key=lambda epoch: epoch[key] or 0.0)
    accuracy, result = best[key], ""
    if accuracy is not None:
        percent = f"{100 * accuracy:.1f} %"
        result = f"Best after epoch {best['epoch']}: {percent} accuracy on the {images}. "
    if run.state is State.STOPPED:
        return result + CONTINUE
    return result + _next(run, epochs, accuracy)


def _next(run: Run, epochs: list[dict[str, Any]], accuracy: float | None) -> str:
    spec, losses = run.spec, [epoch["val_loss"] for epoch in epochs]
    if cause := _overfitting(spec, epochs) or _underfitting(spec, epochs, accuracy):
        return cause
    if None not in losses and len(losses) > 1 and losses[-1] < (1 - STILL_IMPROVING) * losses[-2]:
        return "The validation loss was still falling: try more epochs."
    if spec.init_from:
        return "Test it with a drawing on the Draw page."
    if not spec.hidden:
        return "Try a hidden layer: it can learn parts of digits, such as strokes."
    if not spec.augmentation:
        return "For higher accuracy, try augmentation 1 with more epochs, or wider layers."
    return "Try wider layers, or test it with a drawing on the Draw page."


def _overfitting(spec: RunSpec, epochs: list[dict[str, Any]]) -> str:
    """What to do about it, "" if there is none."""
    losses, last = [epoch["val_loss"] for epoch in epochs], epochs[-1]
    held_out, images = last["val_accuracy"], "validation images"
    if held_out is None:
        held_out, images = last["test_accuracy"], "test images"
    training, best, figures = last["train_accuracy"], None, ""
    if None not in losses and losses[-1] > OVERFIT_RATIO * min(losses):
        best = epochs[losses.index(min(losses))]["epoch"]
    if training is not None and held_out is not None and training - held_out > OVERFIT_GAP:
        figures = (
            f": it gets {100 * training:.1f} % of the training images right, but only "
            f"{100 * held_out:.1f} % of the {images}"
        )
    if not figures and best is None:
        return ""
    after = f"Overfitting after epoch {best}" if best else "Overfitting"
    rose = ", and the validation loss rose" if best else ""
    cures = [
        cure
        for cure, possible in (
            ("augmentation 1", not spec.augmentation),
            ("dropout 0.2", spec.hidden and not spec.dropout),
            ("more training images", spec.train_size),
        )
        if possible
    ]
    *others, last_cure = cures or ["narrower layers"]
    cure = " or ".join(filter(None, (", ".join(others), last_cure)))
    return f"{after}: the network memorized the training images{figures}{rose}. Try {cure}."


def _underfitting(spec: RunSpec, epochs: list[dict[str, Any]], accuracy: float | None) -> str:
    """Why even the training images are classified badly, and what to do; "" if they are not."""
    if accuracy is None or accuracy >= CAPACITY:
        return ""
    narrowest = min(spec.hidden, default=FEW_NEURONS)
    if narrowest < FEW_NEURONS:
        neurons = "1 neuron" if narrowest == 1 else f"{narrowest} neurons"
        layer = "The hidden layer has" if len(spec.hidden) == 1 else "The narrowest layer has"
        return (
            f"{layer} only {neurons}, too few to tell ten digits apart, however long the network "
            "trains. Try 32 or more."
        )
    if accuracy >= POOR:
        return ""
    usual = USUAL_LR if spec.optimizer != "sgd" else 1 - spec.momentum
    if spec.lr < LOW * usual:
        return (
            f"The learning rate {spec.lr:g} is too low: the loss fell in small steps and was far "
            f"from its minimum at the end. Try {10 * spec.lr:g}."
        )
    losses = [epoch["train_loss"] for epoch in epochs]
    is_softmax = spec.loss == "cross_entropy" and spec.output == "softmax"
    if spec.lr > HIGH * usual and (accuracy < 0.5 or (is_softmax and losses[0] > GUESSING)):
        lower = f"Try {spec.lr / 10:g}."
        if is_softmax and spec.activation == "relu" and abs(losses[-1] - GUESSING) < 0.03:
            return (
                f"The learning rate {spec.lr:g} is too high: the first steps overshot so far that "
                "the ReLU neurons died: they output 0 for every image and no longer learn. " + lower
            )
        return (
            f"The learning rate {spec.lr:g} is too high: the steps overshoot the minimum of the "
            "loss. " + lower
        )
    if spec.dropout > 0.5:
        return f"Dropout {spec.dropout:g} switches off too many neurons. Try 0.2."
    if accuracy < 0.5:
        return "That is low. Try a learning rate ten times lower, then one ten times higher."
    return ""
