"""``train`` and ``resume``: the command is itself the run's worker."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from nn.cli import json_option, say
from nn.errors import UserError

MOST_BYTES = 2**20  # of a spec


@click.command()
@click.option("--preset", default="standard", help="Recipe to start from.", show_default=True)
@click.option(
    "--spec",
    type=click.Path(exists=True, dir_okay=False, readable=False, path_type=Path),
    help="JSON file with the fields of a RunSpec.",
)
@click.option(
    "--set",
    "settings",
    multiple=True,
    metavar="FIELD=VALUE",
    help="Any field of the spec, for example --set momentum=0.5.",
)
@click.option("--hidden", help="Widths of the hidden layers, for example 128,64.")
@click.option("--activation", help="relu, leaky_relu, gelu, tanh or sigmoid.")
@click.option("--optimizer", "--optimiser", help="sgd, rmsprop, adam or adamw.")
@click.option("--lr", type=float, help="Learning rate.")
@click.option("--batch-size", "--batch", type=int, help="Pictures a step.")
@click.option("--epochs", type=int, help="Passes over the training pictures.")
@click.option(
    "--dataset", "--data", help="mnist, strokes or a path; without it, mnist where it is found."
)
@click.option(
    "--extra-data", "--also", help="An .npz of a few digits of one's own, learned beside the data."
)
@click.option(
    "--init-from", "--start", help="Go on from a network: pretrained, a run, or RUN@STEP."
)
@click.option(
    "--augment",
    "augmentation",
    flag_value=1.0,
    type=float,
    help="Vary each picture whenever it is learned from.",
)
@click.option("--validation-size", "--validation", type=int, help="Training pictures held out.")
@click.option("--seed", type=int, help="Same seed, same run.")
@click.option("--name", default="", help="A name to find the run by.")
@json_option
def train(
    preset: str,
    spec: Path | None,
    settings: tuple[str, ...],
    name: str,
    as_json: bool,
    **options: Any,
) -> None:
    """Train a network; watch it in the browser too. Ctrl-C stops it and keeps the run."""
    from nn.data import mnist, sources
    from nn.runs import load_network, presets
    from nn.runs.old_names import FIELDS, translated
    from nn.runs.spec import RunSpec, parse_hidden, read_fields
    from nn.runs.store.queue import new_lease
    from nn.runs.store.store import RunStore

    changes = {} if spec is None else translated(read_fields(_text(spec)))
    changes |= {key: value for key, value in options.items() if value is not None}
    for setting in settings:
        field, equals, value = setting.partition("=")
        if not equals:
            raise click.UsageError(f"--set takes FIELD=VALUE; got {setting!r}.")
        field = FIELDS.get(field, field)
        changes[field] = value if field == "hidden" else _value(value)
    if isinstance(changes.get("hidden"), str):
        changes["hidden"] = parse_hidden(changes["hidden"])
    if "dataset" not in changes:
        changes["dataset"] = sources.default()
        if changes["dataset"] == "strokes":
            click.echo(f"Training on built-in strokes. {mnist.HOW_TO_GET}", err=True)
    elif isinstance(changes["dataset"], str):
        changes["dataset"] = sources.resolve(changes["dataset"])
    if changes.get("extra_data") and isinstance(changes["extra_data"], str):
        changes["extra_data"] = str(Path(changes["extra_data"]).expanduser().absolute())
    store, lease = RunStore(), new_lease()
    if changes.get("init_from") and isinstance(changes["init_from"], str):
        _, fields = load_network.init_from_fields(store, changes.pop("init_from"))
        changes = fields | changes
    chosen = RunSpec.from_dict(asdict(presets.preset(preset).spec) | changes)
    # Says what is missing before a run is recorded.
    sources.load(chosen.dataset, chosen.validation_size, chosen.seed, chosen.extra_data)
    if chosen.init_from:
        load_network.initial_parameters(store, chosen)

    _work(store, store.create(chosen, name, lease).id, lease, as_json)


@click.command()
@click.argument("run")
@json_option
def resume(run: str, as_json: bool) -> None:
    """Go on with a run that was stopped or interrupted, from its checkpoint."""
    from nn.data import sources
    from nn.runs.store.queue import new_lease
    from nn.runs.store.store import RunStore

    store, lease = RunStore(), new_lease()
    found = store.find(run)
    # Says what is missing before the run is no longer what it was.
    spec = found.spec
    sources.load(spec.dataset, spec.validation_size, spec.seed, spec.extra_data)
    _work(store, store.requeue(found.id, lease).id, lease, as_json)


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            text = file.read(MOST_BYTES + 1)
        if len(text) > MOST_BYTES:
            raise UserError(f"{path} is longer than {MOST_BYTES:,} bytes: no spec is.")
        return text.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} cannot be read as text: {error}.") from None


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def _work(store: Any, run_id: str, lease: str, as_json: bool) -> None:
    """Be the run's worker, show how it goes, and exit as it ends.

    It does not queue, but has a slot like any worker.
    """
    from nn.runs.store.store import State
    from nn.runs.worker.loop import work
    from nn.runs.worker.process import launch_next

    show = _json_lines() if as_json else _progress_bar(store.run(run_id))
    with _interruptible() as interrupted, show as on_event:
        events = work(store, run_id, lease)
        for event in events:
            on_event(event)
            if interrupted():
                events.close()  # type: ignore[attr-defined]

    launch_next(store)
    run = store.run(run_id)
    if as_json:
        say(
            event="end", run=run.id, state=run.state, test_accuracy=run.test_accuracy,
            seconds=run.seconds,
        )  # fmt: skip
    elif run.state is State.FINISHED:
        read = (
            "" if run.test_accuracy is None else f", reads {run.test_accuracy:.2%} of the test set"
        )
        click.echo(f"Run {run.name} finished after {run.seconds:.1f} s of training{read}.")
    if run.state in (State.STOPPED, State.PAUSED):
        click.echo(f"{run.state.capitalize()}. `python -m nn resume {run.id}` goes on.", err=True)
    if interrupted():
        sys.exit(130)
    if run.state not in (State.FINISHED, State.STOPPED, State.PAUSED):
        raise UserError(f"Run {run.name} {run.state}. {run.message}")


@contextmanager
def _interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C is remembered, not raised: it must not tear a step or a write in two."""
    asked: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: asked.append(number))
    try:
        yield lambda: bool(asked)
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _json_lines() -> Iterator[Callable[[Any], None]]:
    from nn.training import Epoch

    def show(event: Any) -> None:
        if isinstance(event, Epoch):
            validation, test = event.validation, event.test
            say(
                event="epoch", epoch=event.epoch, train_loss=event.train_loss,
                val_loss=validation and validation.loss,
                val_accuracy=validation and validation.accuracy,
                test_accuracy=test and test.accuracy,
                images_per_second=event.images_per_second, seconds=event.seconds,
            )  # fmt: skip

    yield show


@contextmanager
def _progress_bar(run: Any) -> Iterator[Callable[[Any], None]]:
    from tqdm import tqdm

    from nn.data import sources
    from nn.training import Epoch

    spec = run.spec
    splits = sources.load(spec.dataset, spec.validation_size, spec.seed, spec.extra_data)
    pictures = len(splits.train) * spec.epochs
    bar = tqdm(desc=f"run {run.name}", total=pictures, unit=" pictures", unit_scale=True)

    def show(event: Any) -> None:
        if isinstance(event, Epoch):
            read = f"{event.test.accuracy:.2%}" if event.test else ""
            bar.set_postfix(loss=f"{event.train_loss:.3f}", test=read)
        elif event is not None:
            bar.update(event.samples_seen - bar.n)

    with bar:
        yield show
