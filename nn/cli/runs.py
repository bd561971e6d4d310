"""``runs``, ``stop`` and ``delete``: list and manage recorded runs."""

from __future__ import annotations

import sys

import click

from nn.cli import Command, json_option, print_json


@click.command(cls=Command)
@json_option
def runs(as_json: bool) -> None:
    """List the recorded runs.

    Newest first, followed by the size of the run database.
    """
    from nn.runs.store import quota
    from nn.runs.store.run import ordinal
    from nn.runs.store.store import RunStore

    store = RunStore()
    found = store.runs()
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
    if not found:
        click.echo("No runs yet. Start one with `python -m nn train`.", err=True)
    if size := quota.usage(store):
        click.echo(size, err=True)


@click.command(cls=Command)
@click.argument("run")
def stop(run: str) -> None:
    """Stop a run. It is saved and can be resumed.

    RUN: the id of a run, the beginning of its id, or its name.
    """
    from nn.runs.store.store import RunStore
    from nn.runs.worker.process import send_command

    store = RunStore()
    send_command(store, store.find(run).id, "stop")


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
    found = store.find(run)
    if not yes and at_a_terminal():
        progress = f"{found.state}, {found.epoch} of {found.spec.epochs} epochs"
        click.confirm(
            f"Permanently delete run {found.name} ({progress}) and its snapshots?", abort=True
        )
    store.delete(found.id)
    click.echo(f"Deleted run {found.name}.", err=True)


def at_a_terminal() -> bool:
    """Whether there is a terminal to ask in."""
    return sys.stdin.isatty()
