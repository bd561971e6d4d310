"""Mutated files, links and messages: each gets an answer or a UserError, soon and in little memory.

Whatever else is raised is a fault. The inputs follow from the seed. They are tried in a process of
their own, whose peak memory is measured; one that takes longer than MAX_SECONDS ends it.
"""

from __future__ import annotations

import base64
import faulthandler
import gzip
import io
import json
import logging
import re
import resource
import subprocess
import sys
import time
import traceback
import zipfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory
from typing import NamedTuple

from tests.bench.report import Report

COUNT, SEED = 10_000, 0
MAX_SECONDS, MAX_MIB = 5.0, 600.0
TOKENS = [b"\0", b"\xff" * 4, b"\x7f\xff\xff\xff", b"-1", b"1e999", b"NaN", b"null", b"[]", b"{}",
          b'"', b"[" * 2000, b"9" * 5000, b"\xff\xda", b"PK\5\6",
          "٣".encode(), b"\xed\xa0\x80"]  # fmt: skip

VALUE = re.compile(rb'"[^"]*"|-?\d[\d.e+-]*|(?<==)[^&\s]+')
VALUES = [b"null", b"true", b"[]", b"{}", b'""', b'"\\ud800"', b'"\\u0000"', b"-1", b"0", b"1e999",
          b"NaN", b"9" * 25, b"1e-320", b'"9"', b"%00", b"%ff"]  # fmt: skip
VALUES_SHARE = 0.4  # of the inputs

Target = Callable[[bytes], object]


class Result(NamedTuple):
    tried: int
    faults: list[str]
    slowest: float  # seconds
    peak: float  # MiB
    ended: str  # the traceback of an input that did not end; "" otherwise


def mutated(data: bytes, random: Random) -> bytes:
    """Some bytes changed, inserted, removed or repeated, or a value of a text replaced by another:
    the text remains one that is understood."""
    values = list(VALUE.finditer(data)) if random.random() < VALUES_SHARE else []
    if values:
        for value in random.sample(values, min(len(values), random.randint(1, 2))):
            other = random.choice([*VALUES, random.choice(values)[0]])
            data = data.replace(value[0], other, random.choice((1, -1)))
        return data
    result = bytearray(data)
    for _ in range(random.randint(1, 4)):
        at, to = sorted(random.randint(0, len(result)) for _ in range(2))
        to = min(to, at + random.choice((1, 8, 200, len(result))))
        kind = random.randrange(5)
        if kind == 0 and result:
            result[min(at, len(result) - 1)] = random.randrange(256)
        elif kind == 1:
            result[at:at] = random.choice(TOKENS)
        elif kind == 2:
            del result[at:to]
        elif kind == 3:
            result[at:to] = result[at:to] * 2
        else:
            result[at:to] = random.randbytes(min(to - at, 64))
    return bytes(result)


def targets(folder: Path) -> dict[str, tuple[list[bytes], Target]]:
    """Name → valid inputs to mutate, and what takes them."""
    import numpy as np
    from PIL import Image

    from nn.data.dataset import Dataset
    from nn.data.formats import any_format, upload
    from nn.data.synthetic.render_strokes import render
    from nn.export import my_digits_files
    from nn.models import checkpoint, weights_file
    from nn.network import Network
    from nn.optimizers import Sgd
    from nn.runs.spec import RunSpec
    from nn.training import TrainingState
    from pages.common import link_settings
    from pages.draw.upload import prepare
    from pages.server import drawing, live_prediction, runs_api
    from tests.bench import fuzz_web

    seven = render([[(0, 0), (60, 0), (35, 50), (25, 100)]])
    small = Dataset(np.eye(28, dtype=np.uint8)[None].repeat(3, 0), np.arange(3, dtype=np.uint8), "")

    def saved(kind: str, image: Image.Image = seven, **options: object) -> bytes:
        file = io.BytesIO()
        image.save(file, kind, **options)
        return file.getvalue()

    def written(name: str) -> bytes:
        any_format.write(small, folder / name)
        return (folder / name).read_bytes()

    def weights(kind: str) -> bytes:
        network = Network((784, 2, 10))
        weights_file.write(network, folder / f"seed{kind}", {"a": 1}, np.float16)
        return (folder / f"seed{kind}").read_bytes()

    def from_file(name: str, read: Callable[[Path], object]) -> Target:
        def take(data: bytes) -> object:
            (folder / name).write_bytes(data)
            return read(folder / name)

        return take

    images = [saved(kind) for kind in ("PNG", "GIF", "BMP", "WEBP", "JPEG")]
    images += [
        saved("JPEG", progressive=True),
        saved("PNG", Image.fromarray(np.asarray(seven).astype(np.uint16) * 257)),
        saved("PNG", seven.quantize(16)),
    ]
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as archive:
        for number, data in enumerate(images[:3]):
            archive.writestr(f"{number}/a.png", data)
    idx = written("seed-images-idx3-ubyte")
    labels = (folder / "seed-labels-idx1-ubyte").read_bytes()
    npz = written("seed.npz")
    strokes = json.dumps([{"label": 1, "strokes": [[[1, 2], [30, 40]]]}]).encode()
    spec = RunSpec().to_json().encode()
    canvas = base64.b64encode(saved("PNG", Image.new("RGB", (drawing.SIDE, drawing.SIDE)))).decode()
    predict = {"id": 1, "images": [{"png": canvas}], "models": [["", None]], "with_layers": True}
    with_input = predict | {"images": [{"input": base64.b64encode(small.images[0]).decode()}]}
    settings = {
        "hidden": "128, 64",
        "lr": 0.1,
        "optimizer": "adam",
        "epochs": 3,
        "dataset": "mnist",
    }
    link = b"hidden=128,64 lr=0.1 epochs=3 optimizer=adam seed=7 dropout=0.5"

    def take_upload(name: str, data: bytes) -> object:
        return upload.read({name: data}, str)

    def take_idx_upload(data: bytes) -> object:
        return upload.read({"a-images-idx3-ubyte.gz": data, "a-labels-idx1-ubyte.gz": labels}, str)

    def take_settings(data: bytes) -> object:
        found = json.loads(data)
        return runs_api.spec_of(found) if isinstance(found, dict) else None

    def take_link(data: bytes) -> None:
        for part in data.decode("utf-8", "replace").split(" "):
            name, _, text = part.partition("=")
            if name in runs_api.DEFAULTS:
                value = link_settings.value_of(name, text)
                runs_api.spec_of({name: value})

    def take_prediction(data: bytes) -> object:
        return live_prediction.respond(data.decode("utf-8", "replace"))

    def take_strokes(data: bytes) -> object:
        return drawing.strokes_of(json.loads(data))

    network = Network((784, 1, 10))
    optimizer = Sgd(network.parameters.size, 0.1)
    stored = checkpoint.pack(network.parameters, optimizer, TrainingState())

    def take_checkpoint(data: bytes) -> object:
        return checkpoint.unpack(data, network.parameters, optimizer, network.sizes)

    found: dict[str, tuple[list[bytes], Target]] = {
        "checkpoint": ([stored], take_checkpoint),
        "image": (images, partial(prepare, "a.png")),
        "zip": ([packed.getvalue()], partial(take_upload, "a.zip")),
        "csv": ([written("seed.csv")], partial(take_upload, "a.csv")),
        "npz": ([npz], from_file("a.npz", any_format.read)),
        "idx": ([idx, gzip.compress(idx)], take_idx_upload),
        "strokes": ([strokes], partial(my_digits_files.read, "a.json")),
        "settings": ([json.dumps(settings).encode()], take_settings),
        "RunSpec": ([spec], lambda data: RunSpec.from_json(data.decode("utf-8", "replace"))),
        "link": ([link], take_link),
        "prediction": ([json.dumps(predict).encode(), json.dumps(with_input).encode()],
                       take_prediction),
        "drawing": ([canvas.encode()], lambda data: drawing.decode(data.decode("latin-1"))),
        "pen": ([b"[[[1, 2], [3.5, 4]], [[7, 8]]]"], take_strokes),
    }  # fmt: skip
    for kind in weights_file.FORMATS:
        found[f"weights{kind}"] = [weights(kind)], from_file(f"a{kind}", weights_file.read)
    digits = Dataset(small.images[[0] * 20], np.arange(20, dtype=np.uint8) % 10, "")
    return found | fuzz_web.targets(folder, digits)


# What a caller of these handles itself.
EXPECTED: dict[str, tuple[type[Exception], ...]] = {
    "settings": (ValueError, RecursionError),  # of json.loads, as are those of "pen"
    "pen": (ValueError, RecursionError),
}


def _child(count: int, seed: int) -> None:
    """Try the inputs and print a Result as JSON."""
    from nn.errors import UserError

    logging.disable()
    faults: list[str] = []
    slowest, random = 0.0, Random(seed)
    with TemporaryDirectory() as temporary:
        found = targets(Path(temporary))
        for seeds, take in found.values():
            for data in seeds:
                take(data)  # what is mutated is valid
        for number in range(count):
            name = list(found)[number % len(found)]
            seeds, take = found[name]
            data = mutated(random.choice(seeds), random)
            faulthandler.dump_traceback_later(MAX_SECONDS, exit=True)
            began = time.perf_counter()
            try:
                take(data)
            except Exception as error:
                if isinstance(error, (UserError, *EXPECTED.get(name, ()))):
                    continue
                faults.append(f"{name}, input {number}: {data[:200]!r}\n{traceback.format_exc()}")
            finally:
                faulthandler.cancel_dump_traceback_later()
                slowest = max(slowest, time.perf_counter() - began)
    print(json.dumps([count, faults, slowest, _peak()]))


def _peak() -> float:
    """MiB. On Linux not from getrusage, which counts the process that forked this one as well."""
    status = Path("/proc/self/status")
    if status.exists():
        [line] = [line for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        return int(line.split()[1]) / 2**10
    unit = 1 if sys.platform == "darwin" else 2**10
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 2**20


def try_inputs(count: int, seed: int) -> Result:
    done = subprocess.run(
        [sys.executable, "-m", "tests.bench.fuzz", str(count), str(seed)],
        capture_output=True,
        text=True,
        cwd=Path(__file__).parents[2],
    )
    if done.returncode:
        return Result(0, [], MAX_SECONDS, 0.0, done.stderr[-5000:])
    tried, faults, slowest, peak = json.loads(done.stdout.splitlines()[-1])
    return Result(tried, faults, slowest, peak, "")


def run(report: Report) -> None:
    result = try_inputs(COUNT, SEED)
    for text in [*result.faults[:5], result.ended]:
        report.say(text)
    report.at_least("fuzz, inputs tried", result.tried, COUNT)
    report.at_most("fuzz, tracebacks", len(result.faults), 0)
    report.at_most("fuzz, slowest input, seconds", result.slowest, MAX_SECONDS)
    report.at_most("fuzz, peak memory, MiB", result.peak, MAX_MIB)


if __name__ == "__main__":
    _child(int(sys.argv[1]), int(sys.argv[2]))
