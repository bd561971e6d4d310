"""Export and import of My digits: .npz, a zipped folder of PNGs, or pen strokes as JSON."""

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
MAX_IMAGE_BYTES = 4_000_000  # of one image in a zip


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


def read(name: str, data: bytes, warn: Callable[[str], object] = lambda _: None) -> list[Labeled]:
    """The labeled digits in a file of one of the three kinds. ``warn`` receives a message for each
    image that is skipped.

    Raises UserError for a file of another kind, and for a damaged one.
    """
    kind = name.rpartition(".")[2].lower()
    if kind == "json":
        text = data.decode("utf-8", "replace")
        return [_rendered(label, paths) for label, paths in render_strokes.parse(text, name)]
    if kind not in KINDS:
        raise UserError(f"{name}: expected a file ending in .{', .'.join(KINDS)}.")
    with TemporaryDirectory() as folder:

        def without_paths(message: str) -> str:
            return message.replace(str(path), name).replace(f"{folder}/", "")

        path = Path(folder) / f"digits.{kind}"
        try:
            if kind == "npz":
                path.write_bytes(data)
                found = npz_format.read(path)
            else:
                path = Path(folder) / "digits"
                found = _unzipped(data, name, path, lambda message: warn(without_paths(message)))
        except UserError as error:
            raise UserError(without_paths(str(error))) from None
    pairs = zip(found.labels[: MAX_DIGITS + 1], found.images, strict=False)
    return [Labeled(int(label), image, []) for label, image in pairs]


def _rendered(label: int, paths: render_strokes.Strokes) -> Labeled:
    return Labeled(label, preprocess(render_strokes.render(paths)).image, paths)


def _unzipped(data: bytes, name: str, folder: Path, warn: Callable[[str], object]) -> Dataset:
    """Unpack the images of a zip under new names, because a name in a zip may be any path."""
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            inside = [
                i for i in archive.infolist() if Path(i.filename).suffix in image_files.SUFFIXES
            ]
            for number, info in enumerate(inside[:MAX_DIGITS]):
                parts = info.filename.replace("\\", "/").split("/")
                label = parts[-2] if len(parts) > 1 else parts[-1].partition("_")[0]
                if label not in set("0123456789") or info.file_size > MAX_IMAGE_BYTES:
                    warn(f"Skipped {info.filename}: expected LABEL/anything.png of at most 4 MB.")
                    continue
                target = folder / label
                target.mkdir(parents=True, exist_ok=True)
                (target / f"{number:06}{Path(info.filename).suffix}").write_bytes(
                    archive.read(info)
                )
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, EOFError) as error:
        raise UserError(f"{name} is not a valid zip file: {error}.") from None
    if not folder.is_dir():
        raise UserError(f"{name} has no images named LABEL/anything.png with LABEL from 0 to 9.")
    return image_folder.read(folder, warn, iter)
