"""The test set on Mistakes: labeled images to classify."""

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
from nn.support import limits
from pages.common import state
from pages.common.glossary import term
from pages.common.read_upload import read_upload
from pages.common.text import note, plain
from pages.server.shared_store import store

MAX_WARNINGS = 5  # about images that were left out
RUN_TEST_SET, MY_DIGITS, UPLOAD = "run", "my digits", "upload"
NAMES = {"mnist": "MNIST test set", "strokes": "Test set of the built-in synthetic digits"}
EXTENSIONS = [".png", ".jpg", ".jpeg", ".bmp", ".webp", ".gif", ".csv", ".npz", ".zip", ".gz"]
CHOICE, FILES = "test set", "test set files"  # keys of the widgets


class ImageSet(NamedTuple):
    key: str  # differs between different images
    name: str  # plain text
    data: Dataset
    is_of_run: bool  # the run's own test set, in its order


def choose(run: Run | None) -> str:
    """Ask for a test set."""
    names = _names(run)
    state.keep_valid(CHOICE, names, RUN_TEST_SET)
    choice: str = st.selectbox(
        "Test set",
        list(names),
        format_func=lambda kind: names[kind],
        key=CHOICE,
        help=term("test_set"),
    )
    return choice


def get(choice: str, run: Run | None) -> ImageSet | None:
    """The chosen test set; None, with a message, when it is not available."""
    try:
        if choice == UPLOAD:
            return _uploaded()
        if choice == MY_DIGITS:
            return _my_digits()
        if choice != RUN_TEST_SET:
            return ImageSet(choice, NAMES[choice], _load(choice, 0, 0), False)
        if not run:
            name = sources.default_dataset()
            return ImageSet(name, NAMES[name], _load(name, 0, 0), True)
        return of_run(run)
    except UserError as error:
        message = str(error)
        if choice == RUN_TEST_SET and run and run.spec.dataset not in NAMES:
            # Only the file's name: visitors need not know the server's folders.
            message = (
                f"The dataset of this run, {Path(run.spec.dataset).name}, is no longer where it "
                "was. Choose another test set."
            )
        st.warning(plain(message))
        return None


def of_run(run: Run) -> ImageSet:
    """The run's own test set; equal keys are equal images. Raises UserError when its dataset is
    no longer there."""
    spec = run.spec
    is_fixed = sources.has_test_set(spec.dataset)
    split = (0, 0) if is_fixed else (spec.validation_size, spec.seed)
    key = spec.dataset if is_fixed else f"{spec.dataset} {spec.validation_size} {spec.seed}"
    return ImageSet(key, _name_of(spec.dataset), _load(spec.dataset, *split), True)


def _name_of(dataset: str) -> str:
    return NAMES.get(dataset) or f"Test set of {Path(dataset).name}"


def _names(run: Run | None) -> dict[str, str]:
    """The available test sets, each with its name."""
    dataset = run.spec.dataset if run else sources.default_dataset()
    names = {RUN_TEST_SET: _name_of(dataset)}
    for name in sources.DATASETS:
        if dataset != name and (name != "mnist" or mnist.find()):
            names[name] = NAMES[name]
    if my_digits.load(store(), state.visitor_id()):
        names[MY_DIGITS] = "My digits, from the Draw page"
    return names | {UPLOAD: "Your own images…"}


@st.cache_resource(max_entries=8, show_spinner=False)
def _load(dataset: str, validation_size: int, seed: int) -> Dataset:
    return sources.load_splits(dataset, validation_size, seed).test


def _my_digits() -> ImageSet:
    """Raises UserError when they were deleted."""
    digits = my_digits.load(store(), state.visitor_id())
    if not digits:
        raise UserError("My digits is empty.")
    data = my_digits.dataset(digits.values())
    key = sha256(data.images.tobytes() + data.labels.tobytes()).hexdigest()
    return ImageSet(key, "My digits", data, False)


def _uploaded() -> ImageSet | None:
    files = st.file_uploader(
        "Your own images",
        EXTENSIONS,
        accept_multiple_files=True,
        max_upload_size=limits.UPLOAD_MEGABYTES,
        key=FILES,
        help=f"Labeled images: {upload.SUPPORTED_FORMATS}.",
    )
    if not files:
        note(
            "Labeled images of digits: an .npz or .csv file, a pair of IDX files, a .zip with a "
            "folder for each digit, or images named after their digit, such as 7_anything.png."
        )
        return None
    key = " ".join(file.file_id for file in files)
    contents = {file.name: file.getvalue() for file in files}
    warnings: list[str] = []
    held = _held(key)
    if not held:
        read = read_upload(key, lambda progress: upload.read(contents, warnings.append, progress))
        if read is None:
            return None
        held[key] = read, warnings
    data, warnings = held[key]
    for warning in warnings[:MAX_WARNINGS]:
        st.warning(plain(warning))
    if len(warnings) > MAX_WARNINGS:
        note(f"… and {len(warnings) - MAX_WARNINGS:,} more were left out.")
    return ImageSet(key, data.name, data, False)


@st.cache_resource(max_entries=4, show_spinner=False)
def _held(key: str) -> dict[str, tuple[Dataset, list[str]]]:
    """Where an upload is kept once it has been read: its images, and what was left out."""
    return {}
