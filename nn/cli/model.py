"""``test`` and ``export``: how well a network reads, and taking it elsewhere."""

from __future__ import annotations

import math
from functools import partial
from pathlib import Path
from typing import Any

import click

from nn.cli import json_option, say
from nn.errors import UserError

MOVING = (".gif", ".webp")


@click.command()
@click.argument("model")
@click.option("--data", help="mnist, strokes or a path; without it, what the run was trained on.")
@json_option
def test(model: str, data: str | None, as_json: bool) -> None:
    """Count which digits a network reads right, and which it takes for which.

    MODEL: a run (id, beginning of it, or name; RUN@STEP for a past frame) or an exported file.
    It reads the test pictures of MNIST, of strokes and of the data it was trained on, and all
    pictures of any other data.
    """
    from nn.analysis.predictions.confusion import confusion
    from nn.analysis.predictions.predict import predicted_digits
    from nn.runs.load_network import find_model

    network, run, _ = find_model(model)
    pictures = _test_pictures(run, data)
    found = confusion(pictures.labels, predicted_digits(network, pictures.images))
    if as_json:
        say(
            accuracy=found.accuracy,
            per_digit=found.accuracy_per_digit,
            confusion=found.counts.tolist(),
        )
        return
    click.echo(f"{found.correct:,} of {found.total:,} read right: {found.accuracy:.2%}.\n")
    click.echo("digit   right   read as" + "".join(f"{digit:>7}" for digit in range(10)))
    for digit, (share, row) in enumerate(
        zip(found.accuracy_per_digit, found.counts.tolist(), strict=True)
    ):
        right = "-" if share is None else f"{share:.1%}"
        click.echo(f"{digit:>5}{right:>8}          " + "".join(f"{n:>7,}" for n in row))


def _test_pictures(run: Any, data: str | None) -> Any:
    from nn.data import sources

    if data is not None:
        chosen = sources.resolve(data)
    else:
        chosen = run.spec.dataset if run else sources.default()
    if run and chosen == run.spec.dataset:
        return sources.load(chosen, run.spec.validation_size, run.spec.seed).test
    return sources.to_test(chosen)


@click.command()
@click.argument("run")
@click.argument("out", type=click.Path(path_type=Path, readable=False))
@click.option(
    "--neuron", type=int, help="Of a .gif or .webp: this first-layer neuron alone, from 0."
)
def export(run: str, out: Path, neuron: int | None) -> None:
    """Write a run to a file whose name says what is in it.

    The network as .npz, .safetensors or readable .json; its curves as .csv; its first-layer
    weights learning as a .gif or .webp; all there is to see of it as one .html that needs nothing
    else. RUN@STEP is the network at a past frame, and a .gif, .webp or .html up to there.
    """
    kind = out.suffix.lower()
    if neuron is not None and kind not in MOVING:
        raise click.UsageError("--neuron goes with a .gif or .webp.")
    if kind == ".csv":
        _export_curves(run, out)
    elif kind in MOVING:
        _export_animation(run, out, neuron)
    elif kind == ".html":
        _export_page(run, out)
    else:
        _export_network(run, out)
    click.echo(f"{out} is written ({out.stat().st_size / 1e6:.1f} MB).", err=True)


def _export_network(text: str, out: Path) -> None:
    from nn.models import weights_file
    from nn.runs.load_network import load
    from nn.runs.store.store import RunStore

    store = RunStore()
    network, run, step = load(store, text)
    assert run is not None  # load finds nothing else
    accuracies = {epoch["step"]: epoch["test_accuracy"] for epoch in store.epochs(run.id)}
    about = {
        "run": run.name, "data": Path(run.spec.dataset).name, "step": step,
        "test_accuracy": accuracies.get(step),
    }  # fmt: skip
    weights_file.write(network, out, about)


def _export_curves(text: str, out: Path) -> None:
    from nn.export import curves_csv
    from nn.runs.store.store import RunStore

    store = RunStore()
    curves_csv.write_csv(store, store.find(text), out)


def _export_animation(text: str, out: Path, neuron: int | None) -> None:
    from tqdm import tqdm

    from nn.export import animation

    store, run, steps = _frames(text)
    neurons = run.spec.sizes[1]
    if neuron is not None and not 0 <= neuron < neurons:
        raise UserError(f"--neuron must be from 0 to {neurons - 1:,}; got {neuron}.")
    animation.write(store, run.id, steps, out, neuron, partial(tqdm, desc=f"drawing {out.name}"))


def _export_page(text: str, out: Path) -> None:
    from tqdm import tqdm

    from nn.export import html_report

    store, run, steps = _frames(text)
    html_report.write(store, run, steps, out, partial(tqdm, desc=f"writing {out.name}"))


def _frames(text: str) -> tuple[Any, Any, list[int]]:
    """``RUN`` or ``RUN@STEP`` → the store, the run and its kept frames, up to that step."""
    from nn.runs.load_network import parse_step
    from nn.runs.store.store import RunStore

    store = RunStore()
    name, at, last = text.partition("@")
    run = store.find(name)
    end = parse_step(last) if at else math.inf
    steps = [step for step in store.snapshot_steps(run.id) if step <= end]
    if not steps:
        raise UserError(f"Run {run.name} has no frames yet: it is {run.state}.")
    return store, run, steps
