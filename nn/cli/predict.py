"""``predict``: classify the digits in image files."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import click

from nn.cli import Command, json_option, print_json
from nn.errors import UserError


@click.command(cls=Command)
@click.argument(
    "images",
    metavar="IMAGE...",
    nargs=-1,
    required=True,
    type=click.Path(path_type=Path, readable=False),
)
@click.option(
    "--model",
    metavar="MODEL",
    help="Model: a run (id, beginning of the id, or name; RUN@STEP for a snapshot) or an exported "
    "file. Default: the pretrained model.",
)
@json_option
def predict(images: tuple[Path, ...], model: str | None, as_json: bool) -> None:
    """Predict the digit in each image.

    Prints the most likely digit and its confidence, or "rejected" for an image that is not a digit.

    IMAGE: an image file, or a folder of image files.
    """
    from nn.data.formats.image_files import open_image
    from nn.data.preprocess.pipeline import preprocess
    from nn.models import pretrained
    from nn.runs import load_network
    from nn.runs.store.store import RunStore

    network = rule = None
    if model is not None:
        network, run, _ = load_network.find_model(model)
        if run:
            rule = load_network.rejection_rule(RunStore(), run)

    succeeded = 0
    for path in _image_files(images):
        try:
            preprocessed = preprocess(open_image(path))
        except UserError as error:
            if as_json:
                print_json(file=str(path), error=str(error))
            else:
                click.echo(str(error), err=True)
            continue
        succeeded += 1
        answer = pretrained.predict(preprocessed, network, rule)
        if as_json:
            print_json(
                file=str(path), digit=answer.predicted, confidence=answer.confidence,
                probabilities=answer.probabilities.tolist(), blank=preprocessed.problem is not None,
                problem=preprocessed.problem, rejected=answer.rejected,
            )  # fmt: skip
        elif preprocessed.problem:
            click.echo(f"{path}: {preprocessed.problem}")
        else:
            rejection = "rejected (not a digit); closest to " if answer.rejected else ""
            click.echo(f"{path}: {rejection}{answer.predicted} ({answer.confidence:.1%})")
    if not succeeded:
        from nn.data.formats.image_files import SUFFIXES

        kinds = ", ".join(sorted(SUFFIXES))
        raise UserError(
            f"No image could be opened. Expected image files, or folders of image files ({kinds})."
        )


def _image_files(paths: tuple[Path, ...]) -> Iterator[Path]:
    from nn.data.formats.image_files import SUFFIXES

    for path in paths:
        if os.path.isdir(path):  # False where Path.is_dir would raise
            yield from sorted(p for p in path.iterdir() if p.suffix.lower() in SUFFIXES)
        else:
            yield path
