"""The command line: ``python -m nn``. With ``nn/commands``, the only place here that prints."""

from __future__ import annotations

from typing import Any

import click

from nn.commands.data import convert, data
from nn.commands.model import export, test
from nn.commands.predict import predict
from nn.commands.runs import delete, runs, stop
from nn.commands.train import resume, train
from nn.errors import UserError


class Sentences(click.Group):
    """A UserError, or a fault of the store, becomes a sentence on standard error, exit code 1."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UserError as error:
            raise click.ClickException(str(error)) from None
        except Exception as error:
            # By name: to import it costs every command half a second.
            if type(error).__module__ != "sqlalchemy.exc":
                raise
            reason = getattr(error, "orig", None) or error
            raise click.ClickException(f"The store did not answer: {reason}. Try again.") from None

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)  # in the order in which one needs them


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Digitscope without the browser: train a network on handwritten digits and let it read."""


for command in (data, train, test, predict, convert, runs, resume, stop, delete, export):
    main.add_command(command)

if __name__ == "__main__":
    main(prog_name="python -m nn")
