"""Bring: test digits onto the paper, and pictures of one's own, many at once."""

from __future__ import annotations

import base64
import csv
import io
from typing import Any, NamedTuple

import numpy as np
import streamlit as st
from PIL import Image

from nn.analysis.predictions.predict import predicted_digits
from nn.data import sources
from nn.data.dataset import Dataset
from nn.data.formats import image_files
from nn.data.preprocess.grayscale import as_image
from nn.data.preprocess.pipeline import Preprocessed, preprocess
from nn.errors import UserError
from nn.export.curves_csv import escape_formula
from nn.models import pretrained
from pages.common.model_picker import Reader
from pages.common.note import note
from pages.components.prediction_text import a
from pages.draw import input_image
from pages.draw import state as draw_state
from pages.draw.input_image import Loaded

MOST = 500  # pictures at once
MOST_MEGABYTES = 16  # of one
THUMBNAIL = 64  # pixels
KINDS = ["png", "jpg", "jpeg", "webp", "bmp"]


class Looked(NamedTuple):
    """What became of one file."""

    thumbnail: str  # a data URL; "" for what is no picture
    seen: Preprocessed | None
    message: str  # why it cannot be read; "" when it can


def test_digits(reader: Reader) -> None:
    """Put a digit of the test set on the paper."""
    name = sources.default_dataset()
    data = _test(name)
    called = "MNIST’s test set" if name == "mnist" else "the built-in strokes’ test set"

    def put(row: int) -> None:
        words = f"Digit {row:,} of {called}: {a(int(data.labels[row]))}."
        draw_state.load(input_image.of_dataset(data, row, words))

    def random() -> None:
        put(int(np.random.default_rng().integers(len(data))))

    def wrong() -> None:
        rows = _misread(name, reader.moment, reader)
        if len(rows):
            put(int(np.random.default_rng().choice(rows)))
        else:
            draw_state.tell("It reads every one of them.")

    def numbered() -> None:
        put(int(st.session_state[draw_state.NUMBER]))

    st.markdown(f"**A digit of {called}**")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("Any", icon=":material/shuffle:", on_click=random)
        st.button("One that is misread", icon=":material/error:", on_click=wrong)
        st.number_input(
            "Number", 0, len(data) - 1, key=draw_state.NUMBER, on_change=numbered, width=160
        )


@st.cache_resource(max_entries=2, show_spinner=False)
def _test(name: str) -> Dataset:
    return sources.load_splits(name, 0, 0).test


@st.cache_data(max_entries=64, show_spinner=False)
def _misread(name: str, moment: str, _reader: Reader) -> Any:
    data = _test(name)
    return np.flatnonzero(predicted_digits(_reader.network, data.images) != data.labels)


def uploads(reader: Reader) -> None:
    """Read many pictures: a table, and the same as CSV."""
    st.markdown("**Your own pictures**")
    files = st.file_uploader(
        "Photographs or scans, one digit in each; or paste one with Ctrl/⌘+V",
        KINDS,
        accept_multiple_files=True,
        max_upload_size=MOST_MEGABYTES,
        key=draw_state.FILES,
    )
    if not files:
        return
    if len(files) > MOST:
        st.warning(f"{len(files):,} pictures at once: the first {MOST} are read, the rest are not.")
    looked = [_look(file) for file in files[:MOST]]
    rows = [_row(file.name, look, reader) for file, look in zip(files, looked, strict=False)]
    chosen = st.dataframe(
        [{"picture": look.thumbnail, **row} for look, row in zip(looked, rows, strict=True)],
        column_config={
            "picture": st.column_config.ImageColumn(width="small"),
            "confidence": st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1
            ),
            **{f"p{digit}": None for digit in range(10)},
        },
        row_height=44,
        height=min(38 + 44 * len(rows), 390),
        hide_index=True,
        on_select="rerun",
        selection_mode="single-row",
        key=f"{draw_state.FILES} table",
    )
    picked = chosen.selection.rows[0] if chosen.selection.rows else None
    if draw_state.newly_picked(picked) and picked is not None and looked[picked].seen:
        file = files[picked]
        picture = image_files.decode(io.BytesIO(file.getvalue()), file.name)
        draw_state.load(Loaded(_small(as_image(picture)), file.name))
        st.rerun()
    note("Select a row to put that picture on the paper and see how it was read.")
    st.download_button(
        "Save as CSV", _csv(rows), "digits.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def pasted(url: str) -> None:
    """Put a picture from the clipboard, as a data URL, on the paper."""
    try:
        data = base64.b64decode(url.partition(",")[2][: 2_000_000 * MOST_MEGABYTES], validate=True)
        picture = image_files.decode(io.BytesIO(data), "What you pasted")
        draw_state.load(Loaded(_small(as_image(picture)), "The picture that you pasted"))
    except (UserError, ValueError) as error:
        draw_state.tell(str(error))


def _look(file: Any) -> Looked:
    """Once a file: its pixels are let go, what remains is small."""
    known: dict[str, Looked] = draw_state.looked()
    if file.file_id not in known:
        known[file.file_id] = look(file.name, file.getvalue())
    return known[file.file_id]


def look(name: str, data: bytes) -> Looked:
    """Whatever the bytes are: a picture with a digit, or a sentence."""
    try:
        if not data:
            raise UserError(f"{name} is empty: it has 0 bytes.")
        picture = as_image(image_files.decode(io.BytesIO(data), name))
        seen = preprocess(picture)
    except UserError as error:
        return Looked("", None, str(error))
    file = io.BytesIO()
    picture.reduce(max(1, max(picture.size) // (2 * THUMBNAIL))).convert("RGB").save(file, "JPEG")
    thumbnail = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
    return Looked(thumbnail, None if seen.blank else seen, "It is blank." if seen.blank else "")


def _small(picture: Image.Image) -> Image.Image:
    """So large that nothing is lost to who reads it: see nn.data.preprocess.pipeline."""
    return picture.reduce(max(1, max(picture.size) // 1200))


def _row(name: str, look: Looked, reader: Reader) -> dict[str, Any]:
    if look.seen is None:
        return {"file": name, "answer": None, "confidence": None, "note": look.message}
    answer: pretrained.Prediction = reader.read(look.seen)
    return {
        "file": name,
        "answer": answer.predicted,
        "confidence": answer.confidence,
        "note": "Does not look like a digit." if answer.rejected else "",
        **{f"p{digit}": float(p) for digit, p in enumerate(answer.probabilities)},
    }


def _csv(rows: list[dict[str, Any]]) -> str:
    file = io.StringIO()
    columns = ["file", "answer", "confidence", "note", *(f"p{digit}" for digit in range(10))]
    table = csv.DictWriter(file, columns)
    table.writeheader()
    table.writerows(
        {**row, "file": escape_formula(row["file"]), "note": escape_formula(row["note"])}
        for row in rows
    )
    return file.getvalue()
