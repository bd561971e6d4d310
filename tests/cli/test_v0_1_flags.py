"""Flags and commands of version 0.1 still work, and --help does not list them."""

from __future__ import annotations

import pytest

from tests.cli.command_line import assert_error_message, nn

pytestmark = pytest.mark.usefixtures("store")


def test_flags_of_0_1_still_work_and_help_does_not_list_them(store):
    old = {
        "--data": "strokes", "--batch": "500", "--validation": "19000", "--optimiser": "adamw",
        "--start": "pretrained", "--also": "nonesuch.npz",
    }  # fmt: skip
    shown = nn("train", "--help").stdout.split()
    assert not {*old, "--augment"} & set(shown)
    arguments = [word for flag in list(old)[:4] for word in (flag, old[flag])]
    assert nn("train", *arguments, "--augment", "--hidden", "3", "--epochs=1").exit_code == 0
    spec = store.runs()[0].spec
    assert (spec.batch_size, spec.validation_size, spec.optimizer) == (500, 19_000, "adamw")
    assert spec.augmentation == 1
    assert "nonesuch.npz" in assert_error_message(
        nn("train", "--data=strokes", "--also", "nonesuch.npz")
    )


def test_the_command_recogniser_of_0_1_is_pretrained():
    old, new = (nn(name, "--help").stdout.splitlines() for name in ("recogniser", "pretrained"))
    assert old[1:] == new[1:]
