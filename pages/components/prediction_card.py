"""What a model predicts for one image of a test set, as a thumbnail."""

from __future__ import annotations

from nn.analysis.predictions.predict import Predictions
from pages.common.test_set import Pictures
from pages.components.thumbnails import Thumbnail, encoded


def percent(share: float) -> str:
    """0–1 → "97.6 %"; a share that is not quite 0 or 1 never shows as "0.0 %" or "100.0 %"."""
    if 0.9995 <= share < 1:
        return "over 99.9 %"
    if 0 < share < 0.0005:
        return "under 0.1 %"
    return f"{share:.1%}".replace("%", " %")


def a(digit: int) -> str:
    """The digit with its article."""
    return f"an {digit}" if digit == 8 else f"a {digit}"


def thumbnail(predictions: Predictions, images: Pictures, row: int) -> Thumbnail:
    label, predicted = int(predictions.labels[row]), int(predictions.predicted[row])
    confidence = percent(float(predictions.confidence[row]))
    return Thumbnail(
        row,
        encoded(images.data.images[row]),
        f"{label}, predicted {predicted}",
        confidence,
        f"Image {row:,}: {a(label)}, predicted {predicted}, confidence {confidence}.",
        [round(float(p), 4) for p in predictions.probabilities[row]],
        label,
        predicted,
    )
