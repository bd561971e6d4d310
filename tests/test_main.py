from __future__ import annotations

import io
import json
import os
import re
import signal
import sqlite3
import subprocess
import sys
from dataclasses import asdict, fields
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from PIL import Image

from nn.__main__ import main
from nn.digits import archive, strokes
from nn.runs import database, launch, queue
from nn.runs.spec import RunSpec
from nn.runs.store import RunStore, State
from nn.runs.worker import work

ROOT = Path(__file__).parents[1]
QUICK = [
    "--data", "strokes", "--hidden", "8", "--batch", "380", "--epochs", "2", "--validation", "1000",
]  # fmt: skip
EPOCH = {
    "event", "epoch", "train_loss", "val_loss", "val_accuracy", "test_accuracy",
    "images_per_second", "seconds",
}  # fmt: skip
END = {"event", "run", "state", "test_accuracy", "seconds"}
RUN = {
    "run", "name", "state", "sentence", "epoch", "epochs", "samples", "test_accuracy", "frames",
    "created",
}  # fmt: skip


def strict_json(text):
    """As json.loads, without the NaN and Infinity that only Python reads."""

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=refuse)


def lines(text):
    return [strict_json(line) for line in text.splitlines()]


def nn(*arguments):
    """The command line, in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def shell(*arguments):
    """The command line, as a process of its own."""
    command = [sys.executable, "-m", "nn", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, preexec_fn=on_one_core
    )


def on_one_core():
    """BLAS threads wait busily for each other: with one, tests stay fast on a busy machine."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {os.sched_getaffinity(0).pop()})


def assert_sentence(result, code=1):
    """It ended with one sentence on standard error, rather than a traceback → the sentence."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert result.exit_code == code
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ") and last.endswith(".")
    assert result.stderr.count("Error: ") == 1
    return last


@pytest.fixture(autouse=True)
def store(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE", f"sqlite:///{tmp_path / 'store.sqlite3'}")
    monkeypatch.setattr("nn.runs.worker.available_cores", lambda: 1)
    return RunStore()


@pytest.fixture
def no_mnist(tmp_path, monkeypatch):
    monkeypatch.delenv("DIGITSCOPE_DATA", raising=False)
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path / "home"))


# train


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
    "initialiser": "lecun", "lr": 0.5, "schedule": "constant", "momentum": 0.5, "batch": 50,
    "epochs": 1, "data": "strokes", "validation": 19_000, "seed": 7, "optimiser": "adam",
    "nesterov": True, "weight_decay": 0.01, "dropout": 0.1, "label_smoothing": 0.1,
    "clip_norm": 1.0, "patience": 3, "augmentation": 0.5,
}  # fmt: skip


@pytest.fixture
def onward(store, tmp_path):
    """The two fields that go on from something: a network, and digits of one's own."""
    run = store.create(RunSpec(**OTHER))
    next(work(store, run.id))
    archive.write(strokes.make(3, seed=1), tmp_path / "own.npz")
    return {"start": f"{run.id}@0", "also": str(tmp_path / "own.npz")}


def test_set_and_spec_reach_every_field(store, tmp_path, onward):
    other = OTHER | onward
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
    store, tmp_path, onward, monkeypatch
):
    monkeypatch.chdir(tmp_path)
    [run] = store.runs()
    arguments = ["--start", run.name, "--also", "own.npz", "--data", "strokes", "--epochs", 1]
    assert nn("train", *arguments, "--validation", 19_000).exit_code == 0
    spec = store.runs()[0].spec
    assert (spec.start, spec.also) == (f"{run.id}@{run.step}", onward["also"])
    assert (spec.hidden, spec.activation, spec.output) == ((4, 3), "sigmoid", "sigmoid")
    assert spec.loss == RunSpec().loss


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        (["--start", "nonesuch"], "There is no run 'nonesuch'"),
        (["--start", "recogniser", "--hidden", "9"], r"hidden must be \(1000, 500\)"),
        (["--also", "nonesuch.npz"], "there is no file nonesuch.npz"),
        (["--set", "start=3"], "start must be recogniser, a moment"),
        (["--set", "also=3"], "also must be a path"),
    ],
)
def test_what_cannot_be_gone_on_from_is_a_sentence_before_there_is_a_run(
    store, arguments, sentence
):
    said = assert_sentence(nn("train", "--data", "strokes", *arguments))
    assert re.search(sentence, said)
    assert not store.runs()


def test_every_option_reaches_its_field_and_the_rest_is_the_presets(store):
    given = ["hidden", "activation", "lr", "batch", "epochs", "data", "validation", "seed"]
    written = OTHER | {"hidden": "4,3", "activation": "relu"}
    options = [word for field in given for word in (f"--{field}", written[field])]
    assert nn("train", "--preset", "sigmoid-30", "--augment", *options).exit_code == 0
    spec = store.runs()[0].spec
    assert spec.augmentation == 1
    assert [getattr(spec, field) for field in given] == [
        (OTHER | {"activation": "relu"})[field] for field in given
    ]
    assert (spec.output, spec.loss, spec.initialiser) == ("sigmoid", "squared_error", "lecun")


def test_without_mnist_the_strokes_are_trained_on_and_that_is_said(no_mnist, monkeypatch, store):
    monkeypatch.setattr(strokes, "load", lambda: (strokes.make(500, 1), strokes.make(100, 2)))
    result = nn("train", "--validation", 100, "--epochs", 1, "--hidden", 4, "--json")
    assert result.exit_code == 0
    assert len(lines(result.stdout)) == 2
    assert "built-in strokes" in result.stderr and "DIGITSCOPE_DATA" in result.stderr
    assert store.runs()[0].spec.data == "strokes"


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
    monkeypatch.setattr(strokes, "load", lambda: (strokes.make(20, 1), strokes.make(10, 2)))
    assert sentence in assert_sentence(nn("train", *arguments, *how))
    assert all(run.state is State.FAILED for run in store.runs())


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
def test_a_diverged_run_ends_with_its_sentence_and_its_json_is_json():
    result = nn(
        "train", "--hidden", ",".join(["64"] * 12), "--set", "initialiser=normal", "--lr", 1000,
        "--data", "strokes", "--validation", 19_990, "--batch", 10, "--epochs", 1, "--json",
    )  # fmt: skip
    assert "learning rate" in assert_sentence(result)
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


@pytest.mark.skipif(os.name != "posix", reason="needs a POSIX shell")
@pytest.mark.parametrize("closed", [">&-", "2>&-", ">&- 2>&-"])
@pytest.mark.parametrize("how", ["--json", ""])
def test_nobody_has_to_listen(store, closed, how):
    words = " ".join([sys.executable, "-m", "nn", "train", *map(str, QUICK), how, closed])
    assert subprocess.run(words, shell=True, cwd=ROOT, timeout=60).returncode == 0
    assert store.runs()[0].state is State.FINISHED


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no such device here")
def test_output_that_cannot_be_written_is_a_sentence(store):
    store.create(RunSpec())
    with open("/dev/full", "w") as full:
        command = [sys.executable, "-m", "nn", "runs", "--json"]
        done = subprocess.run(command, cwd=ROOT, stdout=full, stderr=subprocess.PIPE, text=True)
    assert done.returncode == 1
    assert done.stderr == "Error: The computer refused: No space left on device.\n"


def test_ctrl_c_is_130_in_any_command(monkeypatch, store):
    def interrupted(self):
        raise KeyboardInterrupt

    monkeypatch.setattr(RunStore, "runs", interrupted)
    result = nn("runs")
    assert (result.exit_code, result.stdout, result.stderr) == (130, "", "Interrupted.\n")


# resume, stop, runs


@pytest.mark.parametrize("how", [["--json"], []], ids=["json", "people"])
def test_a_run_whose_data_are_gone_stays_what_it_was(store, tmp_path, how):
    run = store.create(RunSpec(data=str(tmp_path / "gone.csv")), "mine")
    store.withdraw(run.id)
    assert "gone.csv" in assert_sentence(nn("resume", "mine", *how))
    assert store.find("mine").state is State.STOPPED


@pytest.mark.parametrize("command", ["resume", "stop"])
def test_a_run_that_has_ended_or_never_was_is_neither_resumed_nor_stopped(store, command):
    nn("train", *QUICK, "--name", "mine")
    assert "finished" in assert_sentence(nn(command, "mine"))
    assert "'nobody'" in assert_sentence(nn(command, "nobody"))


def test_stop_asks_the_worker_of_the_run(store):
    run = store.create(RunSpec(data="strokes"), lease="of its worker")
    assert nn("stop", run.id).exit_code == 0
    assert [command.kind for command in store.commands(run.id)] == ["stop"]


def test_stop_takes_a_run_that_waits_out_of_the_queue(store):
    run = store.create(RunSpec(data="strokes"))
    assert nn("stop", run.id).exit_code == 0
    assert store.run(run.id).state is State.STOPPED


def test_a_run_of_the_command_line_that_ends_lets_the_next_one_in_the_queue_start(
    store, monkeypatch
):
    started = []
    monkeypatch.setattr(launch, "start", started.append)
    waiting = store.create(RunSpec(data="strokes"))
    assert nn("train", *QUICK).exit_code == 0
    assert started == [waiting.id]


def test_delete_forgets_the_run_and_says_which(store):
    gone, kept = store.create(RunSpec(), "mine"), store.create(RunSpec())
    result = nn("delete", "mine", "--yes")
    assert (result.exit_code, result.stdout) == (0, "")
    assert result.stderr == "Run mine is deleted.\n"
    assert [run.id for run in store.runs()] == [kept.id]
    assert gone.id in assert_sentence(nn("delete", gone.id))


@pytest.mark.parametrize(("answer", "left", "code"), [("y", 0, 0), ("n", 1, 1), ("", 1, 1)])
def test_delete_asks_at_a_terminal(store, monkeypatch, answer, left, code):
    monkeypatch.setattr("nn.commands.runs.at_a_terminal", lambda: True)
    run = store.create(RunSpec(), "mine")
    result = CliRunner().invoke(main, ["delete", run.id], input=f"{answer}\n")
    assert "Delete run mine (queued, 0 of 5 epochs)" in result.output
    assert (result.exit_code, len(store.runs())) == (code, left)


def test_a_store_that_does_not_answer_is_a_sentence(store, monkeypatch):
    run = store.create(RunSpec(), "mine")
    be_patient = database.be_patient
    monkeypatch.setattr(database, "be_patient", lambda store, _: be_patient(store, 0.1))
    other = sqlite3.connect(store.url.removeprefix("sqlite:///"), isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    for command in (["delete", run.id], ["stop", run.id], ["resume", run.id], ["train", *QUICK]):
        assert "database is locked" in assert_sentence(nn(*command))
    assert nn("runs").exit_code == 0
    other.close()
    assert [(run.name, run.state) for run in store.runs()] == [("mine", "queued")]


def test_runs_says_how_large_the_store_is_and_may_grow(store, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE_LIMIT", "1.5 GiB")
    store.create(RunSpec())
    for arguments in ((), ("--json",)):
        assert nn("runs", *arguments).stderr.endswith(" MiB of 1.5 GiB.\n")


def test_runs_shows_the_place_in_the_queue(store, monkeypatch):
    monkeypatch.setattr(queue, "available_cores", lambda: 1)
    store.create(RunSpec(), lease="of its worker")
    run = store.create(RunSpec(), "mine")
    assert f"{run.id}  queued 1st " in nn("runs").stdout
    assert lines(nn("runs", "--json").stdout)[0]["sentence"] == "Waiting: 1st in the queue."


def test_runs_json_is_one_line_a_run_newest_first(store):
    nn("train", *QUICK, "--name", "older")
    store.create(RunSpec(epochs=9), "newer")
    result = nn("runs", "--json")
    newer, older = lines(result.stdout)
    assert set(newer) == set(older) == RUN
    run = store.find("older")
    assert older == {
        "run": run.id, "name": "older", "state": "finished", "sentence": "", "epoch": 2,
        "epochs": 2, "samples": 38_000, "test_accuracy": run.test_accuracy,
        "frames": len(store.frame_steps(run.id)), "created": run.created,
    }  # fmt: skip
    assert (newer["name"], newer["state"], newer["epochs"]) == ("newer", "queued", 9)
    assert (newer["test_accuracy"], newer["frames"]) == (None, 0)


def test_runs_for_people_names_every_run_and_says_when_there_is_none(store):
    empty = nn("runs")
    assert (empty.exit_code, empty.stdout) == (0, "")
    assert "No runs yet" in empty.stderr
    run = store.create(RunSpec(hidden=(12,)), "mine")
    (line,) = nn("runs").stdout.splitlines()
    assert {run.id, "mine", "queued", "784-12-10"} <= set(line.split())


# predict


@pytest.fixture(scope="module")
def network_url(tmp_path_factory):
    """The address of a store with a network that reads strokes."""
    url = f"sqlite:///{tmp_path_factory.mktemp('predict') / 'store.sqlite3'}"
    store = RunStore(url)
    spec = RunSpec(hidden=(64,), epochs=2, data="strokes", validation=5000)
    for _ in work(store, store.create(spec, "reader").id):
        pass
    assert store.find("reader").test_accuracy > 0.85
    return url


@pytest.fixture
def network(network_url, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE", network_url)
    return RunStore()


@pytest.fixture
def digits(tmp_path):
    """A folder with dark digits on light paper, 140 pixels wide: 0.png to 9.png."""
    folder = tmp_path / "digits"
    folder.mkdir()
    made = strokes.make(10, seed=99)
    for image, label in zip(made.images, made.labels, strict=True):
        Image.fromarray(255 - image).resize((140, 140)).save(folder / f"{label}.png")
    return folder


def test_predict_reads_pictures(network, digits):
    result = nn("predict", digits, "--json")
    assert result.exit_code == 0
    answers = lines(result.stdout)
    assert [Path(a["file"]).name for a in answers] == [f"{digit}.png" for digit in range(10)]
    for answer in answers:
        assert set(answer) == {
            "file", "digit", "confidence", "probabilities", "blank", "refused",
        }  # fmt: skip
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert answer["digit"] == np.argmax(answer["probabilities"])
        assert answer["confidence"] == max(answer["probabilities"])
        assert answer["blank"] is answer["refused"] is False
    assert sum(answer["digit"] == digit for digit, answer in enumerate(answers)) >= 9

    for_people = nn("predict", *sorted(digits.iterdir())).stdout.splitlines()
    assert [line.split(": ")[1][0] for line in for_people] == [str(a["digit"]) for a in answers]


def test_a_blank_picture_has_no_digit(network, tmp_path):
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    (answer,) = lines(nn("predict", tmp_path / "blank.png", "--json").stdout)
    assert (answer["digit"], answer["blank"], answer["confidence"]) == (None, True, 0.0)
    assert "blank" in nn("predict", tmp_path / "blank.png").stdout


def damaged(kind, old, new):
    """A picture of this kind, in whose file ``old`` became ``new``."""
    file = io.BytesIO()
    Image.new("P", (30, 30)).save(file, kind)
    data = file.getvalue()
    assert old in data
    return data.replace(old, new)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"no picture",
        damaged("PNG", b"IDAT", b"IDA"),
        damaged("BMP", b"BM", b"BM" + bytes(20)),
        damaged("BLP", b"BLP2\1", b"BLP2\7"),  # Pillow looks at what is inside, not at .png
        None,
    ],
    ids=["empty", "text", "broken PNG", "broken BMP", "broken BLP", "missing"],
)
def test_a_picture_that_cannot_be_read_is_reported_and_the_others_are_read(
    network, digits, content
):
    broken = digits.parent / "broken.png"
    if content is not None:
        broken.write_bytes(content)
    result = nn("predict", digits / "3.png", broken, digits / "7.png", "--json")
    assert result.exit_code == 0, result.exception
    first, failed, last = lines(result.stdout)
    assert (set(failed), failed["file"]) == ({"file", "error"}, str(broken))
    assert failed["error"].endswith(".") and str(broken) in failed["error"]
    assert first["digit"] is not None and last["digit"] is not None

    for_people = nn("predict", digits / "3.png", broken)
    assert len(for_people.stdout.splitlines()) == len(for_people.stderr.splitlines()) == 1


def test_when_nothing_can_be_read_predict_fails(network, tmp_path):
    (tmp_path / "text.png").write_text("no picture")
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "text.png", tmp_path / "empty"):
        process = shell("predict", nothing)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (1, "")
        assert err.splitlines()[-1].startswith("Error: No picture") and "Traceback" not in err


def test_predict_takes_a_model_by_name_and_at_a_past_frame(network, digits):
    def probabilities(*model):
        return [a["probabilities"] for a in lines(nn("predict", digits, *model, "--json").stdout)]

    trained = np.array(probabilities("--model", "reader"))
    assert not np.allclose(trained, probabilities())  # the program's own recogniser
    assert not np.allclose(trained, probabilities("--model", "reader@0"))
    assert "'nobody'" in assert_sentence(nn("predict", digits, "--model", "nobody"))


def test_a_store_that_cannot_be_opened_is_a_sentence(monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_STORE", "nonsense")
    assert "DIGITSCOPE_STORE" in assert_sentence(nn("runs"))
