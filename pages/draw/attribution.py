"""Attribution: how much each pixel and each neuron contributed to the score of a digit."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn import IMAGE_SIDE
from nn.analysis.predictions.attribution import Attribution, attribution
from nn.layers import Array
from nn.network import layer_views
from pages.common.model_picker import Model
from pages.common.text import note
from pages.components.image_gallery import Group, drawing_image, image_gallery, signed
from pages.draw import state as draw_state

LARGE, SMALL = 224, 60  # pixels on the page
MAX_NEURONS = 6
FULL_COLOR_QUANTILE = 0.98  # stronger attributions have the full color
PIECEWISE_LINEAR = ("relu", "leaky_relu")  # activations for which input × gradient is exact


def show(image: Array, model: Model, predicted: int) -> None:
    """image: (28, 28) uint8, the network's input."""
    if draw_state.explained() != (image.tobytes(), predicted):
        draw_state.explain(image.tobytes(), predicted)  # until the visitor chooses another digit
    digit = (
        st.segmented_control(
            "Score of digit",
            range(10),
            required=True,
            key=draw_state.EXPLAINED_DIGIT,
            width="content",
            help="Shows what raised or lowered the score of this digit.",
        )
        or 0
    )
    found = attribution(model.network, image)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _pixels(found, digit, model, image)
    with right:
        _neurons(found, digit, model, image)


def _pixels(found: Attribution, digit: int, model: Model, image: Array) -> None:
    st.markdown(f"**Attribution of digit {digit}, by pixel**")
    values = found.pixels[digit]
    drawn = found.pixels[:, image > 0]
    full_color = float(np.quantile(np.abs(drawn), FULL_COLOR_QUANTILE)) if drawn.size else 1.0
    is_exact = model.network.activation in PIECEWISE_LINEAR
    explanation = (
        f"Blue pixels raise the score of {digit}, red ones lower it. All pixels together "
        f"{_score(values.sum())}, {'biases' if is_exact else 'remainder'} "
        f"{_score(found.intercept[digit])}: score (logit) {_score(found.logits[digit])}."
    )
    image_gallery(
        [Group([signed(values, f"Attribution of digit {digit}", full_color)], "", explanation)],
        LARGE,
        "pixel attribution",
    )
    note(
        "Input × gradient: each pixel’s brightness times how much the score changes with it. "
        + (
            "With ReLU, the sum is exact."
            if is_exact
            else "With other activation functions, this is an approximation."
        )
    )


def _neurons(found: Attribution, digit: int, model: Model, image: Array) -> None:
    contributions = found.contributions[digit]
    order = np.argsort(-np.abs(contributions), kind="stable")[:MAX_NEURONS]
    strongest = [int(neuron) for neuron in order if contributions[neuron]]
    if not strongest:
        note("No hidden neuron contributes to this score.")
        return
    st.markdown(f"**Contribution to digit {digit}, by neuron**")
    W, _ = next(layer_views(model.network.parameters, model.network.sizes))
    drawing = drawing_image(image, "Input image")
    groups = []
    for neuron in strongest:
        weights = W[neuron].reshape(IMAGE_SIDE, IMAGE_SIDE)
        groups.append(
            Group(
                [
                    signed(weights, f"Weights of neuron {neuron}"),
                    drawing,
                    signed(weights * image / 255, f"Weights × input, neuron {neuron}"),
                ],
                f"Neuron {neuron}: {_score(contributions[neuron])}",
                f"activation {float(found.activations[neuron]):.1f}",
                ("×", "="),
            )
        )
    image_gallery(groups, SMALL, "neuron contributions")
    note(
        "Weights × input image shows what the neuron responds to: more blue means more active. "
        f"The number is the neuron’s contribution to the score of {digit}."
    )


def _score(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
