"""``pretrained`` and ``card``: train the pretrained model again, and measure it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from nn.cli import Command

if TYPE_CHECKING:
    from nn.runs.spec import RunSpec
    from nn.training import Epoch


@click.command(cls=Command)
def pretrained() -> None:
    """Retrain the pretrained model.

    Replaces its file; takes about an hour on two cores. Ctrl-C interrupts it; the same
    command resumes it after the last complete epoch.
    """
    import numpy as np

    from nn.models import weights_file
    from nn.models.pretrained import FILE
    from nn.runs import train_pretrained
    from nn.support.paths import cache

    def show(spec: RunSpec, epoch: Epoch) -> None:
        assert epoch.validation is not None  # it is trained with a validation set
        click.echo(
            f"epoch {epoch.epoch} of {spec.epochs}, {epoch.seconds:.0f} s: "
            f"validation accuracy {epoch.validation.accuracy:.2%}"
        )

    checkpoint = cache("pretrained-checkpoint.safetensors")
    network, about = train_pretrained.make(show, checkpoint)
    weights_file.write(network, FILE, about, np.float16)
    checkpoint.unlink(missing_ok=True)
    click.echo(f"Wrote {FILE} ({FILE.stat().st_size / 1e6:.1f} MB).")


@click.command(cls=Command)
@click.argument("drawings", metavar="FOLDER", type=click.Path(path_type=Path, readable=False))
def card(drawings: Path) -> None:
    """Measure the pretrained model and write its model card.

    Needs MNIST. Takes about ten minutes.

    FOLDER: has chars74k_digits_550.json and pendigits_train_1500.json, pen drawings by people as
    lists of {"label", "writer", "strokes"}.
    """
    from nn.analysis.model_card import forms_sheet, text, views
    from nn.data import sources
    from nn.models.pretrained import CARD, FILE

    sets = views.load(drawings)
    splits = sources.load_splits("mnist", 5000, 0)
    CARD.write_text(text.write(splits, sets, FILE.stat().st_size, click.echo), "utf-8")
    forms_sheet.sheet().save(CARD.with_name("pretrained-forms.png"), optimize=True)
    click.echo(f"Wrote {CARD}.")
