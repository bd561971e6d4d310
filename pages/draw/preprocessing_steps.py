"""Preprocessing steps: from the drawing to the network's input, as small images."""

from __future__ import annotations

from nn.data.preprocess.pipeline import Preprocessed
from pages.components.image_gallery import Group, drawing_image, image_gallery, network_input

SIZE = 112  # pixels on the page

STEPS = {
    "foreground": ("Foreground", "The strokes only, without paper, shadows or ruled lines."),
    "crop": ("Crop", "Cropped to the digit, so its position does not matter."),
    "stroke_width": (
        "Scale and stroke width",
        "Scaled to fit 20 × 20 pixels, with typical stroke width.",
    ),
    "center_of_mass": ("Center of mass", "Moved to the center of the 28 × 28 image."),
}


def show(preprocessed: Preprocessed) -> None:
    groups = [
        Group([drawing_image(preprocessed.steps[name], title)], f"{number}. {title}", note)
        for number, (name, (title, note)) in enumerate(STEPS.items(), 1)
        if name in preprocessed.steps
    ]
    title = f"{len(groups) + 1}. Input image"
    note = "784 pixels from 0 (black) to 255 (white): all the network sees."
    groups.append(Group([network_input(preprocessed.image, title)], title, note))
    image_gallery(groups, SIZE, "preprocessing steps", wide=True)
