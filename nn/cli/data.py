"""``data`` and ``convert``: which pictures are here, and turning them into other files."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from nn.cli import json_option, say


@click.command()
@click.option("--download", is_flag=True, help="Fetch MNIST (11 MB) unless it is here.")
@json_option
def data(download: bool, as_json: bool) -> None:
    """List the datasets that are here: how many pictures, and where."""
    from nn.data import mnist
    from nn.data.synthetic import handwriting

    if download and mnist.find() in (None, mnist.fetched()):  # its own folder may need mending
        _download()
    rows = [("strokes", handwriting.TRAIN + handwriting.TEST, "built in")]
    if folder := mnist.find():
        rows.insert(0, ("mnist", sum(map(len, mnist.load())), str(folder)))
    for name, pictures, where in rows:
        if as_json:
            say(dataset=name, pictures=pictures, where=where)
        else:
            click.echo(f"{name:<8} {pictures:>7,} pictures  {where}")
    if not folder:
        click.echo(f"MNIST is not on this computer. {mnist.HOW_TO_GET}", err=True)


def _download() -> None:
    from tqdm import tqdm

    from nn.data import mnist

    with tqdm(desc="MNIST", unit="B", unit_scale=True) as bar:

        def show(done: int, total: int) -> None:
            bar.total = total
            bar.update(done - bar.n)

        mnist.download(show)


@click.command()
@click.argument("source", metavar="IN", type=click.Path(path_type=Path, readable=False))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path, readable=False))
def convert(source: Path, target: Path) -> None:
    """Copy labeled pictures into another format, which OUT's name decides.

    IN and OUT: NAME-images-idx3-ubyte or ….gz (labels beside it), a .csv (label, 784 pixels), an
    .npz (images, labels) or a folder of pictures (LABEL/any.png or LABEL_any.png).
    """
    from tqdm import tqdm

    from nn.data.formats import any_format

    # Seen only where it takes a while.
    form = "{l_bar}{bar}| {elapsed}<{remaining}"
    track = partial(tqdm, delay=1, bar_format=form)
    left_out = partial(click.echo, err=True)
    pictures = any_format.read(source, left_out, partial(track, desc=f"reading {source.name}"))
    any_format.write(pictures, target, partial(track, desc=f"writing {target.name}"))
    click.echo(f"{len(pictures):,} pictures are in {target}.")
