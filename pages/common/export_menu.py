"""Export: a run, or the pretrained model, as files, each made on request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nn.analysis.predictions.confusion import Confusion
from nn.errors import UserError
from nn.export import animation, confusion_csv, curves_csv, html_report
from nn.models import weights_file
from nn.network import Network
from nn.runs.store.store import Run
from nn.support.progress import Progress
from pages.common import state
from pages.common.text import plain
from pages.server.networks import PRETRAINED_ID, network_at
from pages.server.shared_store import store

WEIGHTS = {
    ".npz": "Weights for NumPy (.npz)",
    ".safetensors": "Weights as .safetensors",
    ".json": "Weights as readable text (.json)",
}
WALL, NEURON, NETWORK = "weight wall", "this neuron", "network diagram"
REPORT = "report (one HTML page)"
FORMATS = {".gif": "GIF", ".webp": "animated WebP"}
WIDTHS = {480: "small", 960: "medium", 1440: "large"}  # pixels
DEFAULT_SNAPSHOTS = 30  # of an animation


def show(
    run: Run | None,
    steps: Sequence[int],
    step: int,
    subjects: Sequence[str] = (),
    neuron: int = 0,
    confusion: Callable[[], Confusion] | None = None,
) -> None:
    """The files of a run (None: the pretrained model): its weights at ``step``, its curves,
    animations of ``subjects``, a report, and the confusion matrix as ``confusion`` computes it on
    request.

    Call it outside fragments, where a click anywhere would end what is being made, and last on its
    page.
    """
    with st.popover("Export", icon=":material/download:", width="stretch"):
        network = network_at(run.id if run else PRETRAINED_ID, step)
        if np.isfinite(network.parameters).all():
            _weights(run, step, network)
            if confusion:
                _csv(
                    "Confusion matrix",
                    file_name(run, ".csv", "confusion"),
                    lambda path: confusion_csv.write(confusion(), path),
                )
        else:
            st.caption(
                "The weights at this snapshot are not finite numbers, so they cannot be exported."
            )
        if run:
            _csv(
                "Curves", file_name(run, ".csv"), lambda path: curves_csv.write(store(), run, path)
            )
            st.divider()
            _animation_or_report(run, list(steps), subjects, neuron)


def _weights(run: Run | None, step: int, network: Network) -> None:
    for kind, label in WEIGHTS.items():
        name = file_name(run, kind, step if run else None)
        write = partial(weights_file.write, network, about=_about(run, step))
        _button(label, name, partial(contents, name, write))


def _csv(table: str, name: str, write: Callable[[Path], None]) -> None:
    _button(f"{table} (.csv)", name, partial(contents, name, write))


def _button(label: str, name: str, data: bytes | Callable[[], bytes]) -> None:
    st.download_button(
        label, data, name, on_click="ignore", icon=":material/download:", width="stretch",
        key=f"export {label}",
    )  # fmt: skip


def _about(run: Run | None, step: int) -> dict[str, Any]:
    if run is None:
        return {"network": "Pretrained model"}
    accuracies = {epoch["step"]: epoch["test_accuracy"] for epoch in store().epochs(run.id)}
    return {
        "run": run.name, "data": Path(run.spec.dataset).name, "step": step,
        "test_accuracy": accuracies.get(step),
    }  # fmt: skip


def _animation_or_report(run: Run, steps: list[int], subjects: Sequence[str], neuron: int) -> None:
    """Files that take a while: made on request, with a progress bar, then offered."""
    subject = REPORT
    if subjects:
        subject = st.selectbox("Animation or report", [*subjects, REPORT], key="export subject")
    kind, width, max_snapshots = ".html", 0, 2
    if subject != REPORT:
        left, right = st.columns(2)
        kind = left.selectbox(
            "Format", list(FORMATS), format_func=lambda kind: FORMATS[kind], key="export format"
        )
        width = right.selectbox(
            "Size", list(WIDTHS), 1, format_func=lambda width: WIDTHS[width], key="export width"
        )
        if len(steps) > 2:
            max_snapshots = st.slider(
                "Snapshots", 2, len(steps), min(DEFAULT_SNAPSHOTS, len(steps)), key="export count"
            )
    of_neuron = neuron if subject == NEURON else None
    request = (run.id, subject, kind, width, max_snapshots, of_neuron)
    part = {NEURON: f"neuron-{neuron}", NETWORK: "net"}.get(subject)
    name = file_name(run, kind, part)

    def write(progress: Progress, path: Path) -> None:
        if subject == REPORT:
            html_report.write(store(), run, steps, path, progress)
        elif subject == NETWORK:
            animation.write_network_diagram(
                store(), run.id, steps, path, progress, max_snapshots, width
            )
        else:
            animation.write_weight_wall(
                store(), run.id, steps, path, of_neuron, progress, max_snapshots, width
            )

    container = st.empty()
    label = "Create" if subjects else "Create report (.html)"
    if container.button(label, key="export create", width="stretch"):
        with container.container():
            bar = st.progress(0.0, "Drawing…")
            # A press of any button ends the script run that is drawing.
            st.button("Cancel", key="export cancel", width="stretch")
            try:
                data = contents(name, partial(write, partial(_with_progress, bar)))
            except UserError as error:
                st.error(plain(str(error)))
                return
            state.keep_export(request, data)
        container.empty()
    exported = state.exported(request)
    if exported:
        _button(f"Download {name} ({len(exported) / 1e6:.1f} MB)", name, exported)


def _with_progress(bar: DeltaGenerator, items: Sequence[Any]) -> Iterator[Any]:
    """The items, while the bar shows how many are done."""
    for done, item in enumerate(items):
        bar.progress(done / len(items), f"Drawing {done + 1} of {len(items)}…")
        yield item
    bar.progress(1.0, "Saving…")


def file_name(run: Run | None, kind: str, part: object = None) -> str:
    """``run-part.kind``, with characters that every file system accepts."""
    name = run.name if run else "pretrained"
    stem = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-") or (run.id if run else name)
    return f"{stem[:60]}{'' if part is None else f'-{part}'}{kind}"


def contents(name: str, write: Callable[[Path], None]) -> bytes:
    """The bytes that ``write`` writes into a file of this name."""
    with TemporaryDirectory(prefix="digitscope-") as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()
