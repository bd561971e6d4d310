"""What a model predicts for one image of a test set, as a thumbnail."""

from __future__ import annotations

from nn.analysis.predictions.predict import Predictions
from pages.common.numbers import percent
from pages.common.test_set import ImageSet
from pages.common.text import with_article
from pages.components.thumbnails import Thumbnail, encoded


def thumbnail(predictions: Predictions, images: ImageSet, row: int) -> Thumbnail:
    label, predicted = int(predictions.labels[row]), int(predictions.predicted[row])
    confidence = percent(float(predictions.confidence[row]))
    return Thumbnail(
        row,
        encoded(images.data.images[row]),
        f"{label}, predicted {predicted}",
        confidence,
        f"Image {row:,}: {with_article(label)}, predicted {predicted}, confidence {confidence}.",
        [round(float(p), 4) for p in predictions.probabilities[row]],
        label,
        predicted,
    )
