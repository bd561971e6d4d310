"""HTML report: a run as one self-contained HTML file."""

from __future__ import annotations

import base64
import html
import json
import re
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np

from nn.analysis.neurons.weight_tiles import weight_tiles
from nn.analysis.predictions.confusion import confusion
from nn.analysis.predictions.predict import Predictions, mistakes, predict
from nn.data import sources
from nn.data.dataset import Dataset
from nn.errors import UserError
from nn.layers import Array
from nn.network import Network, parameter_count
from nn.runs.history.weights import evenly_spaced
from nn.runs.load_network import network_of
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore
from nn.support.atomic_write import replacing
from nn.support.progress import Progress

_TEMPLATE = Path(__file__).parents[2] / "assets" / "report"

MAX_SNAPSHOTS = 48  # on the timeline
MAX_NEURONS = 128  # on the weight wall: 6.4 MB of text for all snapshots
MAX_MULTIPLICATIONS = 3e10  # to classify the test images: about 1 s on one core
MAX_MISTAKES = 48  # in the gallery


def write(store: RunStore, run: Run, steps: list[int], path: Path, progress: Progress) -> None:
    """Write the curves, the weight wall with a timeline of up to MAX_SNAPSHOTS of the snapshots
    ``steps``, confusion matrices along it, and the mistakes at the last one.

    An exception raised by ``progress`` cancels the export and leaves no file. Raises UserError if
    no snapshot can be shown or the file cannot be written.
    """
    parts = {
        "NAME": html.escape(run.name),
        "DATA": _in_script(_data(store, run, evenly_spaced(steps, MAX_SNAPSHOTS), progress)),
    }
    parts |= {
        placeholder: (_TEMPLATE / f"report.{suffix}").read_text("utf-8")
        for placeholder, suffix in (("STYLE", "css"), ("SCRIPT", "js"))
    }
    template = (_TEMPLATE / "report.html").read_text("utf-8")
    # In one pass, because a run may be named like a placeholder.
    text = re.sub("%%(NAME|DATA|STYLE|SCRIPT)%%", lambda found: parts[found[1]], template)
    with replacing(path) as part:
        part.write_text(text, "utf-8")


def _in_script(data: Any) -> str:
    """JSON that is safe inside a <script> element."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _data(store: RunStore, run: Run, steps: list[int], progress: Progress) -> dict[str, Any]:
    spec = run.spec
    try:
        test = sources.load_splits(spec.dataset, spec.validation_size, spec.seed).test
    except UserError:
        test = None
    tested_steps = _tested_steps(steps, spec, test)
    snapshots: list[dict[str, Any]] = []
    predictions: Predictions | None = None
    for step in progress(steps):
        snapshot = store.snapshot(run.id, step)
        if not np.isfinite(snapshot.parameters).all():
            break  # diverged
        scales, tiles = weight_tiles(snapshot.parameters, spec.sizes, slice(MAX_NEURONS))
        counts = None
        if test and step in tested_steps:
            network = network_of(spec, snapshot.parameters)
            if current := _predict(network, test):
                predictions = current
                counts = confusion(test.labels, current.predicted).counts.tolist()
        snapshots.append(
            {
                "step": snapshot.step,
                "samples_seen": snapshot.samples_seen,
                "scales": _rounded(scales.tolist()),
                "tiles": _base64(tiles),
                "counts": counts,
            }
        )
    if not snapshots:
        raise UserError(
            f"Run {run.name} diverged before its first snapshot, so there is nothing to export."
        )
    return {
        "name": run.name,
        "facts": _facts(run),
        # The file may be shared, so it does not reveal the folder of the dataset.
        "message": run.message.replace(spec.dataset, Path(spec.dataset).name),
        "neurons": spec.sizes[1],
        "hidden": len(spec.hidden),
        "snapshots": snapshots,
        **_curves(store, run.id, snapshots[-1]["samples_seen"]),
        "test_set_missing": test is None,
        "mistakes": len(mistakes(predictions)) if predictions else 0,
        "gallery": _gallery(predictions, test) if predictions and test else [],
    }


def _tested_steps(steps: list[int], spec: RunSpec, test: Dataset | None) -> set[int]:
    """The ``steps`` at which there is time to classify the test images: at least the first and the
    last."""
    if not test:
        return set()
    affordable = MAX_MULTIPLICATIONS / (len(test) * parameter_count(spec.sizes))
    return set(evenly_spaced(steps, max(2, min(len(steps), int(affordable)))))


def _predict(network: Network, test: Dataset) -> Predictions | None:
    """None where activations overflow although the weights are still finite."""
    try:
        return predict(network, test.images, test.labels)
    except UserError:
        return None


def _facts(run: Run) -> list[tuple[str, str]]:
    spec = run.spec
    accuracy = "" if run.test_accuracy is None else f"{run.test_accuracy:.2%}"
    return [
        ("Test accuracy", accuracy or "not tested yet"),
        ("Network", " – ".join(f"{width:,}" for width in spec.sizes)),
        ("Activation", f"{spec.activation}, {spec.output}" if spec.hidden else spec.output),
        ("Training data", spec.data_name),
        ("Epochs", f"{run.epoch:,} of {spec.epochs:,}"),
        ("Images seen", f"{run.samples_seen:,}"),
        ("Training time", f"{run.seconds:,.1f} s"),
        ("Optimizer", f"{spec.optimizer}, learning rate {spec.lr:g}"),
        ("Batch size", f"{spec.batch_size:,}"),
        ("Seed", str(spec.seed)),
        ("Started", f"{datetime.fromtimestamp(run.created, UTC):%Y-%m-%d}"),
    ]


def _curves(store: RunStore, run_id: str, until: int) -> dict[str, Any]:
    points = [point for point in store.points(run_id) if point.samples_seen <= until]
    epochs = [epoch for epoch in store.epochs(run_id) if epoch["samples_seen"] <= until]
    return {
        "loss": [(p.samples_seen, *_rounded([p.smoothed_loss])) for p in points],
        "epochs": [
            (
                e["samples_seen"],
                *_rounded([e["val_loss"], e["val_accuracy"], e["train_accuracy"]]),
            )
            for e in epochs
        ],
    }


def _gallery(predictions: Predictions, test: Dataset) -> list[dict[str, Any]]:
    return [
        {
            "image": _base64(test.images[n]),
            "actual": int(predictions.labels[n]),
            "predicted": int(predictions.predicted[n]),
            "probabilities": [round(p, 4) for p in predictions.probabilities[n].tolist()],
        }
        for n in mistakes(predictions)[:MAX_MISTAKES]
    ]


def _rounded(numbers: Iterable[float | None]) -> list[float | None]:
    """Each number with four significant digits; None for NaN and infinity, which JSON lacks."""
    return [
        None if number is None or not np.isfinite(number) else float(f"{number:.4g}")
        for number in numbers
    ]


def _base64(array: Array) -> str:
    return base64.b64encode(array.tobytes()).decode()
