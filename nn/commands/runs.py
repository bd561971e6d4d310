"""``runs`` and ``stop``: what has been recorded, and what is under way."""

from __future__ import annotations

import click

from nn.commands import json_option, say
from nn.errors import UserError


@click.command()
@json_option
def runs(as_json: bool) -> None:
    """List the recorded runs, newest first."""
    from nn.runs.store import RunStore

    store = RunStore()
    found = store.runs()
    for run in found:
        if as_json:
            say(
                run=run.id, name=run.name, state=run.state, sentence=run.sentence,
                epoch=run.epoch, epochs=run.spec.epochs, samples=run.samples,
                test_accuracy=run.test_accuracy, frames=len(store.frame_steps(run.id)),
                created=run.created,
            )  # fmt: skip
        else:
            accuracy = "" if run.test_accuracy is None else f"{run.test_accuracy:.2%}"
            widths = "-".join(map(str, run.spec.sizes))
            click.echo(
                f"{run.id}  {run.state:<11} {run.epoch:>3}/{run.spec.epochs:<3} {accuracy:>7}  "
                f"{widths:<16} {run.spec.data:<8} {run.name}"
            )
    if not found:
        click.echo("No runs yet. `python -m nn train` starts the first.", err=True)


@click.command()
@click.argument("run")
def stop(run: str) -> None:
    """Stop a run; it keeps what it has learned and can be resumed."""
    from nn.runs.store import RunStore

    store = RunStore()
    found = store.find(run)
    if not found.state.active:
        raise UserError(f"Run {found.name} is {found.state}: there is nothing to stop.")
    store.command(found.id, "stop")
