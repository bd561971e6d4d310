"""``pretrained``: make the network that comes with the program anew."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from nn.runs.spec import RunSpec
    from nn.training import Epoch


@click.command()
def pretrained() -> None:
    """Train the program's own pretrained anew, from its recipe, and replace it; half an hour."""
    import numpy as np

    from nn.models import weights_file
    from nn.models.pretrained import FILE
    from nn.runs import train_pretrained

    def show(spec: RunSpec, epoch: Epoch) -> None:
        assert epoch.validation is not None  # the recipe holds pictures out
        click.echo(
            f"epoch {epoch.epoch} of {spec.epochs}, {epoch.seconds:.0f} s: reads "
            f"{epoch.validation.accuracy:.2%} of held-out digits"
        )

    network, about = train_pretrained.make(show)
    weights_file.write(network, FILE, about, np.float16)
    click.echo(f"{FILE} is written ({FILE.stat().st_size / 1e6:.1f} MB).")
