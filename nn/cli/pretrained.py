"""``pretrained``: train the pretrained model again."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from nn.cli import Command

if TYPE_CHECKING:
    from nn.runs.spec import RunSpec
    from nn.training import Epoch


@click.command(cls=Command)
def pretrained() -> None:
    """Retrain the pretrained model.

    Replaces its file; takes about an hour and a half. Ctrl-C interrupts it; the same command goes
    on after the last complete epoch.
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
