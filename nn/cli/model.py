"""``test`` and ``export``: measure the accuracy of a model, and write a run to a file."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import click

from nn.cli import Command, json_option, print_json
from nn.errors import UserError

ANIMATIONS = (".gif", ".webp")


@click.command(cls=Command)
@click.argument("model")
@click.option(
    "--dataset",
    metavar="NAME|PATH",
    help="Dataset: mnist, strokes or a path. Default: the dataset of the run.",
)
@json_option
def test(model: str, dataset: str | None, as_json: bool) -> None:
    """Measure the accuracy of a model.

    Prints the accuracy, the accuracy per digit and the confusion matrix.

    MODEL: a run (id, beginning of the id, or name; RUN@STEP for a snapshot) or an exported file.
    The model is tested on the test set of MNIST, of strokes, or of the dataset it was trained on,
    and on all images of any other dataset.
    """
    from nn.analysis.predictions.confusion import confusion
    from nn.analysis.predictions.predict import predicted_digits
    from nn.runs.load_network import find_model

    network, run, _ = find_model(model)
    images = _test_images(run, dataset)
    found = confusion(images.labels, predicted_digits(network, images.images))
    if as_json:
        print_json(
            accuracy=found.accuracy,
            accuracy_per_digit=found.accuracy_per_digit,
            confusion=found.counts.tolist(),
        )
        return
    click.echo(f"Accuracy {found.accuracy:.2%}: {found.correct:,} of {found.total:,} images.\n")
    click.echo("digit  accuracy  predicted" + "".join(f"{digit:>7}" for digit in range(10)))
    for digit, (share, row) in enumerate(
        zip(found.accuracy_per_digit, found.counts.tolist(), strict=True)
    ):
        accuracy = "-" if share is None else f"{share:.1%}"
        click.echo(f"{digit:>5}{accuracy:>10}           " + "".join(f"{n:>7,}" for n in row))


def _test_images(run: Any, dataset: str | None) -> Any:
    from nn.data import sources

    if dataset is not None:
        chosen = sources.resolve_dataset(dataset)
    else:
        chosen = run.spec.dataset if run else sources.default_dataset()
    if run and chosen == run.spec.dataset:
        return sources.load_splits(chosen, run.spec.validation_size, run.spec.seed).test
    return sources.load_test_set(chosen)


@click.command(cls=Command)
@click.argument("run")
@click.argument("out", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--neuron",
    type=int,
    metavar="NUMBER",
    help="First-layer neuron, counted from 0, to show alone in a .gif or .webp.",
)
def export(run: str, out: Path, neuron: int | None) -> None:
    """Export a run to a file.

    The ending of OUT chooses what is written:

    \b
    .npz, .safetensors, .json   the network
    .zip                        NumPy code of about 30 lines that classifies images with it
    .csv                        loss and accuracy curves
    .png                        the first-layer weights
    .gif, .webp                 animation of the first-layer weights during training
    .html                       self-contained report

    RUN: the id of a run, the beginning of its id, or its name. RUN@STEP exports the network at that
    snapshot, and an animation or report up to it.
    """
    kind = out.suffix.lower()
    if neuron is not None and kind not in ANIMATIONS:
        raise click.UsageError("--neuron works only with .gif and .webp.")
    if kind == ".csv":
        _export_curves(run, out)
    elif kind == ".png":
        _export_image(run, out)
    elif kind in ANIMATIONS:
        _export_animation(run, out, neuron)
    elif kind == ".html":
        _export_report(run, out)
    else:
        _export_network(run, out)
    click.echo(f"Wrote {out} ({out.stat().st_size / 1e6:.1f} MB).", err=True)


def _export_network(text: str, out: Path) -> None:
    from nn.export import numpy_code
    from nn.models import weights_file
    from nn.runs.load_network import load
    from nn.runs.store.store import RunStore

    store = RunStore()
    network, run, step = load(store, text)
    assert run is not None  # load returns runs only
    accuracies = {epoch["step"]: epoch["test_accuracy"] for epoch in store.epochs(run.id)}
    about = {
        "run": run.name, "data": Path(run.spec.dataset).name, "step": step,
        "test_accuracy": accuracies.get(step),
    }  # fmt: skip
    write = numpy_code.write if out.suffix.lower() == ".zip" else weights_file.write
    write(network, out, about)


def _export_curves(text: str, out: Path) -> None:
    from nn.export import curves_csv
    from nn.runs.store.store import RunStore

    store = RunStore()
    curves_csv.write(store, store.find(text), out)


def _export_image(text: str, out: Path) -> None:
    from nn.export import animation

    store, run, steps = _snapshot_steps(text)
    animation.write_image(store, run.id, steps[-1], out)


def _export_animation(text: str, out: Path, neuron: int | None) -> None:
    from tqdm import tqdm

    from nn.export import animation

    store, run, steps = _snapshot_steps(text)
    neurons = run.spec.sizes[1]
    if neuron is not None and not 0 <= neuron < neurons:
        raise UserError(f"--neuron must be from 0 to {neurons - 1:,}; got {neuron}.")
    animation.write_weight_wall(
        store, run.id, steps, out, neuron, partial(tqdm, desc=f"drawing {out.name}")
    )


def _export_report(text: str, out: Path) -> None:
    from tqdm import tqdm

    from nn.export import html_report

    store, run, steps = _snapshot_steps(text)
    html_report.write(store, run, steps, out, partial(tqdm, desc=f"writing {out.name}"))


def _snapshot_steps(text: str) -> tuple[Any, Any, list[int]]:
    """RUN or RUN@STEP → the store, the run and the steps of its snapshots, up to STEP."""
    from nn.runs.load_network import parse_step
    from nn.runs.store.store import RunStore

    store = RunStore()
    name, at, last = text.partition("@")
    run = store.find(name)
    end = parse_step(last) if at else math.inf
    steps = [step for step in store.snapshot_steps(run.id) if step <= end]
    if not steps:
        raise UserError(f"Run {run.name} has no snapshots yet: it is {run.state}.")
    return store, run, steps
