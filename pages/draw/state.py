"""The state of the Draw page: the image on the canvas, and labels."""

from __future__ import annotations

from typing import Any

import streamlit as st

from pages.common import model_picker
from pages.draw.input_image import LoadedImage

# Keys of widgets.
TOOLS, TAB, COMPARE = "canvas tools", "draw tab", "compare models"
MODELS = model_picker.ON_DRAW, "second model"
EXPLAINED_DIGIT = "explained digit"
HISTORY_RUN = "learning history run"
MY_DIGITS_TABLE = "my digits table"
IMAGE_NUMBER, UPLOADS, UPLOADS_TABLE = "image number", "uploads", "uploads table"
# The rest.
LOADED_IMAGE, IMAGE_ID = "loaded image", "image id"
EXPLAINED = "explained"
OPENED_LINK = "opened link"
MESSAGE = "message"
LABELED = "labeled"  # images saved in My digits from this page, with their labels
UPLOADED_FILES = "uploaded files"  # what became of each file, by Streamlit's id


def explained() -> tuple[bytes, int] | None:
    """The image and its prediction that were explained last."""
    return st.session_state.get(EXPLAINED)


def explain(image: bytes, predicted: int) -> None:
    """Explain the predicted digit."""
    st.session_state[EXPLAINED] = image, predicted
    st.session_state[EXPLAINED_DIGIT] = predicted


def loaded_image() -> LoadedImage | None:
    return st.session_state.get(LOADED_IMAGE)


def load_image(image: LoadedImage | None) -> None:
    """Put an image on the canvas, or take it off. Strokes on the last one are gone then."""
    st.session_state[LOADED_IMAGE] = image
    st.session_state[IMAGE_ID] = image_id() + 1


def image_id() -> int:
    """Changes whenever an image is put on the canvas or taken off."""
    return int(st.session_state.get(IMAGE_ID, 0))


def opened_link() -> tuple[str, ...] | None:
    """The link that was opened last."""
    return st.session_state.get(OPENED_LINK)


def keep_opened_link(link: tuple[str, ...]) -> None:
    st.session_state[OPENED_LINK] = link


def saved_label(image: bytes) -> int | None:
    """The label with which this image was saved in My digits, if it was."""
    label: int | None = st.session_state.get(LABELED, {}).get(image)
    return label


def keep_label(image: bytes, label: int) -> None:
    st.session_state.setdefault(LABELED, {})[image] = label


def uploaded_files() -> dict[str, Any]:
    files: dict[str, Any] = st.session_state.setdefault(UPLOADED_FILES, {})
    return files


def show_message(message: str) -> None:
    """Show plain text at the end of this script run: a callback may not show anything itself."""
    st.session_state[MESSAGE] = message


def take_message() -> str:
    return str(st.session_state.pop(MESSAGE, ""))
