from __future__ import annotations

import csv
import zipfile

import numpy as np
import pytest
from PIL import Image

from nn.analysis.predictions.confusion import confusion
from nn.analysis.predictions.predict import predicted_digits
from nn.data import sources
from nn.data.formats import any_format
from nn.models import weights_file
from nn.runs.load_network import load
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work
from tests.cli.command_line import assert_error_message, nn, rows


@pytest.fixture(scope="module")
def recorded(tmp_path_factory):
    """(store, run): a finished run named "first"."""
    store = RunStore(f"sqlite:///{tmp_path_factory.mktemp('model') / 'store.sqlite3'}")
    spec = RunSpec(hidden=(8,), batch_size=380, epochs=1, dataset="strokes", validation_size=1000)
    run = store.create(spec, "first")
    for _ in work(store, run.id):
        pass
    return store, store.run(run.id)


@pytest.fixture(autouse=True)
def first(recorded, monkeypatch):
    store, run = recorded
    monkeypatch.setenv("DIGITSCOPE_STORE", store.url)
    return run


def test_test_uses_the_test_set_of_the_run(first, recorded):
    test = sources.load_splits("strokes", 1000, 0).test
    expected = confusion(
        test.labels, predicted_digits(load(recorded[0], "first").network, test.images)
    )
    [found] = rows(nn("test", "first", "--json"))
    assert found == {
        "accuracy": expected.accuracy,
        "accuracy_per_digit": expected.accuracy_per_digit,
        "confusion": expected.counts.tolist(),
    }
    assert found["accuracy"] == first.test_accuracy


def test_test_prints_accuracy_and_confusion_matrix(first):
    lines = nn("test", "first").stdout.splitlines()
    correct = round(first.test_accuracy * 4000)
    assert lines[0] == f"Accuracy {first.test_accuracy:.2%}: {correct:,} of 4,000 images."
    counts = rows(nn("test", "first", "--json"))[0]["confusion"]
    for digit, line in enumerate(lines[-10:]):
        assert [int(cell.replace(",", "")) for cell in line.split()[2:]] == counts[digit]


def test_a_file_is_tested_as_the_run_it_came_from(tmp_path):
    assert nn("export", "first", tmp_path / "a.json").exit_code == 0
    of_file = rows(nn("test", tmp_path / "a.json", "--dataset", "strokes", "--json"))
    assert of_file == rows(nn("test", "first", "--json"))


def test_another_dataset_is_tested_whole_but_the_runs_dataset_only_on_its_test_set(tmp_path, noise):
    any_format.write(noise(40), tmp_path / "custom.csv")
    other = nn("test", "first", "--dataset", tmp_path / "custom.csv", "--json")
    assert np.sum(rows(other)[0]["confusion"]) == 40
    spec = RunSpec(hidden=(3,), epochs=1, batch_size=8, dataset=str(tmp_path / "custom.csv"))
    run = RunStore().create(spec, "custom")
    for _ in work(RunStore(), run.id):
        pass
    for arguments in ((), ("--dataset", tmp_path / "custom.csv")):
        custom = nn("test", "custom", *arguments, "--json")
        assert np.sum(rows(custom)[0]["confusion"]) == 4
    RunStore().delete(run.id)


@pytest.mark.parametrize(
    ("arguments", "names"),
    [
        (["test", "yours"], "yours"),
        (["test", "none.npz"], "none.npz"),
        (["test", "first@7777"], "7,777"),
        (["test", "first", "--dataset", "none.csv"], "none.csv"),
        (["export", "yours", "OUT.npz"], "yours"),
        (["export", "first", "OUT.h5"], ".safetensors"),
        (["export", "first", "OUT"], ".safetensors"),
        (["export", "first@7777", "OUT.npz"], "7,777"),
        (["export", "first@x", "OUT.gif"], "'x'"),
        (["export", "first@", "OUT.gif"], "got ''"),
        (["export", f"first@{'9' * 5000}", "OUT.gif"], "After @, expected"),
        (["test", "first", "--dataset", ""], "there is no ''"),
        (["predict", "x.png", "--model", ""], "no run ''"),
        (["export", "first", "OUT.gif", "--neuron", "8"], "from 0 to 7"),
        (["export", "first", "OUT.gif", "--neuron", "-1"], "from 0 to 7"),
        (["export", "first", "OUT.webp", "--neuron", "8"], "from 0 to 7"),
        (["export", "first", "OUT/no.csv"], "cannot be written"),
        (["export", "first", "OUT/no.html"], "cannot be written"),
        (["export", "first@x", "OUT.html"], "'x'"),
    ],
)
def test_a_wrong_argument_is_reported_and_nothing_is_written(tmp_path, arguments, names):
    arguments = [part.replace("OUT", str(tmp_path / "out")) for part in arguments]
    assert names in assert_error_message(nn(*arguments))
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize("ending", [".npz", ".json", ".safetensors"])
def test_an_exported_network_equals_that_of_the_run_or_snapshot(recorded, tmp_path, ending):
    store, run = recorded
    for text, step in (("first", run.step), ("first@0", 0)):
        assert nn("export", text, tmp_path / f"a{ending}").exit_code == 0
        network, about = weights_file.read(tmp_path / f"a{ending}")
        np.testing.assert_array_equal(network.parameters, load(store, text).network.parameters)
        assert (about["run"], about["step"]) == ("first", step)
        assert about["test_accuracy"] == (run.test_accuracy if step else None)


def test_curves_and_animations_are_exported(tmp_path):
    assert nn("export", "first", tmp_path / "a.csv").exit_code == 0
    with open(tmp_path / "a.csv", newline="") as file:
        assert [line["epoch"] for line in csv.DictReader(file)][-1] == "1"
    for kind in ("gif", "webp"):
        for arguments in ([], ["--neuron", "3"]):
            assert nn("export", "first", tmp_path / f"a.{kind}", *arguments).exit_code == 0
            with Image.open(tmp_path / f"a.{kind}") as moving:
                assert moving.format == kind.upper() and moving.n_frames > 5
    assert nn("export", "first@0", tmp_path / "b.gif").exit_code == 0
    with Image.open(tmp_path / "b.gif") as still:
        assert still.n_frames == 1


def test_code_and_the_weight_wall_are_exported(recorded, tmp_path):
    store, _ = recorded
    assert nn("export", "first@0", tmp_path / "a.zip").exit_code == 0
    with zipfile.ZipFile(tmp_path / "a.zip") as archive:
        assert archive.namelist() == ["classify.py", "weights.npz"]
        archive.extract("weights.npz", tmp_path)
    network, about = weights_file.read(tmp_path / "weights.npz")
    np.testing.assert_array_equal(network.parameters, load(store, "first@0").network.parameters)
    assert (about["run"], about["step"]) == ("first", 0)
    images = []
    for text in ("first", "first@0"):
        assert nn("export", text, tmp_path / "a.png").exit_code == 0
        images.append((tmp_path / "a.png").read_bytes())
    assert images[0] != images[1]
    assert Image.open(tmp_path / "a.png").format == "PNG"


def test_a_report_is_exported_up_to_the_given_snapshot(tmp_path):
    for text, snapshots in (("first", 5), ("first@0", 1)):
        assert nn("export", text, tmp_path / "a.HTML").exit_code == 0
        page = (tmp_path / "a.HTML").read_text("utf-8")
        assert page.startswith("<!doctype html>") and "<h1>first</h1>" in page
        assert page.count('"tiles":') >= snapshots
    assert page.count('"tiles":') == 1


def test_a_progress_bar_ends_before_the_error_message(tmp_path):
    result = nn("export", "first", tmp_path / "none" / "a.gif")
    assert "cannot be written" in assert_error_message(result)
    assert "drawing a.gif" in result.stderr


def test_the_neuron_option_is_for_animations_only(tmp_path):
    found = nn("export", "first", tmp_path / "a.npz", "--neuron", "3")
    assert found.exit_code == 2 and not list(tmp_path.iterdir())


def test_an_exported_network_predicts_like_its_run(tmp_path):
    assert nn("export", "first", tmp_path / "a.npz").exit_code == 0
    image = np.zeros((28, 28), np.uint8)
    image[4:24, 13:16] = 255
    Image.fromarray(image).save(tmp_path / "1.png")
    answers = []
    for model in ("first", tmp_path / "a.npz"):
        answers.append(rows(nn("predict", tmp_path / "1.png", "--model", model, "--json")))
    assert answers[0] == answers[1] and answers[0][0]["digit"] in range(10)
