"""Control: pausing, single steps and speed, tested without a worker, a store or a clock."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from nn.runs.store.run import State
from nn.runs.worker.control import PAUSE_SECONDS, POLL_INTERVAL, Control

COMMANDS = st.sampled_from(
    [("pause", None), ("resume", None), ("step", 1), ("step", 3), ("speed", 10), ("speed", 0)]
)


def paused():
    control = Control()
    control.command("pause")
    return control


def test_a_run_without_commands_never_waits():
    control = Control()
    for completes_epoch in (False, True):
        assert not control.after_step(completes_epoch)
        assert control.wait(0.0) == 0.0
    assert not control.after_epoch()
    assert control.wait(0.0) == 0.0


def test_a_pause_lasts_until_resume():
    control = Control()
    assert control.command("pause") is State.PAUSED
    assert control.paused and control.wait(1e6) == POLL_INTERVAL
    assert control.command("resume") is State.RUNNING
    assert not control.paused and control.wait(0.0) == 0.0


@pytest.mark.parametrize("control, kind", [(paused(), "pause"), (Control(), "resume")])
def test_a_command_for_the_current_state_changes_nothing(control, kind):
    assert control.command(kind) is None


def test_a_paused_run_takes_the_requested_steps_and_pauses_again():
    control = paused()
    assert control.command("step", 3) is None
    assert control.wait(0.0) == 0.0
    assert [control.after_step(False) for _ in range(3)] == [False, False, True]
    assert control.wait(0.0) == POLL_INTERVAL


def test_steps_requested_during_steps_are_taken_too():
    control = paused()
    control.command("step", 2)
    assert not control.after_step(False)
    control.command("step", 1)
    assert [control.after_step(False) for _ in range(2)] == [False, True]


def test_a_step_command_has_no_effect_on_a_running_run():
    control = Control()
    assert control.command("step", 3) is None
    assert not any(control.after_step(False) for _ in range(10))


@given(st.lists(COMMANDS))
def test_stop_works_after_any_commands(commands):
    control = Control()
    for kind, value in commands:
        control.command(kind, value)
    assert control.command("stop") is State.STOPPED


@given(st.lists(COMMANDS), st.booleans())
def test_a_run_never_waits_between_an_epochs_last_step_and_its_scores(commands, slow):
    control = Control()
    for kind, value in commands:
        control.command(kind, value)
    assert not control.after_step(completes_epoch=True)
    if control.paused:
        assert control.wait(0.0) == 0.0
        assert control.after_epoch()
        assert control.wait(0.0) == POLL_INTERVAL


def test_a_slowed_run_waits_for_the_rest_of_its_step():
    control = Control()
    assert control.command("speed", 50) is None
    control.after_step(False)
    assert control.wait(0.015) == pytest.approx(1 / 50 - 0.015)
    assert control.wait(1 / 50) == 0.0
    control.command("speed", 1)
    assert control.wait(0.0) == POLL_INTERVAL  # so that it keeps polling for commands
    control.command("speed", 0)
    assert control.wait(0.0) == 0.0


def test_a_slowed_run_does_not_wait_after_an_epoch():
    control = Control()
    control.command("speed", 1)
    control.after_epoch()
    assert control.wait(0.0) == 0.0


def test_only_a_run_paused_for_a_long_time_may_release_its_slot():
    assert not paused().may_release(PAUSE_SECONDS)
    assert paused().may_release(PAUSE_SECONDS + 1)
    assert not Control().may_release(PAUSE_SECONDS + 1)
