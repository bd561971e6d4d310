"""Bring: each file is a digit or a sentence, and no name becomes anything else."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nn.data.synthetic.render_strokes import render
from pages.common.model_picker import PRETRAINED
from pages.draw.upload import _csv, _row, look

SEVEN = render([[(0, 0), (60, 0), (35, 50), (25, 100)], [(15, 50), (50, 48)]])


def file(image: Image.Image, kind: str = "PNG", **options) -> bytes:
    made = io.BytesIO()
    image.save(made, kind, **options)
    return made.getvalue()


GOOD = {
    "png": file(SEVEN),
    "jpg": file(SEVEN.convert("RGB"), "JPEG"),
    "webp": file(SEVEN, "WEBP"),
    "bmp": file(SEVEN, "BMP"),
    "cmyk": file(SEVEN.convert("CMYK"), "JPEG"),
    "16 bits": file(Image.fromarray(np.asarray(SEVEN).astype(np.uint16) * 257)),
    "palette": file(SEVEN.quantize(16)),
    "one bit": file(SEVEN.convert("1")),
    "animated": file(SEVEN, "WEBP", save_all=True, append_images=[Image.new("L", SEVEN.size)]),
    "on its side": file(SEVEN.rotate(90, expand=True), "JPEG", exif=bytes.fromhex(
        "457869660000" "4d4d002a00000008" "0001" "0112" "0003" "00000001" "0006" "0000" "00000000"
    )),
    "huge": file(SEVEN.resize((4000, 4000))),
}  # fmt: skip


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_of_picture_is_read(kind):
    found = look(f"{kind}.png", GOOD[kind])
    assert not found.message and found.seen is not None
    assert _row(kind, found, PRETRAINED)["answer"] == 7
    assert len(found.thumbnail) < 20_000


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"words",
        GOOD["png"][:300],
        GOOD["jpg"][:100],
        file(Image.new("1", (10_001, 10_000))),
        file(Image.new("L", (60, 60), 255)),
    ],
)
def test_what_cannot_be_read_is_a_sentence_and_a_row(data):
    found = look("a <b>name</b>.png", data)
    assert found.seen is None and found.message.endswith(".")
    row = _row("a.png", found, PRETRAINED)
    assert row["answer"] is None and row["note"] == found.message


@given(st.binary(max_size=300), st.sampled_from(list(GOOD)), st.integers(0, 300))
def test_no_damage_does_more_than_a_sentence(noise, kind, at):
    data = GOOD[kind][:at] + noise + GOOD[kind][at + len(noise) : 5000]
    found = look("x.png", data)
    if found.seen is None:
        assert found.message.endswith(".")
    else:
        assert not found.message and found.seen.image.shape == (28, 28)
    assert _row("x.png", found, PRETRAINED)["file"] == "x.png"


def test_no_name_is_a_formula_and_all_probabilities_are_there():
    rows = [
        _row("=cmd()", look("x", GOOD["png"]), PRETRAINED),
        _row("b", look("b", b""), PRETRAINED),
    ]
    [seven, empty] = csv.DictReader(io.StringIO(_csv(rows)))
    assert seven["file"] == "'=cmd()" and seven["answer"] == "7"
    assert sum(float(seven[f"p{digit}"]) for digit in range(10)) == pytest.approx(1, abs=1e-5)
    assert empty["answer"] == "" and empty["note"]
