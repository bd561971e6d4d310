"""Page: a run as one HTML file that needs nothing else, to hand out after a class."""

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
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore
from nn.support.atomic_write import Track, replacing

_TEMPLATE = Path(__file__).parents[2] / "assets" / "run.html"

MOMENTS = 48  # on the timeline
NEURONS = 128  # on the wall: at all moments 6.4 MB as text
READS = 3e10  # multiplications for reading the test pictures: about 1 s on one core
MISTAKES = 48  # in the gallery


def write(store: RunStore, run: Run, steps: list[int], path: Path, track: Track) -> None:
    """Write curves, the wall with a timeline of MOMENTS of the kept frames ``steps``, confusion
    matrices along it, and the mistakes at its end.

    An exception out of ``track`` ends it, and no file is left. Raises UserError where no frame can
    be shown, or the file cannot be written.
    """
    parts = {
        "NAME": html.escape(run.name),
        "DATA": _in_script(_data(store, run, evenly_spaced(steps, MOMENTS), track)),
    }
    # In one pass: a run may be named after a placeholder.
    text = re.sub("%%(NAME|DATA)%%", lambda found: parts[found[1]], _TEMPLATE.read_text("utf-8"))
    with replacing(path) as part:
        part.write_text(text, "utf-8")


def _in_script(data: Any) -> str:
    """As JSON that no HTML parser takes for anything else."""
    return json.dumps(data, allow_nan=False, separators=(",", ":")).replace("<", "\\u003c")


def _data(store: RunStore, run: Run, steps: list[int], track: Track) -> dict[str, Any]:
    spec, network = run.spec, run.spec.network()
    try:
        test = sources.load(spec.dataset, spec.validation_size, spec.seed).test
    except UserError:
        test = None
    read_at = _readable(steps, spec, test)
    frames: list[dict[str, Any]] = []
    reading: Predictions | None = None
    for step in track(steps):
        frame = store.snapshot(run.id, step)
        if not np.isfinite(frame.parameters).all():
            break  # it has diverged
        scales, pictures = weight_tiles(frame.parameters, spec.sizes, slice(NEURONS))
        counts = None
        if test and step in read_at:
            network.parameters[...] = frame.parameters
            if now := _read(network, test):
                reading = now
                counts = confusion(test.labels, now.predicted).counts.tolist()
        frames.append(
            {
                "step": frame.step,
                "samples_seen": frame.samples_seen,
                "scales": _short(scales.tolist()),
                "tiles": _text(pictures),
                "counts": counts,
            }
        )
    if not frames:
        raise UserError(f"Run {run.name} diverged before its first frame: nothing can be shown.")
    return {
        "name": run.name,
        "facts": _facts(run),
        # Whoever gets the file need not know where the data lay.
        "sentence": run.message.replace(spec.dataset, Path(spec.dataset).name),
        "neurons": spec.sizes[1],
        "hidden": len(spec.hidden),
        "frames": frames,
        **_curves(store, run.id, frames[-1]["samples_seen"]),
        "gone": test is None,
        "wrong": len(mistakes(reading)) if reading else 0,
        "gallery": _gallery(reading, test) if reading and test else [],
    }


def _readable(steps: list[int], spec: RunSpec, test: Dataset | None) -> set[int]:
    """At which of the ``steps`` there is time to read the test pictures: at least both ends."""
    if not test:
        return set()
    times = READS / (len(test) * parameter_count(spec.sizes))
    return set(evenly_spaced(steps, max(2, min(len(steps), int(times)))))


def _read(network: Network, test: Dataset) -> Predictions | None:
    """None where its numbers overflow though its weights do not yet."""
    try:
        return predict(network, test.images, test.labels)
    except UserError:
        return None


def _facts(run: Run) -> list[tuple[str, str]]:
    spec = run.spec
    accuracy = "" if run.test_accuracy is None else f"{run.test_accuracy:.2%}"
    return [
        ("Read right", accuracy or "not yet tested"),
        ("Network", " – ".join(f"{width:,}" for width in spec.sizes)),
        ("Activation", f"{spec.activation}, {spec.output}" if spec.hidden else spec.output),
        ("Learned from", spec.data_name),
        ("Epochs", f"{run.epoch:,} of {spec.epochs:,}"),
        ("Digits seen", f"{run.samples_seen:,}"),
        ("Training took", f"{run.seconds:,.1f} s"),
        ("Recipe", f"{spec.optimizer}, rate {spec.lr:g}, batches of {spec.batch_size:,}"),
        ("Seed", str(spec.seed)),
        ("Begun", f"{datetime.fromtimestamp(run.created, UTC):%Y-%m-%d}"),
    ]


def _curves(store: RunStore, run_id: str, until: int) -> dict[str, Any]:
    points = [point for point in store.points(run_id) if point.samples_seen <= until]
    epochs = [epoch for epoch in store.epochs(run_id) if epoch["samples_seen"] <= until]
    return {
        "loss": [(p.samples_seen, *_short([p.smoothed_loss])) for p in points],
        "epochs": [
            (e["samples_seen"], *_short([e["val_loss"], e["val_accuracy"], e["test_accuracy"]]))
            for e in epochs
        ],
    }


def _gallery(reading: Predictions, test: Dataset) -> list[dict[str, Any]]:
    return [
        {
            "image": _text(test.images[n]),
            "truth": int(reading.labels[n]),
            "answer": int(reading.predicted[n]),
            "probabilities": [round(p, 4) for p in reading.probabilities[n].tolist()],
        }
        for n in mistakes(reading)[:MISTAKES]
    ]


def _short(numbers: Iterable[float | None]) -> list[float | None]:
    """Four digits of each; JSON knows no NaN and no infinity."""
    return [
        None if number is None or not np.isfinite(number) else float(f"{number:.4g}")
        for number in numbers
    ]


def _text(array: Array) -> str:
    return base64.b64encode(array.tobytes()).decode()
