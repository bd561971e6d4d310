"""My digits as files: .npz, a zipped folder of PNGs, pen strokes as JSON; out and in again."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Callable, Collection
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
from PIL import Image

from nn.data.dataset import Dataset
from nn.data.formats import image_files, image_folder
from nn.data.formats import npz as npz_format
from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic import render_strokes
from nn.errors import UserError
from nn.runs.my_digits import MAX_DIGITS, Labeled, dataset

KINDS = ("npz", "zip", "json")
MOST_BYTES = 4_000_000  # of one picture in a zip


def npz(digits: Collection[Labeled]) -> bytes:
    """The arrays ``images`` and ``labels``, as everywhere here."""
    file = io.BytesIO()
    data = dataset(digits)
    np.savez_compressed(file, images=data.images, labels=data.labels)
    return file.getvalue()


def pngs(digits: Collection[Labeled]) -> bytes:
    """A zip of label/number.png, 28 × 28."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w") as whole:
        for number, digit in enumerate(digits):
            png = io.BytesIO()
            Image.fromarray(digit.image).save(png, "PNG")
            whole.writestr(f"{digit.label}/{number:06}.png", png.getvalue())
    return file.getvalue()


def strokes(digits: Collection[Labeled]) -> bytes:
    """[{"label", "strokes"}, …] of those that were drawn."""
    drawn = [digit for digit in digits if digit.strokes]
    return json.dumps([{"label": d.label, "strokes": d.strokes} for d in drawn]).encode()


def read(
    name: str, data: bytes, complain: Callable[[str], object] = lambda _: None
) -> list[Labeled]:
    """What a file of one of the three kinds holds; ``complain`` hears of pictures left out.

    Raises UserError for any other.
    """
    kind = name.rpartition(".")[2].lower()
    if kind == "json":
        text = data.decode("utf-8", "replace")
        return [_replayed(label, paths) for label, paths in render_strokes.read(text, name)]
    if kind not in KINDS:
        raise UserError(f"{name}: expected a file ending in .{', .'.join(KINDS)}.")
    with TemporaryDirectory() as place:

        def said(sentence: str) -> str:
            return sentence.replace(str(path), name).replace(f"{place}/", "")

        path = Path(place) / f"digits.{kind}"
        try:
            if kind == "npz":
                path.write_bytes(data)
                found = npz_format.read(path)
            else:
                path = Path(place) / "digits"
                found = _unzipped(data, name, path, lambda sentence: complain(said(sentence)))
        except UserError as error:
            raise UserError(said(str(error))) from None
    pairs = zip(found.labels[: MAX_DIGITS + 1], found.images, strict=False)
    return [Labeled(int(label), image, []) for label, image in pairs]


def _replayed(label: int, paths: render_strokes.Strokes) -> Labeled:
    return Labeled(label, preprocess(render_strokes.picture(paths)).image, paths)


def _unzipped(data: bytes, name: str, place: Path, complain: Callable[[str], object]) -> Dataset:
    """The pictures of a zip, unpacked under names of our own: a zip's may lead anywhere."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as whole:
            inside = [
                i for i in whole.infolist() if Path(i.filename).suffix in image_files.SUFFIXES
            ]
            for number, info in enumerate(inside[:MAX_DIGITS]):
                parts = info.filename.replace("\\", "/").split("/")
                label = parts[-2] if len(parts) > 1 else parts[-1].partition("_")[0]
                if label not in set("0123456789") or info.file_size > MOST_BYTES:
                    complain(f"{info.filename} left out: expected LABEL/anything.png, under 4 MB.")
                    continue
                home = place / label
                home.mkdir(parents=True, exist_ok=True)
                (home / f"{number:06}{Path(info.filename).suffix}").write_bytes(whole.read(info))
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise UserError(f"{name} cannot be read as a zip file: {error}.") from None
    if not place.is_dir():
        raise UserError(f"{name} has no pictures named LABEL/anything.png, LABEL from 0 to 9.")
    return image_folder.read(place, complain, iter)
