"""Export: a run, or the pretrained model, as files, each made on request."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import streamlit as st

from nn.analysis.predictions.confusion import Confusion
from nn.errors import UserError
from nn.export import animation, confusion_csv, curves_csv, html_report
from nn.models import weights_file
from nn.network import Network
from nn.runs.store.store import Run
from nn.support.progress import Progress
from pages.common import export_state, snapshot
from pages.common.snapshot import SHIPPED
from pages.common.text import plain
from pages.neurons import state as neurons_state
from pages.server.shared_store import store

WEIGHTS = {
    ".npz": "Weights for NumPy (.npz)",
    ".safetensors": "Weights as .safetensors",
    ".json": "Weights as readable text (.json)",
}
WALL, NEURON, NET = "weight wall", "this neuron", "network diagram"
PAGE = "report (one HTML page)"
PRETRAINED = "Pretrained model"
MOVING = {".gif": "GIF", ".webp": "animated WebP"}
WIDTHS = {480: "small", 960: "middle", 1440: "large"}  # pixels
FRAMES = 30  # of a moving picture, unless asked for otherwise


def out(
    run: Run | None,
    steps: Sequence[int],
    step: int,
    films: Sequence[str] = (),
    confused: Callable[[], Confusion] | None = None,
) -> None:
    """The files of a run, or of the pretrained model: its weights as they were at ``step``, the
    ``films`` that its page is about, and the confusion matrix as ``confused`` finds it when asked.

    In no fragment, or no press would end what is being made; the last to be drawn on its page.
    """
    with st.popover("Export", icon=":material/download:", width="stretch"):
        network = snapshot.network(run.id if run else SHIPPED, step)
        if np.isfinite(network.parameters).all():
            _weights(run, step, network)
            if confused:
                name = file_name(run, ".csv", "confusion")
                _table("Confusion matrix", name, lambda path: confusion_csv.write(confused(), path))
        else:
            st.caption(
                "The weights at this snapshot are not finite, so there is no network to export."
            )
        if run:
            name = file_name(run, ".csv")
            _table("Curves", name, lambda path: curves_csv.write(store(), run, path))
            st.divider()
            _made(run, list(steps), films)


def _weights(run: Run | None, step: int, network: Network) -> None:
    for kind, label in WEIGHTS.items():
        name = file_name(run, kind, step if run else None)
        write = partial(weights_file.write, network, about=_about(run, step))
        _button(label, name, partial(contents, name, write))


def _table(what: str, name: str, write: Callable[[Path], None]) -> None:
    _button(f"{what} (.csv)", name, partial(contents, name, write))


def _button(label: str, name: str, data: Any) -> None:
    st.download_button(
        label, data, name, on_click="ignore", icon=":material/download:", width="stretch",
        key=f"take {label}",
    )  # fmt: skip


def _about(run: Run | None, step: int) -> dict[str, Any]:
    if run is None:
        return {"network": PRETRAINED}
    accuracies = {epoch["step"]: epoch["test_accuracy"] for epoch in store().epochs(run.id)}
    return {
        "run": run.name, "data": Path(run.spec.dataset).name, "step": step,
        "test_accuracy": accuracies.get(step),
    }  # fmt: skip


def _made(run: Run, steps: list[int], films: Sequence[str]) -> None:
    """What takes a while: asked for, made under the eyes of who asked, then saved."""
    what = PAGE
    if films:
        what = st.selectbox("Animation or report", [*films, PAGE], key="take what")
    neuron = neurons_state.neuron() if what == NEURON else None
    kind, width, most = ".html", 0, 0
    if what != PAGE:
        form, size = st.columns(2)
        kind = form.selectbox("Format", list(MOVING), format_func=MOVING.get, key="take kind")
        width = size.selectbox("Size", list(WIDTHS), 1, format_func=WIDTHS.get, key="take width")
        if len(steps) > 2:
            most = st.slider(
                "Snapshots", 2, len(steps), min(FRAMES, len(steps)), key="take moments"
            )
    asked = (run.id, what, kind, width, most, neuron)  # what is made stays, though the run goes on
    part = {NEURON: f"neuron-{neuron}", NET: "net"}.get(what)
    name = file_name(run, kind, part)

    def write(progress: Progress, path: Path) -> None:
        if what == PAGE:
            html_report.write(store(), run, steps, path, progress)
        elif what == NET:
            animation.write_network_diagram(
                store(), run.id, steps, path, progress, most or 2, width
            )
        else:
            animation.write_weight_wall(
                store(), run.id, steps, path, neuron, progress, most or 2, width
            )

    place = st.empty()
    if place.button(
        "Create" if films else "Create report (.html)",
        key="take make",
        width="stretch",
    ):
        with place.container():
            bar = st.progress(0.0, "Drawing…")
            # Any press of a button ends the script run that is drawing.
            st.button("Cancel", key="take cancel", width="stretch")
            try:
                export_state.keep(asked, contents(name, partial(write, partial(_shown, bar))))
            except UserError as error:
                st.error(plain(str(error)))
                return
        place.empty()
    data = export_state.find(asked)
    if data:
        _button(f"Download {name} ({len(data) / 1e6:.1f} MB)", name, data)


def _shown(bar: Any, items: Sequence[Any]) -> Iterable[Any]:
    """Pass the items on and show the progress."""

    def passing() -> Iterator[Any]:
        for done, item in enumerate(items):
            bar.progress(done / len(items), f"Drawing {done + 1} of {len(items)}…")
            yield item
        bar.progress(1.0, "Packing…")

    return passing()


def file_name(run: Run | None, kind: str, part: object = None) -> str:
    """``run-part.kind``, of signs that every computer takes."""
    name = run.name if run else "pretrained"
    words = re.sub(r"[^\w-]+", "-", name, flags=re.ASCII).strip("-") or (run.id if run else name)
    return f"{words[:60]}{'' if part is None else f'-{part}'}{kind}"


def contents(name: str, write: Callable[[Path], None]) -> bytes:
    """What ``write`` writes into a file of this name."""
    with TemporaryDirectory(prefix="digitscope-") as folder:
        path = Path(folder) / name
        write(path)
        return path.read_bytes()
