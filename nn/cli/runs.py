"""``runs``, ``stop`` and ``delete``: what has been recorded, and what is under way."""

from __future__ import annotations

import sys

import click

from nn.cli import json_option, say


@click.command()
@json_option
def runs(as_json: bool) -> None:
    """List the recorded runs, newest first, and say how large the store is."""
    from nn.runs.store import quota
    from nn.runs.store.run import ordinal
    from nn.runs.store.store import RunStore

    store = RunStore()
    found = store.runs()
    for run in found:
        if as_json:
            say(
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
        click.echo("No runs yet. `python -m nn train` starts the first.", err=True)
    if size := quota.usage(store):
        click.echo(size, err=True)


@click.command()
@click.argument("run")
def stop(run: str) -> None:
    """Stop a run; it keeps what it has learned and can be resumed."""
    from nn.runs.store.store import RunStore
    from nn.runs.worker.process import send_command

    store = RunStore()
    send_command(store, store.find(run).id, "stop")


@click.command()
@click.argument("run")
@click.option("--yes", is_flag=True, help="Do not ask.")
def delete(run: str, yes: bool) -> None:
    """Delete a run and all that was recorded of it; if it is under way, it ends."""
    from nn.runs.store.store import RunStore

    store = RunStore()
    found = store.find(run)
    if not yes and at_a_terminal():
        done = f"{found.state}, {found.epoch} of {found.spec.epochs} epochs"
        click.confirm(
            f"Delete run {found.name} ({done}) and all that was recorded of it?", abort=True
        )
    store.delete(found.id)
    click.echo(f"Run {found.name} is deleted.", err=True)


def at_a_terminal() -> bool:
    """Whether somebody is there to answer."""
    return sys.stdin.isatty()
