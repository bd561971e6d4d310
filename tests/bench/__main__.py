"""``python -m tests.bench [NAME…] [--json]``: measured comparisons; never part of the tests.

Without a name all but ``memory`` and ``accurate``, which take half an hour and ten minutes. Peers:
requirements-bench.txt.
"""

from __future__ import annotations

from importlib import import_module

import click

from tests.bench.report import Report

NAMES = (
    "speed",
    "share",
    "accuracy",
    "recording",
    "process",
    "live",
    "viewers",
    "draw",
    "look",
    "memory",
    "accurate",
)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option("--json", "as_json", is_flag=True, help="One JSON object a check, nothing else.")
def main(names: tuple[str, ...], as_json: bool) -> None:
    """Measure, and compare with what must be reached."""
    for name in names or NAMES[:-2]:
        import_module(f"tests.bench.{name}").run(Report(as_json))


if __name__ == "__main__":
    main()
