"""The Images tab: load test images onto the canvas, and classify uploaded images."""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import streamlit as st

from nn.analysis.predictions.predict import predicted_digits
from nn.data import sources
from nn.data.dataset import Dataset
from nn.data.formats import image_files
from nn.data.formats.image_files import SPENT, PixelBudget
from nn.data.preprocess.grayscale import as_image
from nn.data.preprocess.pipeline import Preprocessed, preprocess
from nn.errors import UserError
from nn.export.curves_csv import escape_formula
from nn.models import pretrained
from nn.support import limits
from nn.support.progress import Progress
from pages.common.model_picker import Model
from pages.common.read_upload import read_upload
from pages.common.text import note
from pages.draw import input_image
from pages.draw import state as draw_state
from pages.draw.input_image import LoadedImage

MAX_FILES = 500  # in one upload
MAX_SIDE = 1200  # pixels: preprocessing uses no more (nn.data.preprocess.pipeline)
THUMBNAIL = 64  # pixels
KINDS = ["png", "jpg", "jpeg", "webp", "bmp"]
TEST_SETS = {"mnist": "the MNIST test set", "strokes": "the synthetic test set"}


class Upload(NamedTuple):
    """What became of one file."""

    thumbnail: str  # a data URL; "" for what is no image
    preprocessed: Preprocessed | None
    message: str  # why it cannot be classified; "" otherwise


def test_images(model: Model) -> None:
    """Buttons that load an image of the test set."""
    name = sources.default_dataset()
    data = _test_data(name)

    def load(row: int) -> None:
        description = f"Image {row:,} of {TEST_SETS[name]}, actual digit {data.labels[row]}"
        draw_state.load_image(input_image.of_dataset(data, row, description))

    def load_random() -> None:
        load(int(np.random.default_rng().integers(len(data))))

    def load_misclassified() -> None:
        rows = _misclassified(name, model.init_from, model)
        if len(rows):
            load(int(np.random.default_rng().choice(rows)))
        else:
            draw_state.show_message("This model classifies all of them correctly.")

    def load_numbered() -> None:
        load(int(st.session_state[draw_state.IMAGE_NUMBER]))

    st.markdown(f"**Load an image of {TEST_SETS[name]}**")
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        st.button("Random", icon=":material/shuffle:", on_click=load_random)
        st.button("Random misclassified", icon=":material/error:", on_click=load_misclassified)
        st.number_input(
            "Number", 0, len(data) - 1, key=draw_state.IMAGE_NUMBER, on_change=load_numbered,
            width=160,
        )  # fmt: skip


@st.cache_resource(max_entries=2, show_spinner=False)
def _test_data(name: str) -> Dataset:
    return sources.load_splits(name, 0, 0).test


@st.cache_data(max_entries=64, show_spinner=False)
def _misclassified(name: str, snapshot: str, _model: Model) -> Any:
    data = _test_data(name)
    return np.flatnonzero(predicted_digits(_model.network, data.images) != data.labels)


def uploads(model: Model) -> None:
    """Classify many images: a table, also as CSV."""
    st.markdown("**Upload images**")
    files = st.file_uploader(
        "Photos or scans with one digit each. You can also paste an image with Ctrl/⌘+V.",
        KINDS,
        accept_multiple_files=True,
        max_upload_size=limits.PHOTO_MEGABYTES,
        key=draw_state.UPLOADS,
    )
    if not files:
        return
    if len(files) > MAX_FILES:
        st.warning(f"{len(files):,} images uploaded: only the first {MAX_FILES} are classified.")
    uploaded = read_upload(
        " ".join(file.file_id for file in files), partial(_prepare_new, files[:MAX_FILES])
    )
    if uploaded is None:
        return
    rows = [row_of(file.name, each, model) for file, each in zip(files, uploaded, strict=False)]

    def load_selected() -> None:
        selected = st.session_state[draw_state.UPLOADS_TABLE].selection.rows
        if selected and uploaded[selected[0]].preprocessed:
            file = files[selected[0]]
            draw_state.load_image(_decode(file.getvalue(), file.name, file.name))

    st.dataframe(
        [{"image": each.thumbnail, **row} for each, row in zip(uploaded, rows, strict=True)],
        column_config={
            "image": st.column_config.ImageColumn(width="small"),
            "confidence": st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1
            ),
            **{f"p{digit}": None for digit in range(10)},
        },
        row_height=44,
        height=min(38 + 44 * len(rows), 390),
        hide_index=True,
        on_select=load_selected,
        selection_mode="single-row",
        key=draw_state.UPLOADS_TABLE,
    )
    note("Select a row to load its image onto the canvas.")
    st.download_button(
        "Download CSV", csv_of(rows), "predictions.csv", "text/csv",
        icon=":material/download:", on_click="ignore",
    )  # fmt: skip


def load_pasted(url: str) -> None:
    """Load an image from the clipboard, as a data URL."""
    try:
        text = url.partition(",")[2][: 2_000_000 * limits.PHOTO_MEGABYTES]
        data = base64.b64decode(text, validate=True)
        draw_state.load_image(_decode(data, "The pasted image", "Pasted image"))
    except (UserError, ValueError) as error:
        draw_state.show_message(str(error))


def _decode(data: bytes, name: str, description: str) -> LoadedImage:
    image = as_image(image_files.decode(io.BytesIO(data), name))
    return LoadedImage(image.reduce(max(1, max(image.size) // MAX_SIDE)), description)


def _prepare_new(files: Sequence[Any], progress: Progress) -> list[Upload]:
    """Each file once; its full pixels are not kept."""
    done: dict[str, tuple[Upload, int]] = draw_state.uploaded_files()
    for removed in done.keys() - {file.file_id for file in files}:
        del done[removed]
    budget = PixelBudget()
    budget.left -= sum(pixels for _, pixels in done.values())
    for file in progress([file for file in files if file.file_id not in done]):
        if budget.left <= 0:
            break
        before = budget.left
        prepared = prepare(file.name, file.getvalue(), budget)
        done[file.file_id] = prepared, before - budget.left
    not_read = Upload("", None, f"Not read: {SPENT}"), 0
    return [done.get(file.file_id, not_read)[0] for file in files]


def prepare(name: str, data: bytes, budget: PixelBudget | None = None) -> Upload:
    """Preprocess a file of any content: what is no image gets a message."""
    try:
        if not data:
            raise UserError(f"{name} is empty (0 bytes).")
        image = as_image(image_files.decode(io.BytesIO(data), name, budget))
        preprocessed = preprocess(image)
    except UserError as error:
        return Upload("", None, str(error))
    file = io.BytesIO()
    image.reduce(max(1, max(image.size) // (2 * THUMBNAIL))).convert("RGB").save(file, "JPEG")
    thumbnail = f"data:image/jpeg;base64,{base64.b64encode(file.getvalue()).decode()}"
    if preprocessed.problem:
        return Upload(thumbnail, None, preprocessed.problem)
    return Upload(thumbnail, preprocessed, "")


def row_of(name: str, upload: Upload, model: Model) -> dict[str, Any]:
    if upload.preprocessed is None:
        return {"file": name, "predicted": None, "confidence": None, "note": upload.message}
    prediction: pretrained.Prediction = model.predict(upload.preprocessed)
    return {
        "file": name,
        "predicted": prediction.predicted,
        "confidence": prediction.confidence,
        "note": "Does not look like a digit." if prediction.rejected else "",
        **{f"p{digit}": float(p) for digit, p in enumerate(prediction.probabilities)},
    }


def csv_of(rows: list[dict[str, Any]]) -> str:
    file = io.StringIO()
    columns = ["file", "predicted", "confidence", "note", *(f"p{digit}" for digit in range(10))]
    table = csv.DictWriter(file, columns)
    table.writeheader()
    for row in rows:
        texts = {key: escape_formula(row[key]) for key in ("file", "note")}
        table.writerow({**row, **texts})
    return file.getvalue()
