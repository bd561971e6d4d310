"""Export and import of My digits: .npz, a zipped folder of PNGs, or pen strokes as JSON."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Collection

import numpy as np
from PIL import Image

from nn.data.formats import upload
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import render_strokes
from nn.errors import UserError
from nn.runs.my_digits import MAX_DIGITS, Labeled, dataset
from nn.support import limits
from nn.support.progress import Progress

KINDS = ("npz", "zip", "json")


def npz(digits: Collection[Labeled]) -> bytes:
    """An .npz with the arrays ``images`` and ``labels``."""
    file = io.BytesIO()
    data = dataset(digits)
    np.savez_compressed(file, images=data.images, labels=data.labels)
    return file.getvalue()


def pngs(digits: Collection[Labeled]) -> bytes:
    """A zip with LABEL/NUMBER.png, 28 × 28 pixels each."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as archive:
        for number, digit in enumerate(digits):
            png = io.BytesIO()
            Image.fromarray(digit.image).save(png, "PNG")
            archive.writestr(f"{digit.label}/{number:06}.png", png.getvalue())
    return file.getvalue()


def strokes(digits: Collection[Labeled]) -> bytes:
    """JSON [{"label", "strokes"}, …] of the digits that were drawn rather than uploaded."""
    drawn = [digit for digit in digits if digit.strokes]
    return json.dumps([{"label": d.label, "strokes": d.strokes} for d in drawn]).encode()


def read(
    name: str,
    data: bytes,
    warn: Callable[[str], object] = lambda _: None,
    progress: Progress = iter,
) -> list[Labeled]:
    """The labeled digits in a file of one of the three kinds; one more than MAX_DIGITS if there are
    so many. ``warn`` receives a message for each image that is skipped.

    Raises UserError for a file of another kind, and for a damaged one.
    """
    kind = name.rpartition(".")[2].lower()
    # One more than fit, so that adding them says how many do.
    max_digits = MAX_DIGITS + 1
    if kind == "json":
        if len(data) > limits.DRAWINGS_BYTES:
            raise UserError(
                f"{name} has {len(data):,} bytes; at most {limits.DRAWINGS_BYTES:,} are allowed."
            )
        drawings = render_strokes.parse(data.decode("utf-8", "replace"), name)[:max_digits]
        return [_rendered(label, paths) for label, paths in progress(drawings)]
    if kind not in KINDS:
        raise UserError(f"{name}: expected a file ending in .{', .'.join(KINDS)}.")
    found = upload.read({name: data}, warn, progress, max_digits)
    pairs = zip(found.labels, found.images, strict=True)
    return [Labeled(int(label), image, []) for label, image in pairs]


def _rendered(label: int, paths: render_strokes.Strokes) -> Labeled:
    return Labeled(label, preprocess(render_strokes.render(paths)).image, paths)
