"""My digits: save drawings with their labels; evaluate, export, import and delete them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from functools import partial

import streamlit as st
from PIL import Image
from sqlalchemy.exc import SQLAlchemyError

from nn.data.preprocess.pipeline import Preprocessed, already_preprocessed
from nn.errors import UserError
from nn.export import my_digits_files
from nn.models import pretrained
from nn.runs import my_digits
from nn.runs.my_digits import Labeled
from nn.support import limits
from pages.common import errors, state
from pages.common.canvas_image import png
from pages.common.model_picker import Model
from pages.common.numbers import percent
from pages.common.read_upload import read_upload
from pages.common.text import note, plain, with_article
from pages.draw import fine_tune
from pages.draw import state as draw_state
from pages.server.drawing import Stroke
from pages.server.shared_store import store

MAX_ROWS = 500  # in the table, newest first
MAX_WARNINGS = 5
IMPORT = "import "  # before the key of an upload that is imported


def ask_label(
    preprocessed: Preprocessed, prediction: pretrained.Prediction, strokes: list[Stroke]
) -> None:
    """Ask whether the prediction is correct, and save the drawing with its label."""
    key = preprocessed.image.tobytes()
    label = draw_state.saved_label(key)
    if label is not None:
        note(f"Saved as {with_article(label)} in My digits.")
        return

    @errors.in_toast(draw_state.show_message)
    def save(label: int | None) -> None:
        # A widget that is gone may still send its last change.
        if label is None or draw_state.saved_label(key) is not None:
            return
        digit = Labeled(label, preprocessed.image, strokes)
        my_digits.add(store(), state.visitor_id(), [digit])
        draw_state.keep_label(key, label)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not prediction.rejected and prediction.predicted is not None:
            st.button(
                "Correct", icon=":material/check:", on_click=save, args=(prediction.predicted,)
            )
        with st.popover("Set label", icon=":material/edit:"):
            widget = f"label {hash(key)}"
            st.segmented_control(
                "Which digit did you draw? It will be saved in My digits.",
                range(10),
                key=widget,
                on_change=lambda: save(st.session_state[widget]),
            )


def show(models: list[Model]) -> None:
    """The visitor's digits, with each model's accuracy on them."""
    digits = my_digits.load(store(), state.visitor_id())
    if not digits:
        st.markdown(
            "No digits saved yet. After drawing one, press **Correct** or **Set label** to save it "
            "with its label. Only you can see your digits."
        )
        _import()
        return
    for model in models:
        correct = sum(_predict(model, digit).predicted == digit.label for digit in digits.values())
        st.markdown(
            f"**{plain(model.name)}**: {correct} of {len(digits)} of your digits correct "
            f"({percent(correct / len(digits))})"
        )
    fine_tune.show(models, len(digits))
    ids = list(digits)[::-1][:MAX_ROWS]
    table = st.dataframe(
        [_row(models[0], digits[digit_id]) for digit_id in ids],
        column_config={
            "drawing": st.column_config.ImageColumn(width="small"),
            "confidence": st.column_config.ProgressColumn(
                format="percent", min_value=0, max_value=1
            ),
        },
        row_height=44,
        height=min(38 + 44 * len(ids), 390),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=draw_state.MY_DIGITS_TABLE,
    )
    selected = [row for row in table.selection.rows if row < len(ids)]
    with st.container(horizontal=True, gap="small"):
        _export(list(digits.values()))
        with st.popover("Delete", icon=":material/delete:"):
            to_delete = [ids[row] for row in selected] or list(digits)
            what = f"the selected digits ({len(selected)})" if selected else f"all ({len(digits)})"
            st.markdown(f"Permanently delete {what}?")
            st.button("Delete them", type="primary", on_click=_delete, args=(to_delete,))
    _import()


@errors.in_toast(draw_state.show_message)
def _delete(ids: list[int]) -> None:
    my_digits.delete(store(), state.visitor_id(), ids)


def _predict(model: Model, digit: Labeled) -> pretrained.Prediction:
    return model.predict(already_preprocessed(digit.image))


def _row(model: Model, digit: Labeled) -> dict[str, object]:
    prediction = _predict(model, digit)
    image = base64.b64encode(png(Image.fromarray(digit.image))).decode()
    return {
        "drawing": f"data:image/png;base64,{image}",
        "label": digit.label,
        "predicted": "not a digit" if prediction.rejected else str(prediction.predicted),
        "confidence": prediction.confidence,
        "correct": prediction.predicted == digit.label,
    }


def _export(digits: list[Labeled]) -> None:
    day = datetime.now(UTC).date()
    for label, suffix, pack in (
        ("PNG folder (.zip)", "zip", my_digits_files.pngs),
        ("NumPy (.npz)", "npz", my_digits_files.npz),
        ("Pen strokes (.json)", "json", my_digits_files.strokes),
    ):
        st.download_button(
            label,
            partial(pack, digits),
            f"my-digits-{day}.{suffix}",
            icon=":material/download:",
            on_click="ignore",
            key=f"download {suffix}",
        )


def _import() -> None:
    with (
        st.expander("Import digits"),
        st.form("import digits", clear_on_submit=True, border=False),
    ):
        file = st.file_uploader(
            "A file exported from here: a .zip of PNGs, .npz or .json",
            my_digits_files.KINDS,
            max_upload_size=limits.UPLOAD_MEGABYTES,
        )
        submitted = st.form_submit_button("Import")
        if not submitted and state.canceled_upload().startswith(IMPORT):
            note("Canceled: nothing was added.")
        if not submitted or file is None:
            return
    warnings: list[str] = []
    try:
        digits = read_upload(
            f"{IMPORT}{file.file_id}",
            partial(my_digits_files.read, file.name, file.getvalue(), warnings.append),
        )
        if digits is None:
            return
        my_digits.add(store(), state.visitor_id(), digits)
    except (UserError, SQLAlchemyError) as error:
        st.error(plain(errors.explained(error)))
        return
    for warning in warnings[:MAX_WARNINGS]:
        st.warning(plain(warning))
    st.success(f"Digits added to My digits: {len(digits)}.")
