"""The report is self-contained, agrees with the store, and escapes names."""

from __future__ import annotations

import base64
import json
from html.parser import HTMLParser

import numpy as np
import pytest

from nn.analysis.neurons.weight_tiles import weight_tiles
from nn.analysis.predictions.confusion import confusion
from nn.analysis.predictions.predict import mistakes, predict, predicted_digits
from nn.data import sources
from nn.data.formats import any_format
from nn.errors import UserError
from nn.export import html_report
from nn.runs.load_network import load

HOSTILE = "</script><b>x%%DATA%%<!--&amp;'\""


class Elements(HTMLParser):
    """The elements of a page and the text in them, as a browser would find them."""

    def __init__(self, text):
        super().__init__()
        self.found = []  # [tag, attributes, text]
        self.feed(text)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append([tag, dict(attributes), ""])

    def handle_endtag(self, tag):
        self.found.append([f"/{tag}", {}, ""])

    def handle_data(self, text):
        if self.found:
            self.found[-1][2] += text

    def texts(self, tag):
        return [text for name, _, text in self.found if name == tag]


def written(store, run, folder, steps=None):
    """→ (the page's text, its elements, its data)"""
    path = folder / "a.html"
    html_report.write(store, run, steps or store.snapshot_steps(run.id), path, iter)
    text = path.read_text("utf-8")
    elements = Elements(text)

    def reject(constant):
        raise ValueError(f"{constant} is not JSON")

    return text, elements, json.loads(elements.texts("script")[0], parse_constant=reject)


def unpacked(text, kind):
    return np.frombuffer(base64.b64decode(text), kind).reshape(-1, 784)


@pytest.fixture(scope="module")
def usual(record):
    """(store, run): a run of the default network with a hostile name."""
    return record(128, batch_size=38, epochs=4, name=HOSTILE)


@pytest.fixture(scope="module")
def opened(usual, tmp_path_factory):
    return written(*usual, tmp_path_factory.mktemp("page"))


def test_a_hostile_name_is_escaped(opened):
    _, elements, data = opened
    assert data["name"] == HOSTILE
    assert elements.texts("h1") == [HOSTILE]
    assert elements.texts("title") == [f"{HOSTILE} – Digitscope"]
    tags = [tag for tag, *_ in elements.found]
    assert tags.count("script") == 2 and "b" not in tags


def test_it_loads_nothing_and_is_small(opened):
    text, elements, _ = opened
    assert len(text.encode()) <= 8 * 2**20
    for tag, attributes, _ in elements.found:
        assert not {"src", "href", "srcset", "action", "data"} & set(attributes), tag
    code = text.replace("http://www.w3.org/2000/svg", "")  # a namespace, not an address
    assert not any(word in code for word in ("http:", "https:", "url(", "import(", "fetch("))
    [policy] = [a["content"] for _, a, _ in elements.found if a.get("http-equiv")]
    assert policy.startswith("default-src 'none';")


def test_the_timeline_shows_the_snapshots_from_first_to_last(usual, opened):
    store, run = usual
    *_, data = opened
    assert not data["test_set_missing"]
    test = sources.load_splits("strokes", 1000, 0).test
    steps = store.snapshot_steps(run.id)
    shown = [snapshot["step"] for snapshot in data["snapshots"]]
    assert len(shown) == min(len(steps), html_report.MAX_SNAPSHOTS) >= 40
    assert (shown[0], shown[-1]) == (steps[0], steps[-1]) and set(shown) <= set(steps)
    for found in data["snapshots"]:
        snapshot = store.snapshot(run.id, found["step"])
        scales, shown_tiles = weight_tiles(snapshot.parameters, run.spec.sizes)
        assert found["samples_seen"] == snapshot.samples_seen
        np.testing.assert_allclose(found["scales"], scales, rtol=1e-3)
        np.testing.assert_array_equal(unpacked(found["tiles"], np.int8), shown_tiles)
        network = load(store, f"{run.id}@{snapshot.step}").network
        counts = confusion(test.labels, predicted_digits(network, test.images)).counts.tolist()
        assert found["counts"] in (None, counts)
    assert data["snapshots"][0]["counts"] and data["snapshots"][-1]["counts"]


def test_the_gallery_holds_the_most_confident_mistakes_of_the_last_snapshot(usual, opened):
    store, run = usual
    *_, data = opened
    test = sources.load_splits("strokes", 1000, 0).test
    network = load(store, f"{run.id}@{data['snapshots'][-1]['step']}").network
    predictions = predict(network, test.images, test.labels)
    wrong = mistakes(predictions)
    assert data["mistakes"] == len(wrong) and len(data["gallery"]) == html_report.MAX_MISTAKES
    for n, shown in zip(wrong, data["gallery"], strict=False):
        image = unpacked(shown["image"], np.uint8).reshape(28, 28)
        np.testing.assert_array_equal(image, test.images[n])
        assert (shown["actual"], shown["predicted"]) == (test.labels[n], predictions.predicted[n])
        np.testing.assert_allclose(shown["probabilities"], predictions.probabilities[n], atol=1e-4)


def test_the_curves_are_the_recorded_ones(usual, opened):
    store, run = usual
    *_, data = opened
    points = [(point.samples_seen, point.smoothed_loss) for point in store.points(run.id)]
    np.testing.assert_allclose(data["loss"], points, rtol=1e-3)
    names = ("samples_seen", "val_loss", "val_accuracy", "train_accuracy")
    epochs = [[epoch[name] for name in names] for epoch in store.epochs(run.id)]
    np.testing.assert_allclose(data["epochs"], epochs, rtol=1e-3)
    assert ["Test accuracy", f"{run.test_accuracy:.2%}"] in data["facts"]


@pytest.mark.parametrize("hidden", [(), (1,), (1000,), (5, 4, 3, 2, 1)])
@pytest.mark.parametrize("output", ["softmax", "sigmoid"])
def test_every_network_has_a_report(record, tmp_path, hidden, output, monkeypatch):
    monkeypatch.setattr(html_report, "MAX_MULTIPLICATIONS", 0)  # the first and last only
    store, run = record(*hidden, output=output, activation="tanh")
    *_, data = written(store, run, tmp_path, store.snapshot_steps(run.id)[:6])
    width = run.spec.sizes[1]
    assert (data["neurons"], data["hidden"]) == (width, len(hidden))
    assert all(len(snapshot["scales"]) == min(width, 128) for snapshot in data["snapshots"])
    counted = [bool(snapshot["counts"]) for snapshot in data["snapshots"]]
    assert counted == [True, False, False, False, False, True]


def test_a_missing_test_set_is_reported_and_the_rest_is_shown(record, tmp_path, noise):
    csv = tmp_path / "csv.csv"
    any_format.write(noise(40), csv)
    store, run = record(3, dataset=str(csv), batch_size=4, validation_size=0)
    csv.unlink()
    text, _, data = written(store, run, tmp_path)
    assert data["test_set_missing"] and not data["gallery"]
    assert str(tmp_path) not in text
    assert data["snapshots"] and not any(snapshot["counts"] for snapshot in data["snapshots"])
    assert ["Training data", "csv.csv"] in data["facts"]


@pytest.mark.filterwarnings("error")
def test_a_diverged_run_is_shown_up_to_divergence(record, tmp_path):
    store, run = record(30, lr=900.0)
    assert run.state == "diverged"
    *_, data = written(store, run, tmp_path)
    assert data["message"] == run.message
    assert data["snapshots"][0]["step"] == 0
    assert data["snapshots"][0]["counts"] and data["gallery"]


def test_a_canceled_export_leaves_no_file(usual, tmp_path):
    def progress(steps):
        yield steps[0]
        raise KeyboardInterrupt

    store, run = usual
    with pytest.raises(KeyboardInterrupt):
        html_report.write(store, run, store.snapshot_steps(run.id), tmp_path / "a.html", progress)
    assert not list(tmp_path.iterdir())
    with pytest.raises(UserError, match="cannot be written"):
        html_report.write(store, run, [0], tmp_path / "none" / "a.html", iter)
