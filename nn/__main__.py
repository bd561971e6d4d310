"""The command line: ``python -m nn``. With ``nn/cli``, the only place here that prints."""

from __future__ import annotations

import os
import sys
from typing import Any

import click

from nn.cli.data import convert, data
from nn.cli.model import export, test
from nn.cli.predict import predict
from nn.cli.pretrained import pretrained
from nn.cli.runs import delete, runs, stop
from nn.cli.train import resume, train
from nn.errors import UserError


class Sentences(click.Group):
    """What a person can mend becomes a sentence on standard error, exit code 1: a UserError, a
    fault of the store, a refusal of the computer. Ctrl-C is exit code 130."""

    def invoke(self, context: click.Context) -> Any:
        try:
            return super().invoke(context)
        except UserError as error:
            sentence = str(error)
        except BrokenPipeError:  # who reads has seen enough: click ends quietly
            raise
        except OSError as error:
            where = f"{error.filename}: " if error.filename else ""
            sentence = f"The computer refused: {where}{error.strerror or error}."
        except KeyboardInterrupt:
            click.echo("Interrupted.", err=True)
            sys.exit(130)
        except Exception as error:
            # By name: to import it costs every command half a second.
            if type(error).__module__ != "sqlalchemy.exc":
                raise
            reason = getattr(error, "orig", None) or error
            sentence = f"The store did not answer: {reason}. Try again."
        # Only here: the error is forgotten, and with it a progress bar that it had interrupted.
        raise click.ClickException(sentence)

    def list_commands(self, context: click.Context) -> list[str]:
        return list(self.commands)  # in the order in which one needs them


@click.group(cls=Sentences, context_settings={"help_option_names": ["-h", "--help"]})
def main() -> None:
    """Digitscope without the browser: train a network on handwritten digits and let it read."""


for command in (
    data, train, test, predict, convert, runs, resume, stop, delete, export, pretrained,
):  # fmt: skip
    main.add_command(command)

if __name__ == "__main__":
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:  # somebody has closed it
            setattr(sys, name, open(os.devnull, "w"))  # noqa: SIM115
    main(prog_name="python -m nn")
