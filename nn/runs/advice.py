"""Summary: what came of a run that has ended, and what to try next."""

from __future__ import annotations

from typing import Any

from nn.runs.store.run import Run, State

BY_HEART = 1.1  # the validation loss has risen to so many times its lowest: learning by heart
STILL_FALLING = 0.02  # the share by which it fell in the last epoch: more epochs would help


def advice(run: Run, epochs: list[dict[str, Any]]) -> str:
    """Two or three sentences for a run that has finished or was stopped; "" for any other.

    epochs: the complete ones, as RunStore.epochs gives them.
    """
    if run.state not in (State.FINISHED, State.STOPPED):
        return ""
    if not epochs:
        return "It was stopped within its first epoch. Resume goes on from here."
    what, of = (
        ("val", "digits it held out")
        if epochs[0]["val_loss"] is not None
        else ("test", "test digits")
    )
    best = max(epochs, key=lambda epoch: epoch[f"{what}_accuracy"] or 0.0)
    accuracy = best[f"{what}_accuracy"]
    found = ""
    if accuracy is not None:
        found = f"Best after epoch {best['epoch']}: {100 * accuracy:.1f} % of the {of} read right. "
    if run.state is State.STOPPED:
        return found + "Resume goes on from here."
    return found + _advice(run, epochs, accuracy)


def _advice(run: Run, epochs: list[dict[str, Any]], accuracy: float | None) -> str:
    spec, losses = run.spec, [epoch["val_loss"] for epoch in epochs]
    if accuracy is not None and accuracy < 0.5:
        return "That is little: try a tenth of the learning rate, then ten times as much."
    if None not in losses and len(losses) > 1:
        if losses[-1] > BY_HEART * min(losses):
            where = epochs[losses.index(min(losses))]["epoch"]
            return (
                f"After epoch {where} it learned its digits by heart: try augmentation 1, or "
                "dropout 0.2."
            )
        if losses[-1] < (1 - STILL_FALLING) * losses[-2]:
            return "It was still getting better: try more epochs."
    if spec.init_from:
        return "Draw a digit for it on the Draw page."
    if not spec.hidden:
        return "Try a hidden layer: it can learn strokes and not only whole digits."
    if not spec.augmentation:
        return "Try augmentation 1 with more epochs, or wider layers, to get further."
    return "Try wider layers, or draw a digit for it on the Draw page."
