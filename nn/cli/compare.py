"""``compare``: in which settings runs differ, and with what results."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nn.cli import Command, json_option, print_json
from nn.cli.results import result_fields, result_lines, results
from nn.errors import UserError

if TYPE_CHECKING:  # it takes long to import, and --help does without
    from nn.runs.store.store import Run, RunStore


@click.command(cls=Command)
@click.argument("runs", nargs=-1, required=True, metavar="RUN…")
@json_option
def compare(runs: tuple[str, ...], as_json: bool) -> None:
    """Compare runs: the settings in which they differ, and their results.

    The best configuration first; runs that differ in their seed alone share a line.

    RUN: the id of a run, the beginning of its id, or its name; or the id of a sweep, a race or a
    grid, for all of its runs.
    """
    from nn.runs.differences import differing_fields
    from nn.runs.store.store import RunStore

    store = RunStore()
    found = {run.id: run for text in runs for run in _runs(store, text)}
    chosen = list(found.values())
    fields = [field for field in differing_fields([run.spec for run in chosen]) if field != "seed"]
    ranked = results(store, chosen)
    if as_json:
        for result in ranked:
            print_json(**result_fields(result, fields))
        return
    for line in result_lines(ranked, fields):
        click.echo(line)
    if not fields:
        click.echo("These runs have the same settings.", err=True)
    for run in chosen:
        if run.state != "finished":
            click.echo(f"Run {run.name} is {run.state}.", err=True)


def _runs(store: RunStore, text: str) -> list[Run]:
    """The run, or the members of the group, with this id. Raises UserError."""
    from nn.runs.store.groups import group

    try:
        members = group(store, text).runs
    except UserError:
        return [store.find(text)]
    return list(reversed(store.runs(members)))
