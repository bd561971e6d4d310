"""``race``: train a few configurations in this process, in lockstep."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any

import click

from nn.cli import Command, json_option, print_json
from nn.cli.train import (
    chosen_spec,
    epoch_fields,
    interruptible,
    name_option,
    set_option,
    setting,
    spec_options,
    value_of,
)
from nn.errors import UserError

if TYPE_CHECKING:  # it takes long to import, and --help does without
    from nn.runs.store.store import Run, RunStore

LOOK_INTERVAL = 0.5  # seconds between two queries for accuracies
Show = Callable[[str, Any], None]  # takes a member's run and an event of it


@click.command(cls=Command)
@spec_options
@name_option("Name of the race.")
@set_option(
    "FIELD=VALUES",
    "Two to four values of one field of the configuration: --set lr=0.01,0.1,1, or for hidden "
    "layers --set hidden=32/64,64. Other fields with one value each. Repeatable.",
)
@click.option(
    "--free", is_flag=True, help="Free race: equal training time instead of equal images seen."
)
@json_option
def race(settings: tuple[str, ...], name: str, free: bool, as_json: bool, **options: Any) -> None:
    """Train two to four configurations in lockstep.

    All of them see the same images in the same order. Afterward they are ordinary runs.
    Ctrl-C stops them; `resume` continues one of them.
    """
    from nn.runs import race as races
    from nn.runs.store.groups import create_group
    from nn.runs.store.queue import new_lease
    from nn.runs.store.store import RunStore, State
    from nn.runs.worker.process import launch_queued
    from nn.runs.worker.race import race as train_race

    given = {field: values_of(field, text) for field, text in map(setting, settings)}
    varied = [field for field, texts in given.items() if len(texts) > 1]
    if len(varied) != 1:
        raise click.UsageError(
            "--set must give several values to one field, for example --set lr=0.01,0.1,1."
        )
    [field] = varied
    texts = given.pop(field)
    store, lease = RunStore(), new_lease()
    base = chosen_spec(store, {name: text for name, [text] in given.items()}, **options)
    specs = races.vary(base, field, [value_of(field, text) for text in texts])
    names = [f"{field} {text}" for text in texts]
    group = create_group(
        store, "race", specs, name, names=names, lease=lease, free=free, vary=field
    )
    members = dict(zip(group.runs, names, strict=True))

    show = _json_lines(members) if as_json else _progress_bars(store, members)
    with interruptible() as interrupted, show as on_event:
        events, is_stopping = train_race(store, group.runs, lease, free), False
        for event in events:
            on_event(*event)
            if interrupted() and not is_stopping:
                # A command, for which they stop after equally many images.
                is_stopping = any(store.command(run_id, "stop") for run_id in group.runs)
                if not is_stopping:
                    events.close()  # type: ignore[attr-defined]
    launch_queued(store)
    runs = [run for run in store.runs() if run.id in members]  # but those deleted meanwhile
    if as_json:
        for run in runs:
            print_json(
                event="end", group=group.id, run=run.id, member=members[run.id], state=run.state,
                message=run.message, test_accuracy=run.test_accuracy, seconds=run.seconds,
            )  # fmt: skip
    else:
        for line in _result(runs, members):
            click.echo(line)
    if interrupted():
        sys.exit(130)
    if not any(run.state in (State.FINISHED, State.STOPPED, State.PAUSED) for run in runs):
        raise UserError(f"No member has finished the race. {runs[0].message}")


def values_of(field: str, text: str) -> list[str]:
    """The texts of a field's values. Commas separate the widths of hidden layers."""
    return text.split("/" if field == "hidden" else ",")


def _result(runs: Sequence[Run], members: Mapping[str, str]) -> Iterator[str]:
    """The table at the end, the best first."""
    width = max(map(len, members.values()))
    for run in sorted(runs, key=lambda run: -(run.test_accuracy or 0.0)):
        accuracy = "" if run.test_accuracy is None else f"{run.test_accuracy:.2%}"
        yield (
            f"{members[run.id]:<{width}}  {accuracy:>7}  {run.state:<9}  {run.seconds:6.1f} s  "
            f"run {run.id}  {run.message}".rstrip()
        )


@contextmanager
def _json_lines(members: Mapping[str, str]) -> Iterator[Show]:
    from nn.training import Epoch

    def show(run_id: str, event: Any) -> None:
        if isinstance(event, Epoch):
            print_json(run=run_id, member=members[run_id], **epoch_fields(event))

    yield show


@contextmanager
def _progress_bars(store: RunStore, members: Mapping[str, str]) -> Iterator[Show]:
    """A line a member with its latest accuracy; an arrow marks who leads."""
    from tqdm import tqdm

    from nn.runs.store.store import State

    spec = store.run(next(iter(members))).spec
    images = len(spec.load_splits().train)
    width = max(map(len, members.values()))
    bars: dict[str, Any] = {}
    accuracies: dict[str, float] = {}
    next_look = 0.0

    def label(run_id: str) -> str:
        leads = run_id in accuracies and accuracies[run_id] == max(accuracies.values())
        return f"{'▸' if leads else ' '} {members[run_id]:<{width}}"

    def look() -> None:
        for run in store.runs(list(members)):
            estimates = store.accuracy_estimates(run.id)
            if run.state is State.FINISHED and run.test_accuracy is not None:
                accuracies[run.id] = run.test_accuracy
            elif run.state in (State.DIVERGED, State.FAILED):
                accuracies.pop(run.id, None)
            elif estimates:
                accuracies[run.id] = estimates[-1].accuracy
        for run_id, bar in bars.items():
            bar.set_description(label(run_id), refresh=False)
            if run_id in accuracies:
                bar.set_postfix(accuracy=f"{accuracies[run_id]:.1%}", refresh=False)

    def show(run_id: str, event: Any) -> None:
        nonlocal next_look
        if event is None:
            return
        bar = bars[run_id]
        if time.monotonic() >= next_look:
            look()
            next_look = time.monotonic() + LOOK_INTERVAL
        bar.update(event.samples_seen - bar.n)

    with ExitStack() as stack:
        for position, run_id in enumerate(members):
            total = images * store.run(run_id).spec.epochs
            bar = tqdm(
                desc=label(run_id), total=total, unit=" images", unit_scale=True, position=position
            )
            bars[run_id] = stack.enter_context(bar)
        yield show
        look()  # a short race has ended since the last time
