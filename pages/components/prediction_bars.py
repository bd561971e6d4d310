"""A prediction in words and as ten probabilities, changed in place after each stroke."""

from __future__ import annotations

import base64

from nn.layers import Array
from nn.models.pretrained import Prediction
from pages.components import prediction_text
from pages.components.register import component
from pages.server import plotly_asset

_show = component("prediction_bars", isolate_styles=False)


def prediction_bars(
    prediction: Prediction, blank: bool, image: Array | None, strokes: int, turn: int, key: str
) -> None:
    """blank: there was nothing to predict; image: (28, 28) uint8 to show beside the bars; strokes:
    of the drawing; turn: counts the predictions of this session."""
    title, caption = prediction_text.title_and_caption(prediction, blank)
    data = {
        "title": title,
        "caption": caption,
        "probabilities": prediction.probabilities.tolist(),
        "image": None if image is None else base64.b64encode(image.tobytes()).decode(),
        "strokes": strokes,
        "turn": turn,
        "plotly": plotly_asset.PLOTLY_URL,
    }
    _show(key=key, data=data)
