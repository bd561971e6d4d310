"""``runs``, ``stop`` and ``delete``: list and manage recorded runs."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from nn.cli import Command, json_option, print_json
from nn.errors import UserError

if TYPE_CHECKING:
    from nn.runs.store.store import RunStore


@click.command(cls=Command)
@json_option
@click.option("--check", is_flag=True, help="Say what is damaged; exit code 1 if anything is.")
def runs(as_json: bool, check: bool) -> None:
    """List the recorded runs.

    Newest first, followed by those that cannot be read and the size of the run database.
    """
    from nn.runs.store import quota
    from nn.runs.store.run import ordinal
    from nn.runs.store.store import RunStore

    store = RunStore()
    if check:
        sys.exit(1 if _damage(store, as_json) else 0)
    found = store.runs()
    unreadable = store.unreadable_runs()
    for run in found:
        if as_json:
            print_json(
                run=run.id, name=run.name, state=run.state, message=run.message,
                epoch=run.epoch, epochs=run.spec.epochs, samples_seen=run.samples_seen,
                test_accuracy=run.test_accuracy, snapshots=len(store.snapshot_steps(run.id)),
                created=run.created,
            )  # fmt: skip
        else:
            accuracy = "" if run.test_accuracy is None else f"{run.test_accuracy:.2%}"
            widths = "-".join(map(str, run.spec.sizes))
            state = (
                f"{run.state} {ordinal(run.queue_position)}" if run.queue_position else run.state
            )
            click.echo(
                f"{run.id}  {state:<11} {run.epoch:>3}/{run.spec.epochs:<3} {accuracy:>7}  "
                f"{widths:<16} {run.spec.dataset:<8} {run.name}"
            )
    for each in unreadable:
        if as_json:
            values = dict.fromkeys(("epoch", "epochs", "samples_seen", "test_accuracy"))
            print_json(
                run=each.id, name=each.name, state="unreadable", message=each.reason, **values,
                snapshots=len(store.snapshot_steps(each.id)), created=None,
            )  # fmt: skip
        else:
            click.echo(f"{each.id}  unreadable  {each.name}: {each.reason}")
    if not (found or unreadable):
        click.echo("No runs yet. Start one with `python -m nn train`.", err=True)
    if size := quota.usage(store):
        click.echo(size, err=True)


def _damage(store: RunStore, as_json: bool) -> int:
    """Print what is damaged in the store → how much."""
    from nn.runs import check_store

    count = 0
    for damage in check_store.check(store):
        count += 1
        if as_json:
            print_json(run=damage.run or None, message=damage.message)
        else:
            click.echo(f"{damage.run or 'store'}  {damage.message}")
    if not count:
        click.echo("Nothing is damaged.", err=True)
    return count


@click.command(cls=Command)
@click.argument("run")
def stop(run: str) -> None:
    """Stop a run. It is saved and can be resumed.

    RUN: the id of a run, the beginning of its id, or its name.
    """
    from nn.runs.store.store import RunStore
    from nn.runs.worker.process import send_command

    store = RunStore()
    send_command(store, store.find_id(run), "stop")


@click.command(cls=Command)
@click.argument("run")
@click.option("--yes", is_flag=True, help="Yes to all questions: delete without confirmation.")
def delete(run: str, yes: bool) -> None:
    """Delete a run and its snapshots.

    A run in progress is stopped first.

    RUN: the id of a run, the beginning of its id, or its name.
    """
    from nn.runs.store.store import RunStore

    store = RunStore()
    run_id = store.find_id(run)
    try:
        found = store.run(run_id)
        name, progress = found.name, f"{found.state}, {found.epoch} of {found.spec.epochs} epochs"
    except UserError:
        name, progress = run_id, "it cannot be read"
    if not yes and at_a_terminal():
        click.confirm(f"Permanently delete run {name} ({progress}) and its snapshots?", abort=True)
    store.delete(run_id)
    click.echo(f"Deleted run {name}.", err=True)


def at_a_terminal() -> bool:
    """Whether there is a terminal to ask in."""
    return sys.stdin.isatty()
