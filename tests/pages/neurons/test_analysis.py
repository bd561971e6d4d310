"""The Neurons page shows what nn.analysis computes for the snapshot in view."""

from __future__ import annotations

import base64
from pathlib import Path

import numpy as np
import pytest

from nn.analysis.neurons import order
from nn.analysis.neurons.statistics import NeuronStatistics
from nn.analysis.predictions import predict
from nn.data import sources
from nn.errors import UserError
from nn.metrics import evaluate
from nn.models import pretrained
from nn.runs import load_network
from nn.runs.spec import RunSpec
from nn.runs.store.run import Run
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work
from pages.common import export_menu
from pages.neurons import analysis, details, wall
from pages.server import shared_store, wire
from pages.server.networks import PRETRAINED_ID, network_at

SHAPES = [(), (1,), (7,), (6, 1, 5, 4, 3)]  # of hidden layers


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory):
    made = RunStore(f"sqlite:///{tmp_path_factory.mktemp('neurons') / 'store.sqlite3'}")
    with pytest.MonkeyPatch.context() as patch:
        for module in (shared_store, analysis, details, wall, export_menu):
            patch.setattr(module, "store", lambda: made)
        yield made


def record(store: RunStore, *hidden: int, **fields) -> Run:
    run = store.create(
        RunSpec(hidden=hidden, dataset="strokes", epochs=1, batch_size=500, **fields)
    )
    for _ in work(store, run.id):
        pass
    return store.run(run.id)


@pytest.mark.parametrize("hidden", SHAPES)
def test_every_neuron_of_every_shape_has_details(store, hidden):
    run = record(store, *hidden)
    steps = store.snapshot_steps(run.id)
    for layer, width in enumerate(run.spec.sizes[1:]):
        for neuron in {0, width - 1}:
            found = details.of(run.id, steps[-1], layer, neuron)
            assert len(base64.b64decode(found["weights"])) == 4 * 784
            assert len(found["history"]["samples_seen"]) * 784 == len(
                base64.b64decode(found["history"]["tiles"])
            )
            is_answer = layer == len(hidden)
            for part in ("outgoing", "ablation"):
                assert ("values" not in found[part]) == is_answer
                assert found[part]["message" if is_answer else "caption"]


@pytest.mark.parametrize("layer", [0, 1, 2])
def test_a_neuron_of_the_pretrained_model_has_details_but_no_history(layer):
    found = details.of(PRETRAINED_ID, 0, layer, 3)
    assert found["run"] is None
    assert "only its final snapshot" in found["history"]["message"]
    assert len(found["top_activating"]["labels"]) == 2 * details.EXAMPLES
    for part in ("outgoing", "ablation"):
        assert ("values" in found[part]) == (layer < 2)
    options = wall.options(PRETRAINED_ID, [0], 0, layer, "weights", "index", "all")
    assert options["neurons"] == pretrained.network().sizes[layer + 1]
    shown = min(options["neurons"], wire.MAX_TILES)
    assert len(base64.b64decode(options["tiles"])) == shown * (784 + 4)


def test_the_pretrained_model_has_the_same_accuracy_as_elsewhere():
    test = sources.load_splits(sources.default_dataset(), 0, 0).test
    truth = predict.predict(pretrained.network(), test.images, test.labels)
    scores = analysis.scores(PRETRAINED_ID, 0, 2)
    assert scores.accuracy == pytest.approx(truth.correct.mean())


def test_the_accuracy_without_ablation_is_that_of_predict(store):
    run = record(store, 7)
    step = store.snapshot_steps(run.id)[-1]
    test = sources.load_splits("strokes", run.spec.validation_size, run.spec.seed).test
    truth = predict.predict(network_at(run.id, step), test.images, test.labels)
    assert analysis.scores(run.id, step, 0).accuracy == pytest.approx(truth.correct.mean())


@pytest.mark.parametrize("by", order.ORDERS)
def test_each_order_has_every_neuron_once(store, by):
    run = record(store, 7)
    step = store.snapshot_steps(run.id)[-1]
    assert sorted(analysis.wall_order(run.id, step, 0, by)) == list(range(7))


def test_each_neuron_passes_exactly_one_filter(store):
    run = record(store, 30, lr=0.5)
    step = store.snapshot_steps(run.id)[-1]
    parts = [
        wall._order_and_badges(run.id, step, 0, "index", only)["order"]
        for only in ("dead", "duplicates", "unique")
    ]
    assert sorted(n for part in parts for n in part) == list(range(30))
    assert parts[0] == np.flatnonzero(analysis.layer_statistics(run.id, step, 0).dead).tolist()


def test_a_change_is_the_difference_of_two_snapshots(store):
    run = record(store, 7)
    steps = store.snapshot_steps(run.id)
    scales, shown = analysis.weight_change(run.id, steps[-1], 0, steps[0])
    expected = analysis.wall_maps(run.id, steps[-1], 0) - analysis.wall_maps(run.id, steps[0], 0)
    restored = shown / 127 * scales[:, None]
    assert np.abs(restored - expected).max() <= scales.max() / 200
    options = wall._tiles(run.id, steps, steps[-1], 0, "initial")
    assert base64.b64decode(options["tiles"]) == wire.pack_tiles(scales, shown)


def test_the_negative_gradient_lowers_the_loss(store):
    run = record(store, 7)
    step = store.snapshot_steps(run.id)[-1]
    before = analysis.scores(run.id, step, 0)
    scales, shown = analysis.negative_gradient(run.id, step)
    network = load_network.network_at(store, run.id, step)
    network.layers[0].W += 0.05 * (shown / 127 * scales[:, None])
    _, loss, _ = run.spec.build()
    test = analysis.test_set(run.id)
    weights = np.bincount(test.labels, minlength=10) / len(test)
    assert evaluate(network, loss, test.images, test.labels).loss < before.loss_per_digit @ weights


def test_a_diverged_network_has_a_message_in_place_of_statistics(store):
    run = record(store, 7)
    step = store.snapshot_steps(run.id)[-1]
    network_at(run.id, step).parameters[:100] = np.nan  # it is cached
    try:
        analysis.layer_pre_activations.clear()
        analysis.layer_statistics.clear()
        with pytest.raises(UserError, match="diverged"):
            wall._order_and_badges(run.id, step, 0, "index", "all")
        details.of.clear()
        found = details.of(run.id, step, 0, 0)
        assert "diverged" in found["activations"]["message"]
        assert np.isfinite(np.frombuffer(base64.b64decode(found["weights"]), "<f4")).all()
    finally:
        network_at.cache_clear()


@pytest.mark.parametrize(
    ("name", "expected"),
    [("my run", "my-run-3.npz"), ("../../etc", "etc-3.npz"), ("Σ/\\:", "ID-3.npz")],
)
def test_file_names_are_valid_on_every_system(store, name, expected):
    run = store.create(RunSpec(), name)
    assert export_menu.file_name(run, ".npz", 3) == expected.replace("ID", run.id)
    assert export_menu.file_name(None, ".npz") == "pretrained.npz"


def test_contents_are_what_was_written():
    assert export_menu.contents("it.txt", lambda path: path.write_text("all")) == b"all"
    with pytest.raises(ZeroDivisionError):
        export_menu.contents("it.txt", lambda path: Path(path / str(1 // 0)))


def test_a_dead_neuron_has_no_top_activating_images_and_says_so(store):
    """With such a learning rate most ReLU neurons die in the first steps."""
    run = record(store, 12, lr=3.0)
    step = store.snapshot_steps(run.id)[-1]
    dead = np.flatnonzero(analysis.layer_statistics(run.id, step, 0).dead)
    found = details.of(run.id, step, 0, int(dead[0]))
    assert found["top_activating"] == {
        "message": "None: the neuron is dead. Its output is the same for every image."
    }
    assert found["preferred_class"] is None
    assert dict(found["facts"])["Preferred digit"].startswith("none: the neuron is dead")


def test_the_top_images_are_compared_with_the_preferred_digit(store):
    run = record(store, 16)
    step = store.snapshot_steps(run.id)[-1]
    statistics = analysis.layer_statistics(run.id, step, 0)
    for neuron in np.flatnonzero(~statistics.dead).tolist():
        found = details.of(run.id, step, 0, neuron)
        top = found["top_activating"]["labels"][: details.EXAMPLES]
        preferred = statistics.preferred_class[neuron]
        expected = f"{top.count(preferred)} of the 8 top images show the preferred digit"
        assert found["top_activating"]["caption"].startswith(expected)


NAN = float("nan")


@pytest.mark.parametrize(
    "means, text",
    [
        ([0, 0, 0, 4, 2, 1, 0, 0, 0, 0], "3 (mean activation 2.0 × that of the 4, "),
        ([0, 0, 0, 4, 0, 0, 0, 0, 0, 0], "3 (no other activates it, "),
        ([1, 1, 1, 1.05, 1, 1, 1, 1, 1, 1], "not selective: the 3 is hardly ahead of the 0 ("),
        ([-1, -1, -1, 3, 1, -1, -1, -1, -1, -1], "3 (mean activation 2.0 × that of the 4, "),
        ([NAN, NAN, NAN, 4, NAN, NAN, 1, NAN, NAN, NAN], "3 (mean activation 4.0 × that of the 6"),
        ([NAN, NAN, NAN, 4, NAN, NAN, NAN, NAN, NAN, NAN], "3 (selectivity"),
    ],
)
def test_a_preferred_digit_says_how_much_it_is_preferred(means, text):
    statistics = NeuronStatistics(
        weight_norm=np.ones(1, np.float32),
        activation_rate=np.ones(1, np.float32),
        mean_activation=np.array([means], np.float32),
        preferred_class=np.array([3]),
        selectivity=np.array([0.5], np.float32),
        dead=np.array([False]),
    )
    assert details._preference(statistics, 0).startswith(text)
