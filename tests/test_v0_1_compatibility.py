"""What version 0.1 wrote and promised still holds: its stores open and its runs go on, its files
are read, its links lead where they led, its command lines run.

tests/fixtures/v0_1/README.md says what the fixtures are. Everything that today's code calls by a
name of its own stands in the first part of this file; the tests below it speak of 0.1 alone.
"""

from __future__ import annotations

import gzip
import json
import shlex
import sqlite3
from collections import Counter
from contextlib import closing, suppress
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import click
import numpy as np
import pytest
from click.testing import CliRunner
from streamlit.testing.v1 import AppTest
from threadpoolctl import threadpool_limits

from nn.__main__ import main
from nn.cli import current_flag
from nn.data import mnist as mnist_files
from nn.data import sources
from nn.export import my_digits_files
from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.losses import LOSSES
from nn.models import checkpoint
from nn.network import Network, layer_views
from nn.optimizers import OPTIMIZERS
from nn.runs import load_network, my_digits, presets
from nn.runs.spec import RunSpec
from nn.runs.store import queue
from nn.runs.store.store import RunStore
from nn.runs.worker import loop, process
from nn.schedules import SCHEDULES
from nn.training import TrainingState, train
from pages.neurons.controls import FILTERS, MODES, ORDERS
from pages.server import old_links, shared_store, visitor_cookie
from pages.server.visitor import Visitor

HERE = Path(__file__).parent / "fixtures" / "v0_1"
EXPECTED = json.loads((HERE / "expected.json").read_text("utf-8"))
LINKS = json.loads((HERE / "links.json").read_text("utf-8"))
CLI = json.loads((HERE / "cli.json").read_text("utf-8"))

# Today's names

# 0.1's name → today's, where it is another.
VALUES = {  # of what a choice in a URL may be
    "norm": "weight_norm",
    "firing": "activation_rate",
    "digit": "preferred_digit",
    "likeness": "similarity",
    "start": "initial",
    "twins": "duplicates",
    "others": "unique",
}
STATES: dict[str, str] = {}  # of a run
COLUMNS = {  # of what is recorded of a run
    "steps": "total_steps",
    "samples": "samples_seen",
    "sentence": "message",
    "smooth_loss": "smoothed_loss",
}
KEYS = COLUMNS | {  # of what the command line prints with --json
    "frames": "snapshots",
    "pictures": "images",
    "where": "location",
    "refused": "rejected",
    "per_digit": "accuracy_per_digit",
}


def today(spec):
    """A spec in 0.1's words → the same in today's."""
    return RunSpec.from_dict(spec)


def read_spec(text):
    """What the command line makes of a spec file, but for ``hidden``, which it takes as text."""
    return RunSpec.from_json(text)


def prepare(patch, url):
    """Today's code uses the store at this address, has no MNIST and one BLAS thread, and starts
    no worker of its own."""
    patch.setenv("DIGITSCOPE_STORE", url)
    patch.delenv("DIGITSCOPE_DATA", raising=False)
    patch.setattr(loop, "available_cores", lambda: 1)
    patch.setattr(queue, "available_cores", lambda: 1)
    patch.setattr(process, "start", lambda *_: pytest.fail("A worker was started."))
    shared_store.store.cache_clear()
    return RunStore()


def pretend_mnist(patch):
    patch.setattr(mnist_files, "find", lambda: Path())


def presets_today():
    return {name: preset.spec for name, preset in presets.PRESETS.items()}


def checkpoint_of(store, run):
    """→ network, optimiser, position; None without a checkpoint."""
    data = store.checkpoint(run.id)
    if data is None:
        return None
    network, _, optimiser = run.spec.build()
    return network, optimiser, checkpoint.unpack(data, network.parameters, optimiser, network.sizes)


def go_on(store, run_id):
    """Resume a run, and train it to its end."""
    for _ in loop.work(store, store.requeue(run_id).id):
        pass
    run = store.run(run_id)
    return run, load_network.checkpoint_network(store, run)


def first_parameters(store, run):
    """Of a run that goes on from another network."""
    return load_network.initial_parameters(store, run.spec)


def network_of(text):
    """RUN, RUN@STEP or a file → its network."""
    return load_network.find_model(str(text)).network


def learn(spec, pictures, forward, step):
    """Train from a step to the end of the spec; ``forward`` wraps the network's own."""
    network, loss, optimiser = spec.build(stream_version=1)
    plain = network.forward

    def forward_with(x, workspace):
        return forward(lambda x, _: plain(x, workspace), x, workspace.outputs)

    network.forward = forward_with
    events = train(
        network,
        loss,
        optimiser,
        pictures,
        state=TrainingState(step=step),
        stream_version=1,
        **spec.training(),
    )
    for _ in events:
        pass


def first_weights(initialiser, seed):
    network = Network((784, 5, 10))
    network.initialize(initialiser, np.random.default_rng(seed))
    return in_old_layout(network.parameters, network.sizes)


def split(data, validation, seed, also=""):
    splits = sources.load_splits(str(data), validation, seed, str(also))
    return {part: getattr(splits, part) for part in ("train", "validation", "test")}


def digits_of(store, owner):
    return my_digits.load(store, owner)


def read_my_digits(path):
    return my_digits_files.read(path.name, path.read_bytes())


def owner_of(cookie, value):
    return visitor_cookie.visitor_id({cookie: value})


def current_link(query):
    """The parameters of a link by 0.1 as the browser opens it after the redirect."""
    return old_links.translated(dict(parse_qsl(query, keep_blank_values=True)))


def choices_by_value(parameters):
    """The choices that a link names by their value. 0.1, which wrote their labels into the URL,
    ignored them; today's links are written like this."""
    options = {
        "activation": ACTIVATIONS, "output": OUTPUTS, "loss": LOSSES, "initializer": INITIALIZERS,
        "optimizer": OPTIMIZERS, "lr_schedule": SCHEDULES, "mode": MODES, "sort": ORDERS,
        "only": FILTERS, "dataset": sources.DATASETS,
    }  # fmt: skip
    return {name: value for name, value in parameters.items() if value in options.get(name, ())}


# Each page's part that reads the address, as a script of its own: Streamlit runs its source.


def train_page():
    from dataclasses import asdict

    import streamlit as st

    from pages.common import state
    from pages.train import settings

    state.restore()
    run = state.run_in_view()
    spec, _ = settings.spec()
    st.session_state["means"] = {
        "spec": spec and asdict(spec),
        "run": run and run.id,
        "simple": state.is_simple(),
    }


def neurons_page():
    import streamlit as st

    from pages.common import state
    from pages.neurons import controls
    from pages.server.shared_store import store

    state.restore()
    run = state.model_in_view()
    steps = store().snapshot_steps(run.id)
    step = state.snapshot_in_view(steps)
    layer = controls.layer(run.spec.sizes)
    st.session_state["means"] = {
        "run": run.id,
        "step": step,
        "layer": layer + 1,
        "mode": controls.mode(steps, layer),
        "sort": controls.order(),
        "only": controls.only(),
        "neuron": controls.neuron(run.spec.sizes, layer),
    }


def draw_page():
    import streamlit as st

    from pages.common import state
    from pages.draw import deep_link
    from pages.draw import state as draw_state

    state.keep_first_link("draw")
    state.restore()
    deep_link.open_link()
    [reader, *_] = draw_state.MODELS
    run = st.session_state.get(reader, "")
    st.session_state["means"] = {
        "digit": draw_state.loaded_image() is not None and st.query_params["digit"],
        "reader": run,
        "reader_step": st.session_state.get(f"{reader} snapshot {run}"),
    }


def mistakes_page():
    import streamlit as st

    from pages.common import state
    from pages.server.shared_store import store

    state.restore()
    run = state.model_in_view()
    steps = store().snapshot_steps(run.id) if run else []
    st.session_state["means"] = {"run": run and run.id, "step": state.snapshot_in_view(steps)}


PAGES = {"/": train_page, "/neurons": neurons_page, "/draw": draw_page, "/mistakes": mistakes_page}


# What 0.1 wrote


def lay_out(folder):
    """The store and the files beside it, as if ``folder`` had been 0.1's home → its address."""
    for file in (HERE / "home").rglob("*.npz"):
        target = folder / file.relative_to(HERE / "home")
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(file.read_bytes())
    path = folder / "store.sqlite3"
    path.write_bytes(gzip.decompress((HERE / "store.sqlite3.gz").read_bytes()))
    with closing(sqlite3.connect(path)) as plain, plain:
        here = json.dumps(str(folder))[1:-1]
        plain.execute("UPDATE runs SET spec = replace(spec, ?, ?)", (EXPECTED["home"], here))
    return f"sqlite:///{path}"


@pytest.fixture
def store(tmp_path, monkeypatch):
    yield prepare(monkeypatch, lay_out(tmp_path))
    shared_store.store.cache_clear()


@pytest.fixture(scope="module")
def shared(tmp_path_factory):
    """For tests that only read."""
    with pytest.MonkeyPatch.context() as patch:
        yield prepare(patch, lay_out(tmp_path_factory.mktemp("v0_1")))
    shared_store.store.cache_clear()


def in_old_layout(parameters, sizes):
    """Parameters, or one array of optimizer state, in the order in which 0.1 kept them."""
    layers = layer_views(parameters, sizes)
    return np.concatenate([part for W, b in layers for part in (W.T.ravel(), b)])


def digest(array):
    return sha256(np.ascontiguousarray(array).tobytes()).hexdigest()


def spec_of(recorded_run, folder):
    """The spec that 0.1 recorded, in today's words, its paths where the files lie now."""
    text = json.dumps(recorded_run["spec"])
    return today(json.loads(text.replace(EXPECTED["home"], json.dumps(str(folder))[1:-1])))


def folder_of(store):
    return Path(store.engine.url.database).parent


# Runs


def test_every_run_is_listed_as_it_was(shared):
    runs = {run.id: run for run in shared.runs()}
    assert list(runs) == list(EXPECTED["runs"])
    for run_id, wanted in EXPECTED["runs"].items():
        run = runs[run_id]
        assert run.state == STATES.get(wanted["state"], wanted["state"]), run.name
        assert run.spec == spec_of(wanted, folder_of(shared)), run.name
        for field in (
            "name", "owner", "pinned", "created", "steps", "step", "samples", "epoch",
            "test_accuracy",
        ):  # fmt: skip
            assert getattr(run, COLUMNS.get(field, field)) == wanted[field], (run.name, field)
        if wanted["state"] == "interrupted":  # said anew each time
            assert run.message
        else:
            assert run.message == wanted["sentence"]


@pytest.mark.parametrize("run_id", EXPECTED["runs"], ids=lambda it: EXPECTED["runs"][it]["name"])
def test_what_was_recorded_of_a_run_is_read(shared, run_id):
    wanted, run = EXPECTED["runs"][run_id], shared.run(run_id)
    sizes = run.spec.sizes
    assert shared.find(run_id[:6]) == shared.find(wanted["name"]) == run
    assert shared.snapshot_steps(run_id) == wanted["frame_steps"]
    for step, parameters in wanted["frames"].items():
        found = shared.snapshot(run_id, int(step)).parameters
        assert digest(in_old_layout(found, sizes)) == parameters
    newest = shared.newest_snapshot(run_id)
    found = newest and [newest.step, digest(in_old_layout(newest.parameters, sizes))]
    assert found == wanted["newest_frame"]
    points = shared.points(run_id)
    assert len(points) == wanted["points"]
    assert (list(points[-1]) if points else None) == wanted["last_point"]
    epochs = shared.epochs(run_id)
    assert [{key: epoch[COLUMNS.get(key, key)] for key in losses} for epoch, losses in zip(
        epochs, wanted["epochs"], strict=True
    )] == wanted["epochs"]  # fmt: skip
    assert shared.current_setting(run_id, "lr") == wanted["rate"]


@pytest.mark.parametrize("run_id", EXPECTED["runs"], ids=lambda it: EXPECTED["runs"][it]["name"])
def test_a_checkpoint_is_read(shared, run_id):
    wanted = EXPECTED["runs"][run_id]["checkpoint"]
    found = checkpoint_of(shared, shared.run(run_id))
    assert (found is None) == (wanted is None)
    if found and wanted:
        network, optimiser, position = found
        assert digest(in_old_layout(network.parameters, network.sizes)) == wanted["parameters"]
        state = [in_old_layout(slot, network.sizes) for slot in optimiser.state]
        assert digest(np.array(state, np.float32)) == wanted["optimiser_state"]
        assert (optimiser.lr, position.step) == (wanted["lr"], wanted["step"])
        assert (position.best_loss, position.epochs_without_improvement) == (
            wanted["best_loss"], wanted["stale_epochs"],
        )  # fmt: skip


def test_a_run_that_was_to_go_on_from_the_recogniser_still_can(shared):
    [run] = [run for run in shared.runs() if run.spec.init_from == "pretrained"]
    assert first_parameters(shared, run).shape == (784 * 1000 + 1000 * 500 + 500 * 10 + 1510,)


def test_finished_networks_read_as_well_as_they_did(shared):
    for run_id, wanted in EXPECTED["runs"].items():
        if wanted["accuracy_on_strokes"] is not None:
            test = split("strokes", 0, 0)["test"]
            answers = network_of(run_id).probabilities(test.images).argmax(axis=1)
            accuracy = np.mean(answers == test.labels)
            assert accuracy == pytest.approx(wanted["accuracy_on_strokes"], abs=0.002)


@pytest.mark.parametrize("run_id", EXPECTED["resumed"], ids=lambda it: EXPECTED["runs"][it]["name"])
def test_a_run_that_was_left_goes_on_to_the_end_it_would_have_had(store, run_id):
    wanted = EXPECTED["resumed"][run_id]
    run, network = go_on(store, run_id)
    assert run.state == STATES.get(wanted["state"], wanted["state"])
    assert run.step == wanted["step"]
    norm = np.linalg.norm(network.parameters.astype(float))
    assert norm == pytest.approx(wanted["norm"], rel=1e-3)
    assert run.test_accuracy == pytest.approx(wanted["test_accuracy"], abs=0.01)
    epochs = store.epochs(run_id)
    assert len(epochs) == len(wanted["epochs"])
    for epoch, before in zip(epochs, wanted["epochs"], strict=True):
        for key in ("epoch", "step", "samples"):
            assert epoch[COLUMNS.get(key, key)] == before[key]
        for key in ("train_loss", "val_loss"):
            assert epoch[key] == pytest.approx(before[key], rel=1e-3)
    # What was kept before is still there beside what is new.
    assert set(store.snapshot_steps(run_id)) >= {0, run.step}


# The streams of chance


class Marked:
    """``count`` pictures, each with its number in its first two pixels and gray elsewhere."""

    def __init__(self, count):
        self.labels = (np.arange(count) % 10).astype(np.uint8)
        self.images = np.full((count, 28, 28), 100, np.uint8)
        self.images[:, 0, 0], self.images[:, 0, 1] = np.divmod(np.arange(count), 256)


def watched(step=0, **changes):
    """→ the pictures' numbers as they are learned, a digest of what dropout drops, each batch's
    mean brightness."""
    streams = EXPECTED["streams"]
    spec = today(streams["spec"] | changes)
    order, means, dropped = [], [], sha256()

    def forward(own, x, ys):
        order.extend((np.rint(x.T[:, :2] * 255).astype(int) @ [256, 1]).tolist())
        means.append(float(x.mean()))
        z = own(x, ys)
        if "dropout" in changes:
            dropped.update(np.packbits(ys[2].T == 0).tobytes())
        return z

    with threadpool_limits(1, "blas"):
        learn(spec, Marked(streams["pictures"]), forward, step)
    return order, dropped.hexdigest(), means


def test_pictures_come_in_the_same_order():
    order, _, _ = watched()
    assert order == EXPECTED["streams"]["order"]
    order, _, _ = watched(step=10)
    assert order == EXPECTED["streams"]["order_from_step_10"]


def test_dropout_drops_the_same():
    _, dropped, _ = watched(dropout=0.3)
    assert dropped == EXPECTED["streams"]["dropout_0.3"]


def test_pictures_are_varied_in_the_same_way():
    _, _, means = watched(augmentation=1.0)
    assert means == pytest.approx(EXPECTED["streams"]["augmentation_1"], rel=1e-3)  # rounded


@pytest.mark.parametrize("initialiser", EXPECTED["streams"]["first_weights"])
def test_first_weights_are_the_same(initialiser):
    wanted = EXPECTED["streams"]["first_weights"][initialiser]
    found = first_weights(VALUES.get(initialiser, initialiser), 11)[::301]
    np.testing.assert_allclose(found, wanted, rtol=1e-5, atol=1e-7)


def test_data_is_split_in_the_same_way(shared):
    home = folder_of(shared)
    [also] = (home / "own").iterdir()
    for wanted, found, what in (
        ("split_of_digits_npz", split(home / "digits.npz", 12_000, 3), "images"),
        ("strokes_beside_own_digits", split("strokes", 5000, 0, also), "labels"),
    ):
        assert {
            part: [len(pictures), digest(getattr(pictures, what))]
            for part, pictures in found.items()
        } == EXPECTED["streams"][wanted]


# Files


@pytest.mark.parametrize("name", EXPECTED["models"])
def test_an_exported_network_is_read(name):
    wanted = EXPECTED["models"][name]
    network = network_of(HERE / "models" / name)
    assert list(network.sizes) == wanted["sizes"]
    assert network.activation == VALUES.get(wanted["activation"], wanted["activation"])
    assert digest(in_old_layout(network.parameters, network.sizes)) == wanted["parameters"]
    pictures = np.load(HERE / "home" / "digits.npz")["images"][:3]
    x = pictures.reshape(3, -1) * np.divide(1, 255, dtype=np.float32)
    np.testing.assert_allclose(network.logits(x.T).T, wanted["logits"], rtol=1e-3, atol=1e-4)


def test_my_digits_are_in_the_store(shared):
    cookie, wanted = EXPECTED["cookie"], EXPECTED["my_digits"]
    owner = owner_of(cookie["name"], cookie["value"])
    assert owner == cookie["owner"]
    held = digits_of(shared, owner)
    assert list(held) == wanted["numbers"]
    assert [digit.label for digit in held.values()] == wanted["labels"]
    assert [digit.strokes for digit in held.values()] == wanted["strokes"]
    assert digest(np.stack([digit.image for digit in held.values()])) == wanted["images"]


@pytest.mark.parametrize("kind", ["npz", "zip", "json"])
def test_my_digits_come_in_from_a_file(shared, kind):
    held = digits_of(shared, EXPECTED["cookie"]["owner"]).values()
    found = read_my_digits(HERE / "my_digits" / f"my-digits.{kind}")
    if kind == "json":  # of those that were drawn; drawn anew, which may differ by a gray level
        held = [digit for digit in held if digit.strokes]
        assert [digit.label for digit in found] == [digit.label for digit in held]
        for new, old in zip(found, held, strict=True):
            assert [[list(point) for point in path] for path in new.strokes] == old.strokes
            assert np.abs(new.image.astype(int) - old.image).max() <= 2
    else:
        new, old = (
            Counter((digit.label, digit.image.tobytes()) for digit in digits)
            for digits in (found, held)
        )
        assert new == old


@pytest.mark.parametrize("name", ["every-field", "no-hidden-layer"])
def test_a_spec_file_means_what_it_meant(name):
    text = (HERE / "specs" / f"{name}.json").read_text("utf-8")
    assert read_spec(text) == today(json.loads(text))


def test_presets_are_what_they_were():
    wanted = json.loads((HERE / "specs" / "presets.json").read_text("utf-8"))
    found = presets_today()
    for name, spec in wanted.items():
        assert found[name] == today(spec), name


# Links

# In 0.1 these two did not select the run that they name, a fault that is mended.
MENDED = {
    "/draw?run=4a3adce1": {"reader": "4a3adce1"},
    "/draw?run=4a3adce1&step=22": {"reader": "4a3adce1", "reader_step": 22},
}


@pytest.mark.parametrize(
    "link", LINKS["links"], ids=lambda link: link["url"] + (" mnist" if "mnist" in link else "")
)
def test_a_link_leads_where_it_led(shared, monkeypatch, link):
    if "mnist" in link:
        pretend_mnist(monkeypatch)
    somebody = Visitor("somebody", is_owner=False)
    monkeypatch.setattr("pages.common.state.visitor", lambda: somebody)
    where, wanted = urlsplit(link["url"]), link["means"] | MENDED.get(link["url"], {})
    if where.path == "/" and "run=" not in where.query:
        wanted["run"] = None  # a newcomer is no longer greeted by somebody's run
    page = AppTest.from_function(PAGES[where.path])
    for key, value in current_link(where.query).items():
        page.query_params[key] = value
    page.run(timeout=60)
    assert not page.exception, page.exception
    found, choices = page.session_state["means"], choices_by_value(current_link(where.query))
    if spec := wanted.pop("spec", None):
        expected = replace(today(spec), **choices)
        if expected != today(spec):
            wanted["run"] = None  # a link with settings is meant for a new run
        assert RunSpec.from_dict(found.pop("spec")) == expected
    else:
        assert not found.pop("spec", None)
    assert found == {
        key: VALUES.get(value, value) if isinstance(value, str) else value
        for key, value in (wanted | (choices if "mode" in wanted else {})).items()
    }


def test_every_parameter_of_an_address_is_in_some_link():
    used = {key for link in LINKS["links"] for key, _ in parse_qsl(
        urlsplit(link["url"]).query, keep_blank_values=True
    )}  # fmt: skip
    assert used == {key for keys in LINKS["parameters"].values() for key in keys}


# The command line


@pytest.mark.parametrize("command", CLI["commands"])
def test_a_command_takes_the_flags_that_it_took(command):
    taken = main.get_command(click.Context(main), command)
    flags = {
        flag for parameter in taken.params for flag in (*parameter.opts, *parameter.secondary_opts)
    }
    old = {current_flag(flag).partition("=")[0] for flag in CLI["commands"][command]["flags"]}
    assert flags >= old
    arguments = [p for p in taken.params if p.param_type_name == "argument"]
    assert len(arguments) == len(CLI["commands"][command]["arguments"])


def test_command_lines_end_as_they_did(store, monkeypatch):
    """All of them in order, in one store."""
    home = folder_of(store)
    (home / "out").mkdir()
    [own] = (home / "own").iterdir()
    names = {"home": home, "fixtures": HERE, "out": home / "out", "own": own.name}
    different = []
    for wanted in CLI["lines"]:
        arguments = [part.format(**names) for part in shlex.split(wanted["line"])]
        result = CliRunner().invoke(main, arguments)
        if not isinstance(result.exception, SystemExit | None):
            raise result.exception
        if result.exit_code != wanted["exit_code"]:
            different.append((wanted["line"], result.output))
        rows = []
        for line in result.stdout.splitlines():
            with suppress(ValueError):
                rows.append(json.loads(line))
        for keys in wanted["keys"]:  # there may be more
            if not any(
                isinstance(row, dict) and set(row) >= {KEYS.get(k, k) for k in keys} for row in rows
            ):
                different.append((wanted["line"], keys, rows))
    assert not different
