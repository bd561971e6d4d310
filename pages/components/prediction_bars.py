"""Predictions in words and as ten bars, which follow the pen: the browser has them from
pages.server.live_prediction, and those of the script while that cannot be reached."""

from __future__ import annotations

import base64

from nn.data.preprocess.pipeline import Preprocessed
from nn.models.pretrained import Prediction
from pages.components.register import component

_show = component("prediction_bars")


def prediction_bars(
    prediction: Prediction,
    preprocessed: Preprocessed,
    drawing_id: int,
    image_id: int,
    strokes: int,
    has_ink: bool,
    model: tuple[str, int | None],
    show_input: bool,
    key: str,
    compact: bool = False,
) -> None:
    """drawing_id: of the drawing, or 0; image_id: of the image under it; strokes: of the
    drawing; has_ink: whether there are strokes or an image; model: a run and its step,
    None: the newest one of a run in training; show_input: show the network's input, too; compact:
    one of many."""
    run_id, step = model
    data = {
        "probabilities": prediction.probabilities.tolist(),
        "rejected": prediction.rejected,
        "problem": preprocessed.problem,
        "input": base64.b64encode(preprocessed.image.tobytes()).decode(),
        "show_input": show_input,
        "compact": compact,
        "drawing": drawing_id,
        "image": image_id,
        "strokes": strokes,
        "has_ink": has_ink,
        "model": [run_id, step],
        "run": run_id if step is None else None,
    }
    _show(key=key, data=data)
