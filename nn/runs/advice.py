"""Advice: the result of a run that has ended, and what to try next."""

from __future__ import annotations

from typing import Any

from nn.runs.store.run import Run, State

OVERFIT_RATIO = 1.1  # of the last validation loss to the lowest: above it the run has overfitted
STILL_IMPROVING = 0.02  # fall of the validation loss in the last epoch: more epochs would help
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
    if accuracy is not None and accuracy < 0.5:
        return "That is low. Try a learning rate ten times lower, then one ten times higher."
    if None not in losses and len(losses) > 1:
        if losses[-1] > OVERFIT_RATIO * min(losses):
            epoch = epochs[losses.index(min(losses))]["epoch"]
            return (
                f"Overfitting after epoch {epoch}: the network memorized the training images, and "
                "the validation loss rose. Try augmentation 1 or dropout 0.2."
            )
        if losses[-1] < (1 - STILL_IMPROVING) * losses[-2]:
            return "The validation loss was still falling: try more epochs."
    if spec.init_from:
        return "Test it with a drawing on the Draw page."
    if not spec.hidden:
        return "Try a hidden layer: it can learn parts of digits, such as strokes."
    if not spec.augmentation:
        return "For higher accuracy, try augmentation 1 with more epochs, or wider layers."
    return "Try wider layers, or test it with a drawing on the Draw page."
