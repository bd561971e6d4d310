"""Which images one compared run classifies correctly and another does not."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import floor, log10

import streamlit as st

from nn.analysis.predictions.disagreement import Disagreement, disagreement
from nn.runs.store.store import Run
from pages.common.glossary import term
from pages.common.numbers import images as count_of_images
from pages.common.text import plain
from pages.compare import image_dialog
from pages.compare.classified import choose_two, classify
from pages.compare.labels import heading

MAX_CHANCE = 0.05  # a difference that chance makes more often may be chance
MIN_CHANCE = 1e-6  # smaller ones are not told apart


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    found, images = classify(runs, colors)
    pair = choose_two(found)
    if not pair or not images:
        return
    first, second = pair
    split = disagreement(first.predictions, second.predictions)
    names = plain(first.run.name), plain(second.run.name)
    st.markdown(counts_in_words(split, names))
    st.markdown(chance_in_words(split.p_value), help=term("mcnemar"))
    shown = ((first, second, split.first_alone), (second, first, split.second_alone))
    for column, (right, wrong, rows) in zip(st.columns(2, gap="large"), shown, strict=True):
        with column:
            below = (
                f"{count_of_images(len(rows))}, as {wrong.run.name} classifies them"
                if len(rows)
                else "No images"
            )
            heading(f"{right.run.name} alone is right", right.color, below)
            image_dialog.gallery(rows, wrong, images, f"right alone {right.run.id}")
    image_dialog.show(pair, images)


def counts_in_words(split: Disagreement, names: tuple[str, str]) -> str:
    """names: of the two runs, as Markdown."""
    first, second, both = (len(rows) for rows in split)
    return (
        f"**{names[0]}** alone is right on {count_of_images(first)}, **{names[1]}** alone on "
        f"{second:,}; both are wrong on {both:,}."
    )


def chance_in_words(p: float) -> str:
    """p: the p-value of McNemar's test, 0–1."""
    start = (
        "McNemar’s test: if both models were equally accurate, a difference this large would "
        "appear by chance"
    )
    if p >= MAX_CHANCE:
        return f"{start} in {100 * p:.0f} of 100 cases: this difference may be chance."
    if p < MIN_CHANCE:
        return f"{start} in less than 1 of {1 / MIN_CHANCE:,.0f} cases."
    cases = 1 / p
    digits = floor(log10(cases)) - 1  # two significant ones
    return f"{start} in 1 of {round(cases, -digits):,.0f} cases."
