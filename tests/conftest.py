"""What tests share: a home of their own, MNIST where it is, and the gradient check."""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
import pytest
from hypothesis import settings
from sqlalchemy import NullPool, create_engine
from threadpoolctl import threadpool_limits

from nn.data import mnist as mnist_files
from nn.data.dataset import Dataset
from nn.layers import Array
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker import loop

# No deadline: the first call of a test warms caches, and CI machines are shared.
settings.register_profile("digitscope", deadline=None, max_examples=30)
settings.load_profile("digitscope")


# In memory, if there is room: tests commit thousands of times, and a disk makes each commit wait.
MEMORY = Path("/dev/shm")
if (
    "TMPDIR" not in os.environ
    and os.access(MEMORY, os.W_OK)
    and shutil.disk_usage(MEMORY).free >= 4 * 2**30
):
    os.environ["TMPDIR"] = tempfile.tempdir = str(MEMORY)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs files that do not come with the program; the slow browser tests go first."""
    for item in items:
        if {"mnist_folder", "drawings"} & set(getattr(item, "fixturenames", ())):
            item.add_marker(pytest.mark.real_data)
    items.sort(key=lambda item: not item.nodeid.startswith("tests/browser/"))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Each of several processes runs a file at a time, in the order of collection."""
    from xdist.scheduler import LoadFileScheduling

    config.option.loadscopereorder = False
    return LoadFileScheduling(config, log)


# The folders of MNIST and of real drawings, where they are given.
REAL_DATA = {
    name: Path(os.environ[name])
    for name in ("DIGITSCOPE_DATA", "DIGITSCOPE_DRAWINGS")
    if os.environ.get(name)
}


@pytest.fixture(scope="session", autouse=True)
def home() -> Iterator[Path]:
    """No test sees or touches the user's cache and store.

    Nor does it see MNIST or real drawings unless it asks for one of the fixtures below or acts in
    the browser: all others run alike on a computer that has them and on one that has not.
    """
    with (
        TemporaryDirectory(prefix="digitscope-", ignore_cleanup_errors=True) as folder,
        pytest.MonkeyPatch.context() as patch,
    ):
        patch.setenv("DIGITSCOPE_HOME", folder)
        for name in ("DIGITSCOPE_STORE", *REAL_DATA):
            patch.delenv(name, raising=False)
        yield Path(folder)


@pytest.fixture(scope="module")
def one_thread() -> Iterator[None]:
    """BLAS threads wait busily for each other: with one, training is fast on a busy machine."""
    with threadpool_limits(1):
        yield


@pytest.fixture(scope="session")
def mnist_folder() -> Path:
    """The folder of the real MNIST."""
    folder = REAL_DATA.get("DIGITSCOPE_DATA")
    if folder is None or not mnist_files.is_complete(folder):
        pytest.skip("MNIST is needed here: set DIGITSCOPE_DATA to the folder with its four files.")
    return folder


@pytest.fixture(scope="session")
def mnist(home: Path, mnist_folder: Path) -> tuple[Dataset, Dataset]:
    """The real (training set, test set)."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("DIGITSCOPE_DATA", str(mnist_folder))
        return mnist_files.load()


@pytest.fixture(scope="session")
def drawings() -> Callable[[str], list[dict[str, Any]]]:
    """``drawings(name)``: {"label", "strokes"} of each drawing by a person in that file."""
    folder = REAL_DATA.get("DIGITSCOPE_DRAWINGS")
    if folder is None:
        pytest.skip(
            "Drawings are needed here: set DIGITSCOPE_DRAWINGS to a folder with "
            "chars74k_digits_550.json and pendigits_train_1500.json, lists of "
            '{"label", "strokes"}, a stroke a list of [x, y].'
        )
    return lambda name: json.loads((folder / f"{name}.json").read_text())


@pytest.fixture(scope="session")
def noise() -> Callable[..., Dataset]:
    """``noise(count, seed, side)``: noise with random labels, side × side pixels."""

    def make(count: int, seed: int = 0, side: int = 28) -> Dataset:
        rng = np.random.default_rng(seed)
        images = rng.integers(0, 256, (count, side, side), np.uint8)
        return Dataset(images, rng.integers(0, 10, count).astype(np.uint8), "noise")

    return make


@pytest.fixture(scope="session")
def assert_gradient() -> Callable[..., None]:
    """``assert_gradient(f, x, gradient)``: gradient is ∂f/∂x, in float64, by central differences.

    ``f()`` reads ``x``, which is moved in place: along every axis (unless ``every_axis`` is
    false) and along a random direction.
    """

    def check(f: Callable[[], float], x: Array, gradient: Array, every_axis: bool = True) -> None:
        assert x.dtype == gradient.dtype == np.float64
        assert x.shape == gradient.shape
        directions = [np.random.default_rng(x.size).standard_normal(x.shape)]
        if every_axis:
            directions.extend(np.eye(x.size).reshape(x.size, *x.shape))
        middle, h = x.copy(), 1e-6
        for direction in directions:
            x[...] = middle + h * direction
            above = f()
            x[...] = middle - h * direction
            below = f()
            x[...] = middle
            numeric, ours = (above - below) / (2 * h), float(np.sum(gradient * direction))
            assert abs(numeric - ours) <= 1e-7 + 1e-5 * abs(numeric), (
                f"along {np.argwhere(direction).tolist()[:5]}… of {x.shape}: "
                f"central difference {numeric!r}, backward {ours!r}"
            )

    return check


@pytest.fixture
def store_url(tmp_path):
    """Of an empty store."""
    return f"sqlite:///{tmp_path / 'store.sqlite3'}"


@pytest.fixture
def store(store_url, monkeypatch):
    """Empty, and the store of every process that the test starts."""
    monkeypatch.setenv("DIGITSCOPE_STORE", store_url)
    store = RunStore()
    yield store
    store.engine.dispose()


@pytest.fixture
def locker(store):
    """``with locker():`` nobody else can write to the store."""

    @contextmanager
    def lock():
        other = create_engine(store.url, isolation_level="AUTOCOMMIT", poolclass=NullPool)
        with other.connect() as connection:
            is_sqlite = other.dialect.name == "sqlite"
            connection.exec_driver_sql("BEGIN IMMEDIATE" if is_sqlite else "BEGIN")
            if not is_sqlite:
                connection.exec_driver_sql("LOCK TABLE runs, about, snapshots IN EXCLUSIVE MODE")
            yield
            connection.exec_driver_sql("ROLLBACK")

    return lock


@pytest.fixture(scope="session")
def quick():
    """Two epochs of 50 steps."""
    return RunSpec(hidden=(8,), batch_size=380, epochs=2, dataset="strokes", validation_size=1000)


@pytest.fixture(scope="session")
def record(tmp_path_factory):
    """``record(hidden…)`` → (store, run): one epoch of 40 steps, in a store of its own."""

    def run(*hidden, **fields):
        folder = tmp_path_factory.mktemp("inspect")
        store = RunStore(f"sqlite:///{folder / 'store.sqlite3'}")
        spec = {
            "batch_size": 380,
            "epochs": 1,
            "dataset": "strokes",
            "validation_size": 1000,
        } | fields
        name = spec.pop("name", "")
        made = store.create(RunSpec(hidden=hidden, **spec), name)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(loop, "available_cores", lambda: 1)
            for _ in loop.work(store, made.id):
                pass
        return store, store.run(made.id)

    return run


@pytest.fixture(scope="session")
def recorded(record):
    """(store, run): 6 neurons, finished."""
    return record(6)
