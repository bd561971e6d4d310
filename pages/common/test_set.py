"""Pictures: the labeled set that a network is tried on."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path
from typing import NamedTuple

import streamlit as st

from nn.data import mnist, sources
from nn.data.dataset import Dataset
from nn.data.formats import upload
from nn.errors import UserError
from nn.runs import my_digits
from nn.runs.store.store import Run
from pages.common import state
from pages.common.note import note
from pages.common.text import plain
from pages.mistakes import state as mistakes_state
from pages.server.shared_store import store

MOST_MEGABYTES = 32  # of an upload
MOST_SAID = 5  # sentences about what was left out
OWN, MINE, UPLOAD = "own", "mine", "upload"  # the run's own test set; My digits; files
NAMES = {"mnist": "MNIST test set", "strokes": "Synthetic digits, test set"}
KINDS = [".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".csv", ".npz", ".zip", ".gz"]


class Pictures(NamedTuple):
    key: str  # tells them from all others
    name: str  # in plain text
    data: Dataset
    own: bool  # the run's own test set, in its order


def choose(run: Run | None) -> str:
    """Ask which."""
    choices = _choices(run)
    if st.session_state.get(mistakes_state.PICTURES) not in choices:
        st.session_state.pop(mistakes_state.PICTURES, None)
    chosen: str = st.selectbox(
        "Images", choices, format_func=lambda kind: choices[kind], key=mistakes_state.PICTURES
    )
    return chosen


def get(kind: str, run: Run | None) -> Pictures | None:
    """The pictures that were chosen; None, and why, where they cannot be had."""
    try:
        if kind == UPLOAD:
            return _uploaded()
        if kind == MINE:
            return _mine()
        if kind != OWN:
            return Pictures(kind, NAMES[kind], _test(kind, 0, 0), False)
        if not run:
            name = sources.default_dataset()
            return Pictures(name, NAMES[name], _test(name, 0, 0), True)
        spec = run.spec
        key = f"{spec.dataset} {spec.validation_size} {spec.seed}"
        return Pictures(
            key, _choices(run)[OWN], _test(spec.dataset, spec.validation_size, spec.seed), True
        )
    except UserError as error:
        sentence = str(error)
        if (
            kind == OWN and run and run.spec.dataset not in NAMES
        ):  # where they lay concerns nobody here
            sentence = (
                f"The pictures that this run learned from, {Path(run.spec.dataset).name}, are no "
                "longer where they were. Choose others above."
            )
        st.warning(plain(sentence))
        return None


def _choices(run: Run | None) -> dict[str, str]:
    """Which pictures there are, each with its name."""
    own = run.spec.dataset if run else sources.default_dataset()
    found = {OWN: NAMES.get(own) or f"Test set of {Path(own).name}"}
    for name in sources.DATASETS:
        if own != name and (name != "mnist" or mnist.find()):
            found[name] = NAMES[name]
    if my_digits.load(store(), state.visitor_id()):
        found[MINE] = "My digits, from the Draw page"
    return found | {UPLOAD: "Your own images …"}


@st.cache_resource(max_entries=8, show_spinner=False)
def _test(data: str, validation: int, seed: int) -> Dataset:
    return sources.load_splits(data, validation, seed).test


def _mine() -> Pictures:
    held = my_digits.load(store(), state.visitor_id())
    if not held:  # they were deleted just now
        raise UserError("There is nothing in My digits any more.")
    data = my_digits.dataset(held.values())
    key = sha256(data.images.tobytes() + data.labels.tobytes()).hexdigest()
    return Pictures(key, "My digits", data, False)


def _uploaded() -> Pictures | None:
    files = st.file_uploader(
        "Files of your own",
        KINDS,
        accept_multiple_files=True,
        max_upload_size=MOST_MEGABYTES,
        key=mistakes_state.UPLOADED,
        help=f"Labeled pictures: {upload.SUPPORTED_FORMATS}.",
    )
    if not files:
        note(
            "Pictures of digits whose right answers are known: an .npz or .csv file, a pair of IDX "
            "files, a .zip with a folder for each digit, or pictures named after their digit, such "
            "as 7_anything.png."
        )
        return None
    key = " ".join(file.file_id for file in files)
    data, said = _read(key, {file.name: file.getvalue() for file in files})
    for sentence in said[:MOST_SAID]:
        st.warning(plain(sentence))
    if len(said) > MOST_SAID:
        note(f"… and {len(said) - MOST_SAID:,} more were left out.")
    return Pictures(key, data.name, data, False)


@st.cache_resource(max_entries=4, show_spinner="Reading your pictures …")
def _read(key: str, _files: dict[str, bytes]) -> tuple[Dataset, list[str]]:
    said: list[str] = []
    return upload.read(_files, said.append), said
