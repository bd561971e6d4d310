"""The commands of ``python -m nn``, one subject a file, and what they share."""

from __future__ import annotations

import json

import click

from nn.runs.old_names import FIELDS

json_option = click.option(
    "--json", "as_json", is_flag=True, help="JSON output: one object per line and nothing else."
)


class Command(click.Command):
    """A command that also takes the flags of version 0.1, which --help does not list."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, [current_flag(word) for word in args])


def current_flag(word: str) -> str:
    """``--batch`` or ``--batch=9`` of version 0.1 → ``--batch-size`` or ``--batch-size=9``; any
    other word unchanged."""
    if word == "--augment":  # took no value
        return "--augmentation=1"
    flag, equals, value = word.partition("=")
    if not flag.startswith("--") or flag[2:] not in FIELDS:
        return word
    return f"--{FIELDS[flag[2:]].replace('_', '-')}{equals}{value}"


def print_json(**fields: object) -> None:
    """One line for a program to read."""
    click.echo(json.dumps(fields))
