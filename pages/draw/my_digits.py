"""My digits: teach the page what a drawing was; what was taught, how well it is read, as files."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import streamlit as st
from PIL import Image

from nn.data.preprocess.pipeline import Preprocessed
from nn.errors import UserError
from nn.export import my_digits_files
from nn.models import pretrained
from nn.runs import my_digits
from nn.runs.my_digits import Labeled
from pages.common import state
from pages.common.model_picker import Reader
from pages.common.note import note
from pages.common.text import plain
from pages.components.prediction_text import a, percent
from pages.draw import fine_tune
from pages.draw import state as draw_state
from pages.draw.input_image import framed
from pages.draw.strokes import Stroke, png
from pages.server.shared_store import store

SHOWN = 500  # in the table, the newest


def ask(seen: Preprocessed, answer: pretrained.Prediction, strokes: list[Stroke]) -> None:
    """Was that right? What the person says is saved with the drawing."""
    key = seen.image.tobytes()
    label = draw_state.taught(key)
    if label is not None:
        note(f"Saved as {a(label)} in My digits.")
        return

    def save(label: int | None) -> None:
        # A widget that is gone may be heard once more.
        if label is None or draw_state.taught(key) is not None:
            return
        try:
            my_digits.add(store(), state.visitor_id(), [Labeled(label, seen.image, strokes)])
        except UserError as error:
            draw_state.tell(str(error))
            return
        draw_state.teach(key, label)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not answer.rejected and answer.predicted is not None:
            st.button("Right", icon=":material/check:", on_click=save, args=(answer.predicted,))
        with st.popover("It was a …", icon=":material/edit:"):
            was = f"was {hash(key)}"
            st.segmented_control(
                "Which digit was it? It is saved in My digits.",
                range(10),
                key=was,
                on_change=lambda: save(st.session_state[was]),
            )


def show(readers: list[Reader]) -> None:
    """All that was taught, and what can be done with it."""
    held = my_digits.load(store(), state.visitor_id())
    if not held:
        st.markdown(
            "Nothing here yet. When a drawing has been read, press **Right** or **It was a …**: "
            "drawing and digit are kept here, for you alone."
        )
        _take_in()
        return
    for reader in readers:
        right = sum(_read(reader, digit).predicted == digit.label for digit in held.values())
        st.markdown(
            f"**{plain(reader.name)}** reads **{right} of {len(held)}** of your digits "
            f"({percent(right / len(held))})."
        )
    fine_tune.show(readers, len(held))
    numbers = list(held)[::-1][:SHOWN]
    chosen = st.dataframe(
        [_row(readers[0], held[number]) for number in numbers],
        column_config={
            "drawing": st.column_config.ImageColumn(width="small"),
            "sure": st.column_config.ProgressColumn(format="percent", min_value=0, max_value=1),
        },
        row_height=44,
        height=min(38 + 44 * len(numbers), 390),
        hide_index=True,
        on_select="rerun",
        selection_mode="multi-row",
        key=draw_state.MINE,
    )
    rows = [row for row in chosen.selection.rows if row < len(numbers)]
    with st.container(horizontal=True, gap="small"):
        _give_out(list(held.values()))
        with st.popover("Delete", icon=":material/delete:"):
            some = [numbers[row] for row in rows] or list(held)
            what = f"the {len(rows)} selected" if rows else f"all {len(held)}"
            st.markdown(f"Delete {what}? They cannot be brought back.")
            st.button("Delete them", type="primary", on_click=_remove, args=(some,))
    _take_in()


def _remove(numbers: list[int]) -> None:
    my_digits.delete(store(), state.visitor_id(), numbers)


def _read(reader: Reader, digit: Labeled) -> pretrained.Prediction:
    return reader.read(framed(digit.image))


def _row(reader: Reader, digit: Labeled) -> dict[str, object]:
    answer = _read(reader, digit)
    picture = base64.b64encode(png(Image.fromarray(digit.image))).decode()
    return {
        "drawing": f"data:image/png;base64,{picture}",
        "it is": digit.label,
        "read as": "no digit" if answer.rejected else str(answer.predicted),
        "sure": answer.confidence,
        "right": answer.predicted == digit.label,
    }


def _give_out(digits: list[Labeled]) -> None:
    day = datetime.now(UTC).date()
    for label, kind, pack in (
        ("PNG folder (.zip)", "zip", my_digits_files.pngs),
        ("NumPy (.npz)", "npz", my_digits_files.npz),
        ("Pen strokes (.json)", "json", my_digits_files.strokes),
    ):
        st.download_button(
            label,
            lambda pack=pack: pack(digits),
            f"my-digits-{day}.{kind}",
            icon=":material/download:",
            on_click="ignore",
            key=f"download {kind}",
        )


def _take_in() -> None:
    with (
        st.expander("Bring digits back in"),
        st.form("take in", clear_on_submit=True, border=False),
    ):
        file = st.file_uploader(
            "A file saved here: .zip with a PNG folder, .npz or .json", my_digits_files.KINDS
        )
        if not st.form_submit_button("Add them") or file is None:
            return
        said: list[str] = []
        try:
            digits = my_digits_files.read(file.name, file.getvalue(), said.append)
            my_digits.add(store(), state.visitor_id(), digits)
        except UserError as error:
            st.error(plain(str(error)))
            return
        for sentence in said[:5]:
            st.warning(plain(sentence))
        st.success(f"{len(digits)} added to My digits.")
