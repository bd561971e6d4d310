"""My digits: teach the page what a drawing was; what was taught, how well it is read, as files."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import streamlit as st
from PIL import Image

from nn import recogniser
from nn.digits.normalise import Normalised
from nn.errors import UserError
from nn.runs import mine, mine_files
from nn.runs.mine import Labelled
from pages.parts import session, tuning
from pages.parts.drawing import Stroke, png
from pages.parts.loaded import framed
from pages.parts.note import note
from pages.parts.readers import Reader
from pages.parts.recorded import store
from pages.parts.text import plain
from pages.parts.verdict import a, percent

SHOWN = 500  # in the table, the newest


def ask(seen: Normalised, answer: recogniser.Answer, strokes: list[Stroke]) -> None:
    """Was that right? What the person says is saved with the drawing."""
    key = seen.image.tobytes()
    label = session.draw.taught(key)
    if label is not None:
        note(f"Saved as {a(label)} in My digits.")
        return

    def save(label: int | None) -> None:
        # A widget that is gone may be heard once more.
        if label is None or session.draw.taught(key) is not None:
            return
        try:
            mine.add(store(), session.visitor_id(), [Labelled(label, seen.image, strokes)])
        except UserError as error:
            session.draw.tell(str(error))
            return
        session.draw.teach(key, label)

    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        if not answer.refused and answer.digit is not None:
            st.button("Right", icon=":material/check:", on_click=save, args=(answer.digit,))
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
    held = mine.held(store(), session.visitor_id())
    if not held:
        st.markdown(
            "Nothing here yet. When a drawing has been read, press **Right** or **It was a …**: "
            "drawing and digit are kept here, for you alone."
        )
        _take_in()
        return
    for reader in readers:
        right = sum(_read(reader, digit).digit == digit.label for digit in held.values())
        st.markdown(
            f"**{plain(reader.name)}** reads **{right} of {len(held)}** of your digits "
            f"({percent(right / len(held))})."
        )
    tuning.show(readers, len(held))
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
        key=session.draw.MINE,
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
    mine.remove(store(), session.visitor_id(), numbers)


def _read(reader: Reader, digit: Labelled) -> recogniser.Answer:
    return reader.read(framed(digit.image))


def _row(reader: Reader, digit: Labelled) -> dict[str, object]:
    answer = _read(reader, digit)
    picture = base64.b64encode(png(Image.fromarray(digit.image))).decode()
    return {
        "drawing": f"data:image/png;base64,{picture}",
        "it is": digit.label,
        "read as": "no digit" if answer.refused else str(answer.digit),
        "sure": answer.confidence,
        "right": answer.digit == digit.label,
    }


def _give_out(digits: list[Labelled]) -> None:
    day = datetime.now(UTC).date()
    for label, kind, pack in (
        ("PNG folder (.zip)", "zip", mine_files.pngs),
        ("NumPy (.npz)", "npz", mine_files.npz),
        ("Pen strokes (.json)", "json", mine_files.strokes),
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
            "A file saved here: .zip with a PNG folder, .npz or .json", mine_files.KINDS
        )
        if not st.form_submit_button("Add them") or file is None:
            return
        said: list[str] = []
        try:
            digits = mine_files.read(file.name, file.getvalue(), said.append)
            mine.add(store(), session.visitor_id(), digits)
        except UserError as error:
            st.error(plain(str(error)))
            return
        for sentence in said[:5]:
            st.warning(plain(sentence))
        st.success(f"{len(digits)} added to My digits.")
