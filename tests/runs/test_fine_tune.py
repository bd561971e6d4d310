"""Fine-tune: a run starts from a model and trains on the visitor's current digits."""

from __future__ import annotations

import dataclasses
from pathlib import Path

import numpy as np
import pytest

from nn.data import extra_data
from nn.data.synthetic import handwriting
from nn.errors import UserError
from nn.models import pretrained
from nn.runs import load_network, my_digits
from nn.runs.fine_tune import (
    HOLD_OUT_EVERY,
    HOLD_OUT_FROM,
    MIN_DIGITS,
    SETTINGS,
    create_run,
    learned_images,
)
from nn.runs.my_digits import Labeled
from nn.runs.spec import RunSpec
from nn.runs.store.store import State
from nn.runs.worker.loop import work

ME = "me"


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    """No MNIST, and only a few built-in synthetic digits."""
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))
    monkeypatch.delenv("DIGITSCOPE_DATA", raising=False)
    monkeypatch.setattr(
        handwriting, "load", lambda: (handwriting.make(6000, 1), handwriting.make(100, 2))
    )


def add_digits(store, count: int, owner: str = ME, seed: int = 3) -> list[Labeled]:
    made = handwriting.make(count, seed)
    digits = [
        Labeled(int(label), image, [])
        for label, image in zip(made.labels, made.images, strict=True)
    ]
    my_digits.add(store, owner, digits)
    return digits


def trained(store, run):
    """Train to the end → the run afterward."""
    for _ in work(store, run.id):
        pass
    run = store.run(run.id)
    assert run.state is State.FINISHED, run.message
    return run


def extra_images(run) -> np.ndarray:
    return extra_data.read(Path(run.spec.extra_data)).images


def test_the_run_has_the_models_architecture_and_belongs_to_the_visitor(store):
    digits = add_digits(store, MIN_DIGITS)
    add_digits(store, MIN_DIGITS, "another visitor")
    run = create_run(store, ME, "pretrained", "The pretrained model")
    assert (run.state, run.owner, run.name) == (
        State.QUEUED,
        ME,
        "The pretrained model, fine-tuned",
    )
    assert (run.spec.init_from, run.spec.dataset) == ("pretrained", "strokes")
    assert run.spec.sizes == pretrained.network().sizes
    np.testing.assert_array_equal(extra_images(run), [digit.image for digit in digits])


def test_some_of_many_digits_are_held_out(store):
    digits = add_digits(store, HOLD_OUT_FROM)
    run = create_run(store, ME, "pretrained", "x")
    expected = [digit.image for n, digit in enumerate(digits, 1) if n % HOLD_OUT_EVERY]
    np.testing.assert_array_equal(extra_images(run), expected)


def test_a_model_fine_tuned_again_keeps_its_name(store):
    add_digits(store, MIN_DIGITS)
    assert create_run(store, ME, "pretrained", "x, fine-tuned").name == "x, fine-tuned"


def test_the_extra_data_of_a_run_survives_deleting_my_digits(store):
    add_digits(store, MIN_DIGITS)
    run = create_run(store, ME, "pretrained", "x")
    my_digits.delete(store, ME, my_digits.load(store, ME))
    assert len(extra_images(run)) == MIN_DIGITS


def test_learned_images_include_those_of_the_run_it_was_initialized_from(store, quick):
    """Unless that run has been deleted."""
    first = trained(store, store.create(quick))
    before = add_digits(store, MIN_DIGITS)
    run = trained(store, create_run(store, ME, f"{first.id}@{first.step}", "x"))
    my_digits.delete(store, ME, my_digits.load(store, ME))
    new = add_digits(store, MIN_DIGITS, seed=4)
    again = create_run(store, ME, f"{run.id}@{run.step}", "x")
    assert learned_images(store, first) == set()
    both = {digit.image.tobytes() for digit in before + new}
    assert len(both) == 2 * MIN_DIGITS and learned_images(store, again) == both
    store.delete(run.id)
    assert learned_images(store, again) == {digit.image.tobytes() for digit in new}


def test_fine_tuning_learns_unusual_handwriting_and_forgets_little(store, monkeypatch):
    """The digits are rotated by 90°. With fewer other digits than usual, this takes more epochs."""
    monkeypatch.setitem(SETTINGS, "epochs", 30)
    monkeypatch.setitem(SETTINGS, "augmentation", 0.0)  # augmentation would be slow
    spec = RunSpec(hidden=(32,), dataset="strokes", validation_size=0)
    first = trained(store, store.create(spec))
    upright = add_digits(store, 20)
    my_digits.delete(store, ME, my_digits.load(store, ME))
    rotated = [digit._replace(image=np.rot90(digit.image)) for digit in upright]
    my_digits.add(store, ME, rotated)
    run = trained(store, create_run(store, ME, f"{first.id}@{first.step}", "x"))
    data = my_digits.dataset(rotated)

    def correct(step: int) -> int:
        network = load_network.load(store, f"{run.id}@{step}").network
        return int((network.probabilities(data.images).argmax(axis=1) == data.labels).sum())

    assert correct(0) <= 10 and correct(run.step) >= correct(0) + 6
    assert run.test_accuracy > first.test_accuracy - 0.1


@pytest.mark.parametrize(
    ("count", "start", "message"),
    [
        (0, "pretrained", "Fine-tuning needs 5 drawings; My digits has 0"),
        (MIN_DIGITS - 1, "pretrained", "My digits has 4"),
        (MIN_DIGITS, "0123abcd@5", "There is no run"),
    ],
)
def test_impossible_fine_tuning_is_rejected_with_a_message_and_creates_no_run(
    store, count, start, message
):
    if count:
        add_digits(store, count)
    with pytest.raises(UserError, match=message):
        create_run(store, ME, start, "x")
    assert not store.runs()


def test_deleting_the_last_run_that_uses_extra_data_deletes_its_file(store):
    add_digits(store, MIN_DIGITS)
    first = create_run(store, ME, "pretrained", "x")
    second = create_run(store, ME, "pretrained", "x")
    file = Path(first.spec.extra_data)
    assert second.spec.extra_data == str(file)
    store.delete(first.id)
    assert file.exists()
    store.delete(second.id)
    assert not file.exists()


def test_deleting_a_run_never_deletes_a_file_that_digitscope_did_not_create(store, tmp_path):
    add_digits(store, MIN_DIGITS)
    made = Path(create_run(store, ME, "pretrained", "x").spec.extra_data)
    elsewhere = tmp_path / "elsewhere.npz"
    elsewhere.write_bytes(made.read_bytes())
    run = store.create(RunSpec(dataset="strokes", extra_data=str(elsewhere)))
    store.delete(run.id)
    assert elsewhere.exists()


def test_a_model_fine_tuned_from_the_pretrained_one_keeps_its_rejection_rule(store, quick):
    add_digits(store, MIN_DIGITS)
    first = create_run(store, ME, "pretrained", "x")
    second = store.create(dataclasses.replace(first.spec, init_from=f"{first.id}@1"))
    for run in first, second:
        assert load_network.rejection_rule(store, run) == pretrained.rejection_rule()
    assert load_network.rejection_rule(store, store.create(quick)) is None
    store.delete(first.id)
    assert load_network.rejection_rule(store, second) is None


def test_a_model_fine_tuned_from_an_earlier_pretrained_model_has_no_rejection_rule(store):
    spec = RunSpec(hidden=(999, 500), init_from="pretrained", dataset="strokes")
    assert load_network.rejection_rule(store, store.create(spec)) is None
