from __future__ import annotations

import json
import re
import signal
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from PIL import Image

from nn.data.formats import npz
from nn.data.synthetic import handwriting
from nn.runs.spec import RunSpec
from nn.runs.store.store import State
from nn.runs.worker.loop import work
from tests.cli.command_line import QUICK, assert_sentence, lines, nn, shell

EPOCH = {
    "event", "epoch", "train_loss", "val_loss", "val_accuracy", "test_accuracy",
    "images_per_second", "seconds",
}  # fmt: skip
END = {"event", "run", "state", "test_accuracy", "seconds"}
pytestmark = pytest.mark.usefixtures("store")


def test_train_json_prints_one_line_an_epoch_and_an_end_and_nothing_else(store):
    process = shell("train", *QUICK, "--json")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    *epochs, end = lines(out)
    run = store.runs()[0]
    assert [set(epoch) for epoch in epochs] == [EPOCH] * 2
    assert [(epoch["event"], epoch["epoch"]) for epoch in epochs] == [("epoch", 1), ("epoch", 2)]
    for said, recorded in zip(epochs, store.epochs(run.id), strict=True):
        assert said == {key: recorded[key] for key in EPOCH - {"event"}} | {"event": "epoch"}
    assert end == {
        "event": "end", "run": run.id, "state": "finished", "test_accuracy": run.test_accuracy,
        "seconds": run.seconds,
    }  # fmt: skip
    assert set(end) == END


def test_without_held_out_pictures_the_validation_figures_are_null():
    result = nn("train", *QUICK, "--validation", 0, "--epochs", 1, "--json")
    epoch, _ = lines(result.stdout)
    assert (epoch["val_loss"], epoch["val_accuracy"]) == (None, None)
    assert epoch["test_accuracy"] > 0


def test_train_for_people_says_how_it_ended(store):
    result = nn("train", *QUICK, "--name", "mine")
    assert result.exit_code == 0
    assert "Run mine finished" in result.stdout
    assert f"{store.find('mine').test_accuracy:.2%}" in result.stdout


OTHER = {
    "hidden": (4, 3), "activation": "sigmoid", "output": "sigmoid", "loss": "squared_error",
    "initializer": "lecun", "lr": 0.5, "lr_schedule": "constant", "momentum": 0.5, "batch_size": 50,
    "epochs": 1, "dataset": "strokes", "validation_size": 19_000, "seed": 7, "optimizer": "adam",
    "nesterov": True, "weight_decay": 0.01, "dropout": 0.1, "label_smoothing": 0.1,
    "clip_norm": 1.0, "early_stopping_patience": 3, "augmentation": 0.5,
}  # fmt: skip


@pytest.fixture
def fine_tuned(store, tmp_path):
    """The two fields that go on from something: a network, and digits of one's own."""
    run = store.create(RunSpec(**OTHER))
    next(work(store, run.id))
    npz.write(handwriting.make(3, seed=1), tmp_path / "own.npz")
    return {"init_from": f"{run.id}@0", "extra_data": str(tmp_path / "own.npz")}


def test_set_and_spec_reach_every_field(store, tmp_path, fine_tuned):
    other = OTHER | fine_tuned
    assert set(other) == {field.name for field in fields(RunSpec)}
    assert not other.items() & asdict(RunSpec()).items()  # each differs from its default
    written = other | {"hidden": "4,3"}
    written |= {"nesterov": "true"}
    by_set = [word for field in other for word in ("--set", f"{field}={written[field]}")]
    file = tmp_path / "spec.json"
    file.write_text(json.dumps(other))
    for arguments in (by_set, ["--spec", file]):
        assert nn("train", *arguments).exit_code == 0
        assert store.runs()[0].spec == RunSpec(**other)


def test_going_on_from_a_run_takes_its_network_and_finds_own_digits_from_here(
    store, tmp_path, fine_tuned, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    [run] = store.runs()
    arguments = ["--start", run.name, "--also", "own.npz", "--data", "strokes", "--epochs", 1]
    assert nn("train", *arguments, "--validation", 19_000).exit_code == 0
    spec = store.runs()[0].spec
    assert (spec.init_from, spec.extra_data) == (f"{run.id}@{run.step}", fine_tuned["extra_data"])
    assert (spec.hidden, spec.activation, spec.output) == ((4, 3), "sigmoid", "sigmoid")
    assert spec.loss == RunSpec().loss


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--start", "nonesuch"], "There is no run 'nonesuch'"),
        (["--start", "pretrained", "--hidden", "9"], r"hidden must be \(1000, 500\)"),
        (["--also", "nonesuch.npz"], "there is no file nonesuch.npz"),
        (["--set", "start=3"], "init_from must be pretrained, a"),
        (["--set", "also=3"], "extra_data must be a path"),
    ],
)
def test_what_cannot_be_gone_on_from_is_a_sentence_before_there_is_a_run(
    store, arguments, sentence
):
    said = assert_sentence(nn("train", "--data", "strokes", *arguments))
    assert re.search(sentence, said)
    assert not store.runs()


def test_every_option_reaches_its_field_and_the_rest_is_the_presets(store):
    given = [
        "hidden",
        "activation",
        "lr",
        "batch_size",
        "epochs",
        "dataset",
        "validation_size",
        "seed",
    ]
    written = OTHER | {"hidden": "4,3", "activation": "relu"}
    options = [word for field in given for word in (f"--{field.replace('_', '-')}", written[field])]
    assert nn("train", "--preset", "sigmoid-30", "--augment", *options).exit_code == 0
    spec = store.runs()[0].spec
    assert spec.augmentation == 1
    assert [getattr(spec, field) for field in given] == [
        (OTHER | {"activation": "relu"})[field] for field in given
    ]
    assert (spec.output, spec.loss, spec.initializer) == ("sigmoid", "squared_error", "lecun")


def test_without_mnist_the_strokes_are_trained_on_and_that_is_said(no_mnist, monkeypatch, store):
    monkeypatch.setattr(
        handwriting, "load", lambda: (handwriting.make(500, 1), handwriting.make(100, 2))
    )
    result = nn("train", "--validation", 100, "--epochs", 1, "--hidden", 4, "--json")
    assert result.exit_code == 0
    assert len(lines(result.stdout)) == 2
    assert "built-in strokes" in result.stderr and "DIGITSCOPE_DATA" in result.stderr
    assert store.runs()[0].spec.dataset == "strokes"


@pytest.mark.parametrize("how", [["--json"], []], ids=["json", "people"])
@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--data", "mnist"], "MNIST is not on this computer"),
        (["--data", "strokes", "--validation", "20"], "leaves none to learn from"),
    ],
    ids=["no mnist", "nothing to learn from"],
)
def test_training_on_nothing_is_a_sentence_and_leaves_no_run_waiting(
    store, no_mnist, monkeypatch, arguments, sentence, how
):
    monkeypatch.setattr(
        handwriting, "load", lambda: (handwriting.make(20, 1), handwriting.make(10, 2))
    )
    assert sentence in assert_sentence(nn("train", *arguments, *how))
    assert all(run.state is State.FAILED for run in store.runs())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverged_run_ends_with_its_sentence_and_its_json_is_json():
    result = nn(
        "train", "--hidden", ",".join(["64"] * 12), "--set", "initializer=normal", "--lr", 1000,
        "--data", "strokes", "--validation", 19_990, "--batch", 10, "--epochs", 1, "--json",
    )  # fmt: skip
    assert "learning rate" in assert_sentence(result, printed=result.stdout)
    assert lines(result.stdout)[-1]["state"] == "diverged"


@pytest.mark.parametrize(
    ("arguments", "code", "names"),
    [
        (["--preset", "nothing"], 1, "'nothing'"),
        (["--activation", "cube"], 1, "activation"),
        (["--hidden", "wide"], 1, "hidden"),
        (["--lr", "nan"], 1, "lr"),
        (["--lr", "fast"], 2, "--lr"),
        (["--set", "momentum"], 2, "'momentum'"),
        (["--set", "speed=3"], 1, "'speed'"),
        (["--set", "lr=fast"], 1, "lr"),
        (["--set", "loss=[1]"], 1, "loss"),
        (["--spec", "/no/such/file"], 2, "/no/such/file"),
        (["--spec", "{picture}"], 1, "picture.png"),
    ],
)
def test_a_wrong_setting_is_one_sentence_and_makes_no_run(store, tmp_path, arguments, code, names):
    picture = tmp_path / "picture.png"
    Image.new("L", (9, 9)).save(picture)
    result = nn("train", *(argument.format(picture=picture) for argument in arguments))
    assert names in assert_sentence(result, code)
    assert store.runs() == []


def test_ctrl_c_stops_the_run_and_resume_finishes_it(store):
    process = shell("train", *QUICK, "--epochs", 60, "--json")
    first = process.stdout.readline()
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    run = store.runs()[0]
    assert lines(first + out)[-1]["state"] == run.state == "stopped"
    assert 1 <= run.epoch < 60
    assert f"resume {run.id}" in err and "Traceback" not in err

    result = nn("resume", run.id, "--json")
    assert result.exit_code == 0
    assert [line.get("epoch") for line in lines(result.stdout)] == [
        *range(run.epoch + 1, 61), None,
    ]  # fmt: skip
    assert store.run(run.id).state is State.FINISHED


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="no such device here")
def test_a_spec_is_not_read_without_end(store):
    assert "no spec is" in assert_sentence(nn("train", "--spec", "/dev/zero"))


def test_a_spec_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "spec.json").write_text('{"epochs": 0}', "utf-8-sig")
    assert "epochs must be" in assert_sentence(nn("train", "--spec", tmp_path / "spec.json"))


# Streams and signals
