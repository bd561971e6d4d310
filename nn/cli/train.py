"""``train`` and ``resume``: train a network in this process."""

from __future__ import annotations

import json
import signal
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

import click

from nn.cli import Command, json_option, print_json
from nn.errors import UserError

MAX_SPEC_BYTES = 2**20

# Field of RunSpec, type and placeholder of its value, help: the term, then a plain explanation.
FIELD_OPTIONS: list[tuple[str, type, str, str]] = [
    ("hidden", str, "WIDTHS", "Hidden layers: neurons in each, for example 128,64; '' for none."),
    ("activation", str, "NAME", "Activation function of the hidden layers: relu, leaky_relu, gelu, "
     "tanh or sigmoid."),
    ("output", str, "NAME", "Output layer: softmax (probabilities that add up to 1) or sigmoid "
     "(ten separate yes-or-no outputs)."),
    ("loss", str, "NAME", "Loss, the number that training lowers: cross_entropy or squared_error."),
    ("initializer", str, "NAME", "Initialization of the weights: he, glorot, lecun, uniform or "
     "normal."),
    ("optimizer", str, "NAME", "Optimizer, the rule that updates the weights: sgd, rmsprop, adam "
     "or adamw."),
    ("lr", float, "NUMBER", "Learning rate: how far each step moves the weights."),
    ("lr_schedule", str, "NAME", "Learning rate schedule, how it changes over the run: constant, "
     "step, cosine or warm_up_linear."),
    ("momentum", float, "NUMBER", "Momentum for sgd: share of the previous update that is kept."),
    ("nesterov", bool, "BOOLEAN", "Nesterov momentum for sgd: true or false."),
    ("weight_decay", float, "NUMBER", "Weight decay: shrinks the weights at each step, against "
     "overfitting."),
    ("dropout", float, "NUMBER", "Dropout: share of hidden activations set to 0 at each step, "
     "against overfitting."),
    ("augmentation", float, "NUMBER", "Data augmentation: strength of the random changes to each "
     "training image; 0: none, 1: like natural handwriting."),
    ("label_smoothing", float, "NUMBER", "Label smoothing: share of each label spread over all "
     "digits."),
    ("clip_norm", float, "NUMBER", "Gradient clipping: largest norm of the gradient; 0: no limit."),
    ("early_stopping_patience", int, "EPOCHS", "Early stopping: epochs without a lower validation "
     "loss before training ends; 0: never."),
    ("batch_size", int, "NUMBER", "Batch size: images per training step."),
    ("epochs", int, "NUMBER", "Epochs: passes over the training images."),
    ("dataset", str, "NAME|PATH", "Dataset: mnist, strokes (built-in synthetic digits) or a path. "
     "Default: mnist if it is installed, otherwise strokes."),
    ("extra_data", str, "FILE", "Extra data: an .npz of labeled digits added to the training "
     "images."),
    ("init_from", str, "MODEL", "Initialize from a trained network instead of random weights: "
     "pretrained, a run, or RUN@STEP for a snapshot."),
    ("validation_size", int, "NUMBER", "Validation set: training images held out to measure "
     "progress on unseen images."),
    ("train_size", int, "NUMBER", "Training images to use, the first ones; 0: all."),
    ("seed", int, "NUMBER", "Random seed: the same seed gives the same run."),
]  # fmt: skip


def field_options(command: Callable[..., None]) -> Callable[..., None]:
    """An option for every field of RunSpec, in the order of FIELD_OPTIONS."""
    for field, kind, metavar, text in reversed(FIELD_OPTIONS):
        flag = f"--{field.replace('_', '-')}"
        command = click.option(flag, field, type=kind, metavar=metavar, help=text)(command)
    return command


def spec_options(command: Callable[..., None]) -> Callable[..., None]:
    """The options that make a configuration, see ``chosen_spec``."""
    for option in (
        click.option(
            "--spec",
            type=click.Path(exists=True, dir_okay=False, readable=False, path_type=Path),
            metavar="FILE",
            help="Configuration file: JSON with any fields of the configuration.",
        ),
        field_options,
        click.option(
            "--preset", default="standard", metavar="NAME", show_default=True,
            help="Preset, the configuration that the options below change: standard, fast, "
            "accurate, too-fast, too-small, overfits, augmented, sigmoid-40-40, relu-256-64, "
            "sigmoid-30, logistic-28-28 or relu-128.",
        ),
    ):  # fmt: skip
        command = option(command)
    return command


def name_option(help: str) -> Callable[[Callable[..., None]], Callable[..., None]]:
    return click.option("--name", default="", metavar="TEXT", help=help)


def set_option(
    metavar: str, help: str, required: bool = True
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """A repeatable --set; the command gets its texts as ``settings``, see ``setting``."""
    return click.option(
        "--set", "settings", multiple=True, required=required, metavar=metavar, help=help
    )


@click.command(cls=Command)
@spec_options
@name_option("Name of the run, to find it by.")
@set_option(
    "FIELD=VALUE",
    "Any field of the configuration, for example --set momentum=0.5. Repeatable.",
    required=False,
)
@json_option
def train(settings: tuple[str, ...], name: str, as_json: bool, **options: Any) -> None:
    """Train a network. The run can be watched in the browser.

    Ctrl-C stops the run and saves it; `resume` continues it.
    """
    from nn.runs.store.queue import new_lease
    from nn.runs.store.store import RunStore

    store, lease = RunStore(), new_lease()
    chosen = chosen_spec(store, dict(map(setting, settings)), **options)
    work_on(store, store.create(chosen, name, lease).id, lease, as_json)


def setting(text: str) -> tuple[str, str]:
    """A value of --set → field and value, as texts."""
    from nn.runs.old_names import FIELDS

    field, equals, value = text.partition("=")
    if not equals:
        raise click.UsageError(f"--set takes FIELD=VALUE; got {text!r}.")
    return FIELDS.get(field, field), value


def value_of(field: str, text: str) -> Any:
    """The value of a field of RunSpec that is written as a text. Raises FieldError."""
    from nn.runs.spec import parse_hidden

    return parse_hidden(text) if field == "hidden" else _value(text)


def chosen_spec(
    store: Any, settings: Mapping[str, str], preset: str, spec: Path | None, **options: Any
) -> Any:
    """The RunSpec of ``spec_options`` and of ``settings``, texts by their fields. Raises as
    ``spec_with``."""
    changes = given_fields(spec, **options)
    changes |= {field: value_of(field, text) for field, text in settings.items()}
    return spec_with(store, preset, changes)


def given_fields(spec: Path | None, **options: Any) -> dict[str, Any]:
    """The fields of RunSpec that ``spec_options`` give, but the preset's. Raises UserError."""
    from nn.runs.old_names import translated
    from nn.runs.spec import read_fields

    changes = {} if spec is None else translated(read_fields(_text(spec)))
    return changes | translated({key: each for key, each in options.items() if each is not None})


def spec_with(store: Any, preset: str, changes: dict[str, Any]) -> Any:
    """The RunSpec of a preset with some fields changed. Raises UserError, also for missing data,
    before a run is recorded."""
    from nn.data import mnist, sources
    from nn.runs import load_network, presets
    from nn.runs.spec import RunSpec, parse_hidden

    changes = dict(changes)
    if isinstance(changes.get("hidden"), str):
        changes["hidden"] = parse_hidden(changes["hidden"])
    if "dataset" not in changes:
        changes["dataset"] = sources.default_dataset()
        if changes["dataset"] == "strokes":
            click.echo(f"Training on built-in synthetic digits. {mnist.HOW_TO_GET}", err=True)
    elif isinstance(changes["dataset"], str):
        changes["dataset"] = sources.resolve_dataset(changes["dataset"])
    if changes.get("extra_data") and isinstance(changes["extra_data"], str):
        changes["extra_data"] = str(Path(changes["extra_data"]).expanduser().absolute())
    if changes.get("init_from") and isinstance(changes["init_from"], str):
        _, fields = load_network.init_from_fields(store, changes.pop("init_from"))
        changes = fields | changes
    chosen = RunSpec.from_dict(asdict(presets.preset(preset).spec) | changes)
    chosen.load_splits()
    if chosen.init_from:
        load_network.initial_parameters(store, chosen)
    return chosen


@click.command(cls=Command)
@click.argument("run")
@json_option
def resume(run: str, as_json: bool) -> None:
    """Resume a stopped, interrupted or failed run.

    Training continues from the last checkpoint of the run.

    RUN: the id of a run, the beginning of its id, or its name.
    """
    from nn.runs.store.queue import new_lease
    from nn.runs.store.store import RunStore

    store, lease = RunStore(), new_lease()
    found = store.find(run)
    # Reports missing data before the state of the run changes.
    found.spec.load_splits()
    work_on(store, store.requeue(found.id, lease).id, lease, as_json)


def _text(path: Path) -> str:
    try:
        with open(path, "rb") as file:
            text = file.read(MAX_SPEC_BYTES + 1)
        if len(text) > MAX_SPEC_BYTES:
            raise UserError(
                f"{path} is larger than {MAX_SPEC_BYTES:,} bytes. Expected a JSON configuration."
            )
        return text.decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path} is not a text file: {error}.") from None


def _value(text: str) -> object:
    try:
        return json.loads(text)
    except (ValueError, RecursionError):
        return text


def work_on(store: Any, run_id: str, lease: str, as_json: bool) -> None:
    """Train the run in this process, show its progress, and exit with its result.

    It takes a slot like any worker, but does not wait in the queue.
    """
    from nn.runs.store.store import State
    from nn.runs.worker.loop import work
    from nn.runs.worker.process import launch_queued

    show = _json_lines() if as_json else _progress_bar(store.run(run_id))
    with interruptible() as interrupted, show as on_event:
        events = work(store, run_id, lease)
        for event in events:
            on_event(event)
            if interrupted():
                events.close()  # type: ignore[attr-defined]

    launch_queued(store)
    run = store.run(run_id)
    if as_json:
        print_json(
            event="end", run=run.id, state=run.state, test_accuracy=run.test_accuracy,
            seconds=run.seconds,
        )  # fmt: skip
    elif run.state is State.FINISHED:
        accuracy = "" if run.test_accuracy is None else f": test accuracy {run.test_accuracy:.2%}"
        click.echo(f"Run {run.name} finished after {run.seconds:.1f} s of training{accuracy}.")
    if run.state in (State.STOPPED, State.PAUSED):
        click.echo(
            f"{run.state.capitalize()}. Continue with `python -m nn resume {run.id}`.", err=True
        )
    if interrupted():
        sys.exit(130)
    if run.state not in (State.FINISHED, State.STOPPED, State.PAUSED):
        raise UserError(f"Run {run.name} {run.state}. {run.message}")


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """Ctrl-C is noted instead of raised, so that it never interrupts a step or a write."""
    received: list[int] = []
    before = signal.signal(signal.SIGINT, lambda number, _: received.append(number))
    try:
        yield lambda: bool(received)
    finally:
        signal.signal(signal.SIGINT, before)


def epoch_fields(epoch: Any) -> dict[str, object]:
    """An Epoch as a line of JSON has it."""
    validation, test = epoch.validation, epoch.test
    return {
        "event": "epoch",
        "epoch": epoch.epoch,
        "train_loss": epoch.train_loss,
        "train_accuracy": epoch.train_accuracy,
        "val_loss": validation and validation.loss,
        "val_accuracy": validation and validation.accuracy,
        "test_accuracy": test and test.accuracy,
        "images_per_second": epoch.images_per_second,
        "seconds": epoch.seconds,
    }


@contextmanager
def _json_lines() -> Iterator[Callable[[Any], None]]:
    from nn.training import Epoch

    def show(event: Any) -> None:
        if isinstance(event, Epoch):
            print_json(**epoch_fields(event))

    yield show


@contextmanager
def _progress_bar(run: Any) -> Iterator[Callable[[Any], None]]:
    from tqdm import tqdm

    from nn.training import Epoch

    spec = run.spec
    total = len(spec.load_splits().train) * spec.epochs
    bar = tqdm(desc=f"run {run.name}", total=total, unit=" images", unit_scale=True)

    def show(event: Any) -> None:
        if isinstance(event, Epoch):
            accuracy = f"{event.test.accuracy:.2%}" if event.test else ""
            bar.set_postfix(
                loss=f"{event.train_loss:.3f}", train_accuracy=f"{event.train_accuracy:.2%}",
                test_accuracy=accuracy,
            )  # fmt: skip
        elif event is not None:
            bar.update(event.samples_seen - bar.n)

    with bar:
        yield show
