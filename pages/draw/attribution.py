"""Why: which ink spoke for the answer, or for any other digit, and which neurons pushed it."""

from __future__ import annotations

import numpy as np
import streamlit as st

from nn.analysis.predictions.attribution import Attribution, attribution
from nn.layers import Array
from nn.network import layer_views
from pages.common.model_picker import Reader
from pages.common.note import note
from pages.components.image_gallery import Group, drawing_image, image_gallery, signed
from pages.components.prediction_text import a
from pages.draw import state as draw_state

LARGE, SMALL = 224, 60  # pixels of the page
MOST = 6  # neurons
STRONG = 0.98  # of all evidence: what is stronger has the full color
EXACT = ("relu", "leaky_relu")


def show(image: Array, reader: Reader, answer: int) -> None:
    """image: (28, 28) uint8 as the network sees it; answer: what it read."""
    digit = _asked(image, answer)
    found = attribution(reader.network, image)
    left, right = st.columns([2, 3], gap="large")
    with left:
        _pixels(found, digit, reader, image)
    with right:
        _neurons(found, digit, reader, image)


def _asked(image: Array, answer: int) -> int:
    """The digit to explain: the answer, until the person asks for another."""
    if draw_state.newly_explained((image.tobytes(), answer)):
        st.session_state[draw_state.WHY] = answer
    return (
        st.segmented_control(
            "What speaks for a …", range(10), required=True, key=draw_state.WHY, width="content"
        )
        or 0
    )


def _pixels(found: Attribution, digit: int, reader: Reader, image: Array) -> None:
    st.markdown(f"**The ink that speaks for {a(digit)}**")
    values = found.pixels[digit]
    inked = found.pixels[:, image > 0]
    full = float(np.quantile(np.abs(inked), STRONG)) if inked.size else 1.0
    ink_says, rest, logit = (
        float(values.sum()),
        float(found.intercept[digit]),
        float(found.logits[digit]),
    )
    exact = reader.network.activation in EXACT
    said = (
        f"Blue ink speaks for {a(digit)}, red ink against. All ink together: {_score(ink_says)}. "
        + ("What the network adds whatever it sees (biases): " if exact else "The rest: ")
        + f"{_score(rest)}. Together the score (logit) of {digit}: {_score(logit)}."
    )
    image_gallery(
        [Group([signed(values, f"Evidence for {a(digit)}", full)], "", said)], LARGE, "for"
    )
    note(
        "Each pixel: how bright it is × how much the score would change with it (input × gradient)."
        + (" With ReLU neurons this sum is exact." if exact else " A straight-line estimate.")
    )


def _neurons(found: Attribution, digit: int, reader: Reader, image: Array) -> None:
    pushes = found.contributions[digit]
    strongest = [int(n) for n in np.argsort(-np.abs(pushes), kind="stable")[:MOST] if pushes[n]]
    if not strongest:
        note("This network has no hidden neurons that fired: the picture shows it all.")
        return
    st.markdown(f"**The neurons that pushed {a(digit)} most**, for or against")
    W, _ = next(layer_views(reader.network.parameters, reader.network.sizes))
    drawing = drawing_image(image, "The drawing")
    groups = []
    for n in strongest:
        weights = W[:, n].reshape(28, 28)
        groups.append(
            Group(
                [
                    signed(weights, f"Weights of neuron {n + 1}"),
                    drawing,
                    signed(weights * image / 255, f"Their product, neuron {n + 1}"),
                ],
                f"Neuron {n + 1}: {_score(float(pushes[n]))}",
                f"fired {float(found.activations[n]):.1f}",
                ("×", "="),
            )
        )
    image_gallery(groups, SMALL, "neurons")
    note(
        "What each neuron looks for (its weights) × the drawing = what it found. The more blue it "
        f"finds, the stronger it fires; the number says how far that moved the score of {digit}."
    )


def _score(value: float) -> str:
    return f"{value:+.1f}".replace("-", "−")
