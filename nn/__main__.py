"""The command line: ``python -m nn``. With ``nn/cli``, the only place here that prints."""

from __future__ import annotations

import os
import sys
from typing import Any, cast

import click

from nn.cli.compare import compare
from nn.cli.data import convert, data
from nn.cli.model import export, test
from nn.cli.predict import predict
from nn.cli.pretrained import card, pretrained
from nn.cli.race import race
from nn.cli.runs import delete, runs, stop
from nn.cli.sweep import sweep, sweeps
from nn.cli.train import resume, train
from nn.errors import UserError
from nn.runs.old_names import COMMANDS


class CommandLine(click.Group):
    """Reports a UserError, an error of the store or of the operating system as one sentence on
    standard error, with exit code 1. Ctrl-C gives exit code 130."""

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except UserError as error:
            message = str(error)
        except BrokenPipeError:  # the receiving program has closed: click exits quietly
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            message = f"The operating system reports an error: {where}{error.strerror or error}."
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(130)
        except Exception as error:
            # By name, because importing it would cost every command half a second.
            if type(error).__module__ != "sqlalchemy.exc":
                raise
            from nn.runs.store import outage

            message = f"{outage.explain(cast(Any, error))} Then try again."
        # Raised outside the handlers, so that the caught error and the progress bar it interrupted
        # are released before this message is printed.
        raise click.ClickException(message)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        return super().get_command(ctx, COMMANDS.get(cmd_name, cmd_name))

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(self.commands)  # in the order in which they are used


@click.group(cls=CommandLine, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Digitscope: train neural networks on handwritten digits and use them.

    Runs started here appear in the browser (streamlit run app.py) as they train.
    """


for command in (
    data, train, race, sweep, test, predict, convert, runs, sweeps, compare, resume, stop, delete,
    export, pretrained, card,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # closed by the calling shell
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    try:
        main(prog_name="python -m nn")
    finally:  # what cannot be written has been reported; Python would report it again at its exit
        try:
            sys.stdout.flush()
        except OSError:
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
