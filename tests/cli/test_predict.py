from __future__ import annotations

import io
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from nn.data.synthetic import handwriting, non_digits
from nn.models import pretrained
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work
from tests.cli.command_line import assert_error_message, lines, nn, shell

pytestmark = pytest.mark.usefixtures("store")


@pytest.fixture(scope="module")
def network_url(tmp_path_factory):
    """The URL of a store with a network trained on strokes."""
    url = f"sqlite:///{tmp_path_factory.mktemp('predict') / 'store.sqlite3'}"
    store = RunStore(url)
    spec = RunSpec(hidden=(64,), epochs=2, dataset="strokes", validation_size=5000)
    for _ in work(store, store.create(spec, "digits").id):
        pass
    assert store.find("digits").test_accuracy > 0.85
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
    made = handwriting.make(10, seed=99)
    for image, label in zip(made.images, made.labels, strict=True):
        Image.fromarray(255 - image).resize((140, 140)).save(folder / f"{label}.png")
    return folder


def test_predict_prints_digit_and_confidence(network, digits):
    result = nn("predict", digits, "--json")
    assert result.exit_code == 0
    answers = lines(result.stdout)
    assert [Path(a["file"]).name for a in answers] == [f"{digit}.png" for digit in range(10)]
    for answer in answers:
        assert set(answer) == {
            "file", "digit", "confidence", "probabilities", "blank", "problem", "rejected",
        }  # fmt: skip
        assert sum(answer["probabilities"]) == pytest.approx(1, abs=1e-5)
        assert answer["digit"] == np.argmax(answer["probabilities"])
        assert answer["confidence"] == max(answer["probabilities"])
        assert answer["blank"] is answer["rejected"] is False
    assert sum(answer["digit"] == digit for digit, answer in enumerate(answers)) >= 9

    text_output = nn("predict", *sorted(digits.iterdir())).stdout.splitlines()
    assert [line.split(": ")[1][0] for line in text_output] == [str(a["digit"]) for a in answers]


def test_a_blank_image_has_no_digit(network, tmp_path):
    Image.new("L", (50, 50), 255).save(tmp_path / "blank.png")
    (answer,) = lines(nn("predict", tmp_path / "blank.png", "--json").stdout)
    assert (answer["digit"], answer["blank"], answer["confidence"]) == (None, True, 0.0)
    assert "No digit found" in nn("predict", tmp_path / "blank.png").stdout


def damaged(kind, old, new):
    """An image file of this kind with ``old`` replaced by ``new``."""
    file = io.BytesIO()
    Image.new("P", (30, 30)).save(file, kind)
    data = file.getvalue()
    assert old in data
    return data.replace(old, new)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"not an image",
        damaged("PNG", b"IDAT", b"IDA"),
        damaged("BMP", b"BM", b"BM" + bytes(20)),
        damaged("BLP", b"BLP2\1", b"BLP2\7"),  # Pillow goes by the content, not by .png
        None,
    ],
    ids=["empty", "text", "broken PNG", "broken BMP", "broken BLP", "missing"],
)
def test_an_unreadable_image_is_reported_and_the_others_are_predicted(network, digits, content):
    broken = digits.parent / "broken.png"
    if content is not None:
        broken.write_bytes(content)
    result = nn("predict", digits / "3.png", broken, digits / "7.png", "--json")
    assert result.exit_code == 0, result.exception
    first, failed, last = lines(result.stdout)
    assert (set(failed), failed["file"]) == ({"file", "error"}, str(broken))
    assert failed["error"].endswith(".") and str(broken) in failed["error"]
    assert first["digit"] is not None and last["digit"] is not None

    text_output = nn("predict", digits / "3.png", broken)
    assert len(text_output.stdout.splitlines()) == len(text_output.stderr.splitlines()) == 1


def test_predict_fails_when_no_image_can_be_opened(network, tmp_path):
    (tmp_path / "text.png").write_text("not an image")
    (tmp_path / "empty").mkdir()
    for nothing in (tmp_path / "text.png", tmp_path / "empty"):
        process = shell("predict", nothing)
        out, err = process.communicate(timeout=60)
        assert (process.returncode, out) == (1, "")
        assert err.splitlines()[-1].startswith("Error: No image") and "Traceback" not in err


def test_predict_takes_a_model_by_name_and_snapshot(network, digits):
    def probabilities(*model):
        return [a["probabilities"] for a in lines(nn("predict", digits, *model, "--json").stdout)]

    trained = np.array(probabilities("--model", "digits"))
    assert not np.allclose(trained, probabilities())  # the pretrained model
    assert not np.allclose(trained, probabilities("--model", "digits@0"))
    assert "'nobody'" in assert_error_message(nn("predict", digits, "--model", "nobody"))


def test_a_fine_tuned_pretrained_model_rejects_what_is_not_a_digit(network, tmp_path):
    hidden = pretrained.network().sizes[1:-1]
    spec = RunSpec(hidden=hidden, init_from="pretrained", dataset="strokes")
    next(events := work(network, network.create(spec, "fine-tuned").id))
    events.close()  # at step 0
    Image.fromarray(255 - non_digits.make(9, seed=3)[4]).save(tmp_path / "scribble.png")
    answers = {
        model: lines(nn("predict", tmp_path / "scribble.png", "--model", model, "--json").stdout)
        for model in ("fine-tuned@0", "digits")
    }
    assert answers["fine-tuned@0"][0]["rejected"] and not answers["digits"][0]["rejected"]
