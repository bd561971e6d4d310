"""The commands of ``python -m nn``, one subject a file; what they share."""

from __future__ import annotations

import json

import click

json_option = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object a line and nothing else."
)


def say(**fields: object) -> None:
    """One line for a program to read."""
    click.echo(json.dumps(fields))
