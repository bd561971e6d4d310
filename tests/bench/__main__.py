"""Benchmarks: ``python -m tests.bench [NAME…] [--json]``. They are not part of the test suite.

Without names, all run except ``classroom`` (15 minutes), ``kill`` (half an hour), ``memory`` (an
hour) and ``accurate`` (ten minutes).
requirements-bench.txt lists the libraries that we compare with.
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
    "grid",
    "draw",
    "look",
    "compare",
    "layout",
    "cluster",
    "fuzz",
    "classroom",
    "kill",
    "memory",
    "accurate",
)


@click.command()
@click.argument("names", nargs=-1, type=click.Choice(NAMES))
@click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per check and nothing else."
)
@click.option("--plot", is_flag=True, help="After speed, draw how it depends on the settings.")
def main(names: tuple[str, ...], as_json: bool, plot: bool) -> None:
    """Run benchmarks and check each result against its limit."""
    for name in [*(names or NAMES[:-4]), *(["growth"] if plot else [])]:
        import_module(f"tests.bench.{name}").run(Report(as_json))


if __name__ == "__main__":
    main()
