from __future__ import annotations

import json
import re
import signal
from dataclasses import asdict, fields
from pathlib import Path

import pytest
from PIL import Image

from nn.cli.train import FIELD_OPTIONS, train
from nn.data.formats import npz
from nn.data.synthetic import handwriting
from nn.initializers import INITIALIZERS
from nn.layers import ACTIVATIONS, OUTPUTS
from nn.losses import LOSSES
from nn.optimizers import OPTIMIZERS
from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from nn.runs.store.store import State
from nn.runs.worker.loop import work
from nn.schedules import SCHEDULES
from tests.cli.command_line import QUICK, assert_error_message, lines, nn, shell

EPOCH = {
    "event", "epoch", "train_loss", "train_accuracy", "val_loss", "val_accuracy", "test_accuracy",
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
    for printed, recorded in zip(epochs, store.epochs(run.id), strict=True):
        assert printed == {key: recorded[key] for key in EPOCH - {"event"}} | {"event": "epoch"}
    assert end == {
        "event": "end", "run": run.id, "state": "finished", "test_accuracy": run.test_accuracy,
        "seconds": run.seconds,
    }  # fmt: skip
    assert set(end) == END


def test_without_a_validation_set_its_figures_are_null():
    result = nn("train", *QUICK, "--validation-size", 0, "--epochs", 1, "--json")
    epoch, _ = lines(result.stdout)
    assert (epoch["val_loss"], epoch["val_accuracy"]) == (None, None)
    assert epoch["test_accuracy"] > 0


def test_train_prints_the_test_accuracy_at_the_end(store):
    result = nn("train", *QUICK, "--name", "first")
    assert result.exit_code == 0
    assert "Run first finished" in result.stdout
    assert f"{store.find('first').test_accuracy:.2%}" in result.stdout


OTHER = {
    "hidden": (4, 3), "activation": "sigmoid", "output": "sigmoid", "loss": "squared_error",
    "initializer": "lecun", "lr": 0.5, "lr_schedule": "constant", "momentum": 0.5, "batch_size": 50,
    "epochs": 1, "dataset": "strokes", "validation_size": 19_000, "seed": 7, "optimizer": "adam",
    "nesterov": True, "weight_decay": 0.01, "dropout": 0.1, "label_smoothing": 0.1,
    "clip_norm": 1.0, "early_stopping_patience": 3, "augmentation": 0.5, "train_size": 900,
}  # fmt: skip


@pytest.fixture
def fine_tuned(store, tmp_path):
    """The two fields that refer to something else: a snapshot, and a file of extra digits."""
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


def test_initializing_from_a_run_takes_its_network_and_resolves_the_path_of_extra_data(
    store, tmp_path, fine_tuned, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    [run] = store.runs()
    arguments = [
        "--init-from",
        run.name,
        "--extra-data",
        "own.npz",
        "--dataset",
        "strokes",
        "--epochs",
        1,
    ]
    assert nn("train", *arguments, "--validation-size", 19_000).exit_code == 0
    spec = store.runs()[0].spec
    assert (spec.init_from, spec.extra_data) == (f"{run.id}@{run.step}", fine_tuned["extra_data"])
    assert (spec.hidden, spec.activation, spec.output) == ((4, 3), "sigmoid", "sigmoid")
    assert spec.loss == RunSpec().loss


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--init-from", "nonesuch"], "There is no run 'nonesuch'"),
        (["--init-from", "pretrained", "--hidden", "9"], r"hidden must be \(\d+, \d+\)"),
        (["--extra-data", "nonesuch.npz"], "there is no file nonesuch.npz"),
        (["--set", "start=3"], "init_from must be pretrained, a"),
        (["--set", "also=3"], "extra_data must be an absolute path"),
    ],
)
def test_wrong_initialization_or_extra_data_is_reported_before_a_run_is_recorded(
    store, arguments, expected
):
    message = assert_error_message(nn("train", "--dataset", "strokes", *arguments))
    assert re.search(expected, message)
    assert not store.runs()


def test_options_change_single_fields_of_the_preset(store):
    given = ["hidden", "activation", "lr", "batch_size", "epochs", "dataset", "validation_size"]
    written = OTHER | {"hidden": "4,3", "activation": "relu"}
    options = [word for field in given for word in (f"--{field.replace('_', '-')}", written[field])]
    assert nn("train", "--preset", "sigmoid-30", *options).exit_code == 0
    spec = store.runs()[0].spec
    assert [getattr(spec, field) for field in given] == [
        (OTHER | {"activation": "relu"})[field] for field in given
    ]
    assert (spec.output, spec.loss, spec.initializer) == ("sigmoid", "squared_error", "lecun")


def test_without_mnist_training_uses_synthetic_digits_and_reports_it(no_mnist, monkeypatch, store):
    monkeypatch.setattr(
        handwriting, "load", lambda: (handwriting.make(500, 1), handwriting.make(100, 2))
    )
    result = nn("train", "--validation-size", 100, "--epochs", 1, "--hidden", 4, "--json")
    assert result.exit_code == 0
    assert len(lines(result.stdout)) == 2
    assert "built-in synthetic digits" in result.stderr and "DIGITSCOPE_DATA" in result.stderr
    assert store.runs()[0].spec.dataset == "strokes"


@pytest.mark.parametrize("output", [["--json"], []], ids=["json", "text"])
@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["--dataset", "mnist"], "MNIST is not on this computer"),
        (["--dataset", "strokes", "--validation-size", "20"], "leaves none to learn from"),
    ],
    ids=["no mnist", "no training images"],
)
def test_training_without_images_is_reported_and_leaves_no_run_queued(
    store, no_mnist, monkeypatch, arguments, expected, output
):
    monkeypatch.setattr(
        handwriting, "load", lambda: (handwriting.make(20, 1), handwriting.make(10, 2))
    )
    assert expected in assert_error_message(nn("train", *arguments, *output))
    assert all(run.state is State.FAILED for run in store.runs())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverged_run_ends_with_its_message_and_valid_json():
    result = nn(
        "train", "--hidden", ",".join(["64"] * 12), "--set", "initializer=normal", "--lr", 1000,
        "--dataset", "strokes", "--validation-size", 19_990, "--batch-size", 10, "--epochs", 1,
        "--json",
    )  # fmt: skip
    assert "learning rate" in assert_error_message(result, printed=result.stdout)
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
        (["--spec", "{image}"], 1, "image.png"),
    ],
)
def test_an_invalid_setting_is_rejected_with_a_message_and_records_no_run(
    store, tmp_path, arguments, code, names
):
    image = tmp_path / "image.png"
    Image.new("L", (9, 9)).save(image)
    result = nn("train", *(argument.format(image=image) for argument in arguments))
    assert names in assert_error_message(result, code)
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


@pytest.mark.skipif(not Path("/dev/zero").exists(), reason="this platform has no /dev/zero")
def test_an_endless_spec_file_is_rejected(store):
    assert "Expected a JSON configuration" in assert_error_message(
        nn("train", "--spec", "/dev/zero")
    )


def test_a_spec_may_begin_with_a_byte_order_mark(tmp_path):
    (tmp_path / "spec.json").write_text('{"epochs": 0}', "utf-8-sig")
    assert "epochs must be" in assert_error_message(nn("train", "--spec", tmp_path / "spec.json"))


def test_every_field_has_an_option_that_reaches_it(store, fine_tuned):
    other = OTHER | fine_tuned
    written = other | {"hidden": "4,3", "nesterov": "true"}
    options = [word for field in other for word in (f"--{field.replace('_', '-')}", written[field])]
    assert nn("train", *options).exit_code == 0
    assert store.runs()[0].spec == RunSpec(**other)


def test_help_names_every_field_in_order_and_every_choice():
    assert {field for field, *_ in FIELD_OPTIONS} == {field.name for field in fields(RunSpec)}
    help_of = {field: text for field, *_, text in FIELD_OPTIONS}
    for field, choices in {
        "activation": ACTIVATIONS, "output": OUTPUTS, "loss": LOSSES,
        "initializer": INITIALIZERS, "optimizer": OPTIMIZERS, "lr_schedule": SCHEDULES,
    }.items():  # fmt: skip
        assert not [choice for choice in choices if choice not in help_of[field]], field
    [preset] = [option for option in train.params if option.name == "preset"]
    assert not [name for name in PRESETS if name not in preset.help]
