"""Export: a run, or the pretrained model, as files, each made on request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from functools import partial
from itertools import cycle
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import streamlit as st
from streamlit.delta_generator import DeltaGenerator

from nn.analysis.predictions.confusion import Confusion
from nn.errors import UserError
from nn.export import animation, confusion_csv, curves_csv, html_report, numpy_code
from nn.models import weights_file
from nn.network import Network
from nn.runs.store.store import Run
from nn.support.progress import Progress
from pages.common import state
from pages.common.text import plain
from pages.server.networks import PRETRAINED_ID, network_at
from pages.server.shared_store import store

WALL, NEURON, NETWORK = "weight wall", "this neuron", "network diagram"
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
    """The files of a run (None: the pretrained model): a report, its weights at ``step``, Python
    code that uses them, its curves, animations of ``subjects``, and the confusion matrix as
    ``confusion`` computes it on request.

    Call it outside fragments, where a click anywhere would end what is being made, and last on its
    page.
    """
    with st.popover("Export", icon=":material/download:", width="stretch"):
        network = network_at(run.id if run else PRETRAINED_ID, step)
        is_finite = np.isfinite(network.parameters).all()
        files = _files(run, steps, step, network if is_finite else None, confusion)
        for column, (label, name, write) in zip(cycle(st.columns(2)), files, strict=False):
            with column:
                _button(label, name, partial(contents, name, write))
        if not is_finite:
            st.caption(
                "The weights at this snapshot are not finite numbers, so they cannot be exported."
            )
        if run and subjects:
            st.divider()
            _animation(run, list(steps), subjects, neuron)


def _files(
    run: Run | None,
    steps: Sequence[int],
    step: int,
    network: Network | None,
    confusion: Callable[[], Confusion] | None,
) -> Iterator[tuple[str, str, Callable[[Path], None]]]:
    """The files that are made when their button is pressed, which is busy meanwhile: label, name,
    and what writes the file."""
    if run:
        yield "Report (.html)", file_name(run, ".html"), partial(_report, run, list(steps))
        yield "Weight wall (.png)", file_name(run, ".png", step), partial(_wall, run, step)
        yield "Curves (.csv)", file_name(run, ".csv"), partial(curves_csv.write, store(), run)
    if not network:
        return
    part, about = step if run else None, _about(run, step)
    code = partial(numpy_code.write, network, about=about)
    yield "NumPy code (.zip)", file_name(run, ".zip", part), code
    for kind in weights_file.FORMATS:
        write = partial(weights_file.write, network, about=about)
        yield f"Weights ({kind})", file_name(run, kind, part), write
    if confusion:
        name = file_name(run, ".csv", "confusion")
        yield "Confusion matrix (.csv)", name, partial(_confusion, confusion)


def _report(run: Run, steps: list[int], path: Path) -> None:
    html_report.write(store(), run, steps, path, iter)


def _wall(run: Run, step: int, path: Path) -> None:
    animation.write_image(store(), run.id, step, path)


def _confusion(confusion: Callable[[], Confusion], path: Path) -> None:
    confusion_csv.write(confusion(), path)


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


def _animation(run: Run, steps: list[int], subjects: Sequence[str], neuron: int) -> None:
    """Files that take a while: made on request, with a progress bar, then offered."""
    subject = st.selectbox("Animation", subjects, key="export subject")
    left, right = st.columns(2)
    kind = left.selectbox(
        "Format", list(FORMATS), format_func=lambda kind: FORMATS[kind], key="export format"
    )
    width = right.selectbox(
        "Size", list(WIDTHS), 1, format_func=lambda width: WIDTHS[width], key="export width"
    )
    max_snapshots = 2
    if len(steps) > 2:
        max_snapshots = st.slider(
            "Snapshots", 2, len(steps), min(DEFAULT_SNAPSHOTS, len(steps)), key="export count"
        )
    of_neuron = neuron if subject == NEURON else None
    request = (run.id, subject, kind, width, max_snapshots, of_neuron)
    part = {NEURON: f"neuron-{neuron}", NETWORK: "net"}.get(subject)
    name = file_name(run, kind, part)

    def write(progress: Progress, path: Path) -> None:
        if subject == NETWORK:
            animation.write_network_diagram(
                store(), run.id, steps, path, progress, max_snapshots, width
            )
        else:
            animation.write_weight_wall(
                store(), run.id, steps, path, of_neuron, progress, max_snapshots, width
            )

    container = st.empty()
    if container.button("Create animation", key="export create", width="stretch"):
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
