"""``predict``: read pictures."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from nn.cli import json_option, say
from nn.errors import UserError


@click.command()
@click.argument(
    "pictures", nargs=-1, required=True, type=click.Path(path_type=Path, readable=False)
)
@click.option(
    "--model",
    help="A run (id, beginning of it, or name; RUN@STEP for a past frame) or an exported file; "
    "without, the pretrained model that comes with the program.",
)
@json_option
def predict(pictures: tuple[Path, ...], model: str | None, as_json: bool) -> None:
    """Read the digit in each picture, or in each picture of a folder."""
    from nn.data.formats.image_files import open_picture
    from nn.data.preprocess.pipeline import preprocess
    from nn.models import pretrained
    from nn.runs import load_network as models

    network = None if model is None else models.find_model(model).network

    done = 0
    for path in _picture_files(pictures):
        try:
            preprocessed = preprocess(open_picture(path))
        except UserError as error:
            sentence = str(error)
            say(file=str(path), error=sentence) if as_json else click.echo(sentence, err=True)
            continue
        done += 1
        answer = pretrained.read(preprocessed, network)
        if as_json:
            say(
                file=str(path), digit=answer.digit, confidence=answer.confidence,
                probabilities=answer.probabilities.tolist(), blank=preprocessed.blank,
                refused=answer.refused,
            )  # fmt: skip
        elif preprocessed.blank:
            click.echo(f"{path}: blank")
        else:
            doubt = "not a digit; nearest to " if answer.refused else ""
            click.echo(f"{path}: {doubt}{answer.digit} ({answer.confidence:.1%})")
    if not done:
        from nn.data.formats.image_files import SUFFIXES

        kinds = ", ".join(sorted(SUFFIXES))
        raise UserError(
            f"No picture could be read: expected picture files, or folders with some ({kinds})."
        )


def _picture_files(paths: tuple[Path, ...]) -> Iterator[Path]:
    from nn.data.formats.image_files import SUFFIXES

    for path in paths:
        if os.path.isdir(path):  # where Path.is_dir raises, this is False and the rest goes on
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        else:
            yield path
