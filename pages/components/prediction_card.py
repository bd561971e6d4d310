"""What a network predicts for one image of the test set, as a thumbnail."""

from __future__ import annotations

from nn.analysis.predictions.predict import Predictions
from pages.common.test_set import Pictures
from pages.components.thumbnails import Thumbnail, encoded


def percent(share: float) -> str:
    """0–1 → "97.6 %"; what is not quite all or nothing never reads as if it were."""
    if 0.9995 <= share < 1:
        return "over 99.9 %"
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{share:.1%}".replace("%", " %")


def a(digit: int) -> str:
    """The digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def card(reading: Predictions, pictures: Pictures, row: int) -> Thumbnail:
    truth, answer = int(reading.labels[row]), int(reading.predicted[row])
    sure = f"confidence {percent(float(reading.confidence[row]))}"
    return Thumbnail(
        row,
        encoded(pictures.data.images[row]),
        f"{truth}, predicted {answer}",
        sure,
        f"Image {row:,}: {a(truth)}, predicted {answer}, {sure}.",
        [round(float(p), 4) for p in reading.probabilities[row]],
        truth,
        answer,
    )
