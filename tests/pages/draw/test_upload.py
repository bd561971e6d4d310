"""Upload: each file gets a prediction or a message, and no name becomes a formula."""

from __future__ import annotations

import csv
import io

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from nn.data.synthetic.render_strokes import render
from nn.support import limits
from pages.common.model_picker import PRETRAINED
from pages.draw import state as draw_state
from pages.draw import upload
from pages.draw.upload import csv_of, prepare, row_of

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
def test_every_kind_of_image_is_classified(kind):
    found = prepare(f"{kind}.png", GOOD[kind])
    assert not found.message and found.preprocessed is not None
    assert row_of(kind, found, PRETRAINED)["predicted"] == 7
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
def test_a_file_that_cannot_be_classified_gets_a_message_and_a_row(data):
    found = prepare("a <b>name</b>.png", data)
    assert found.preprocessed is None and found.message.endswith(".")
    row = row_of("a.png", found, PRETRAINED)
    assert row["predicted"] is None and row["note"] == found.message


@given(st.binary(max_size=300), st.sampled_from(list(GOOD)), st.integers(0, 300))
def test_no_damaged_file_raises(noise, kind, at):
    data = GOOD[kind][:at] + noise + GOOD[kind][at + len(noise) : 5000]
    found = prepare("x.png", data)
    if found.preprocessed is None:
        assert found.message.endswith(".")
    else:
        assert not found.message and found.preprocessed.image.shape == (28, 28)
    assert row_of("x.png", found, PRETRAINED)["file"] == "x.png"


def test_the_csv_escapes_formulas_and_has_all_probabilities():
    rows = [
        row_of("=cmd()", prepare("x", GOOD["png"]), PRETRAINED),
        row_of("b", prepare("b", b""), PRETRAINED),
    ]
    [seven, empty] = csv.DictReader(io.StringIO(csv_of(rows)))
    assert seven["file"] == "'=cmd()" and seven["predicted"] == "7"
    assert sum(float(seven[f"p{digit}"]) for digit in range(10)) == pytest.approx(1, abs=1e-5)
    assert empty["predicted"] == "" and empty["note"]


class File:
    """As Streamlit's uploader has it."""

    def __init__(self, number: int) -> None:
        self.file_id, self.name = f"id {number}", f"{number}.png"

    def getvalue(self) -> bytes:
        return GOOD["png"]


def test_images_beyond_the_pixels_of_one_upload_are_read_once_others_are_removed(monkeypatch):
    monkeypatch.setattr(limits, "UPLOAD_PIXELS", 2 * SEVEN.width * SEVEN.height)
    done: dict[str, object] = {}
    monkeypatch.setattr(draw_state, "uploaded_files", lambda: done)
    prepared = []
    monkeypatch.setattr(upload, "prepare", lambda *given: prepared.append(given) or prepare(*given))
    files = [File(number) for number in range(3)]

    found = upload._prepare_new(files, iter)
    assert [each.message[:9] for each in found] == ["", "", "Not read:"]
    assert upload._prepare_new(files, iter) == found and len(prepared) == 2

    found = upload._prepare_new(files[1:], iter)
    assert [each.message for each in found] == ["", ""] and len(prepared) == 3
    assert set(done) == {"id 1", "id 2"}
