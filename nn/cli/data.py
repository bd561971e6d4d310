"""``data`` and ``convert``: list the datasets on this computer, convert between file formats."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from nn.cli import Command, json_option, print_json


@click.command(cls=Command)
@click.option(
    "--download", is_flag=True, help="Download MNIST (11 MB) if it is missing or damaged."
)
@json_option
def data(download: bool, as_json: bool) -> None:
    """List the datasets on this computer.

    Shows the number of images and the location of each.
    """
    from nn.data import mnist
    from nn.data.synthetic import handwriting

    if download and mnist.find() in (
        None,
        mnist.download_folder(),
    ):
        _download()
    rows = [("strokes", handwriting.TRAIN_SIZE + handwriting.TEST_SIZE, "built in")]
    if folder := mnist.find():
        rows.insert(0, ("mnist", sum(map(len, mnist.load())), str(folder)))
    for name, images, location in rows:
        if as_json:
            print_json(dataset=name, images=images, location=location)
        else:
            click.echo(f"{name:<8} {images:>7,} images  {location}")
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


@click.command(cls=Command)
@click.argument("source", metavar="IN", type=click.Path(path_type=Path, readable=False))
@click.argument("target", metavar="OUT", type=click.Path(path_type=Path, readable=False))
def convert(source: Path, target: Path) -> None:
    """Convert labeled images to another format.

    The name of OUT chooses the format.

    IN and OUT: NAME-images-idx3-ubyte or ….gz (IDX, labels in the matching file), .csv (label, 784
    pixels), .npz (arrays images and labels) or a folder of image files (LABEL/any.png or
    LABEL_any.png).
    """
    from tqdm import tqdm

    from nn.data.formats import any_format

    # The bar appears only if it takes more than a second.
    bar_format = "{l_bar}{bar}| {elapsed}<{remaining}"
    progress = partial(tqdm, delay=1, bar_format=bar_format)
    warn = partial(click.echo, err=True)
    dataset = any_format.read(source, warn, partial(progress, desc=f"reading {source.name}"))
    any_format.write(dataset, target, partial(progress, desc=f"writing {target.name}"))
    click.echo(f"Wrote {len(dataset):,} images to {target}.")
