"""The way there: from what was written to what the network sees, in small pictures."""

from __future__ import annotations

from nn.data.preprocess.pipeline import Preprocessed
from pages.components.image_gallery import Group, drawing_image, image_gallery, network_input

SIZE = 112  # pixels of the page

STEPS = {
    "found": ("Drawn", "The ink, without paper, shadows and lines."),
    "cropped": ("Cut out", "Nothing but the digit: wherever it was, it counts the same."),
    "weighed": ("Scaled", "Fitted into 20 × 20 pixels, its strokes neither too thin nor too fat."),
    "centered": ("Centered", "The middle of its ink (center of mass) in the middle of 28 × 28."),
}


def show(seen: Preprocessed, key: str) -> None:
    groups = [
        Group([drawing_image(seen.steps[name], title)], f"{number}. {title}", note)
        for number, (name, (title, note)) in enumerate(STEPS.items(), 1)
        if name in seen.steps
    ]
    last = f"{len(groups) + 1}. What it sees"
    note = "784 numbers, one a pixel, from 0 (black) to 255: all that the network is given."
    image_gallery(
        [*groups, Group([network_input(seen.image, last)], last, note)], SIZE, key, wide=True
    )
