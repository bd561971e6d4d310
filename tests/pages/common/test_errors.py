"""What a visitor sees of an error: why, and what to do; never a traceback or a server's address."""

from __future__ import annotations

import errno
import logging
import shutil

import pytest
from sqlalchemy import event
from sqlalchemy.exc import OperationalError
from streamlit import error_util
from streamlit.testing.v1 import AppTest

from nn.errors import UserError
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from pages.common import errors, run_table, state
from pages.server.visitor import Visitor
from tests.runs.store.test_reserve import full_error


class ServerAway(Exception):
    sqlstate = "57P01"


@pytest.fixture
def full_store(store, monkeypatch):
    """``full_store(run)``: the store with a run, whose disk is full from now on."""
    usage = shutil.disk_usage("/")
    monkeypatch.setattr(shutil, "disk_usage", lambda _: usage._replace(free=0))
    for module in (run_table, state):
        monkeypatch.setattr(module, "store", lambda: store)
    run = store.create(RunSpec(), name="first", owner="me")
    fill_the_disk(store)
    monkeypatch.setattr(state, "visitor", lambda: Visitor("me", False))
    return store, run


def fill_the_disk(store: RunStore) -> None:
    """Nothing more can be written into the store."""

    @event.listens_for(store.engine, "before_cursor_execute")
    def fail(_connection, _cursor, statement, *_):
        if statement.startswith(("INSERT", "UPDATE")):
            raise full_error()


def test_a_full_disk_is_said_with_what_may_go_and_no_training_is_promised():
    message = errors.explained(full_error())
    assert message.startswith("The disk is full. Delete runs")
    app = AppTest.from_function(_fail, kwargs={"error": full_error()}).run()
    assert "safe" in app.error[0].value and "go on" not in app.error[0].value
    assert app.button[0].label == "Try again"


def test_a_full_disk_of_other_files_is_said_too():
    error = OSError(errno.ENOSPC, "No space left on device", "a.npz")
    assert errors.explained(error) == (
        "The disk is full, so a.npz cannot be written. Free up disk space, then try again."
    )


def test_a_server_out_of_reach_is_not_named():
    away = OperationalError("SELECT", {}, ServerAway("could not connect to 10.0.0.5"))
    assert errors.explained(away) == "The database does not answer."


def test_an_error_of_the_program_is_not_explained_and_leaves_a_toast_as_it_is():
    assert errors.explained(KeyError("x")) == errors.explained(OSError(errno.EIO, "x")) == ""
    with pytest.raises(KeyError), errors.in_toast():
        raise KeyError("x")


def test_streamlit_logs_the_tracebacks_of_faults_alone(caplog):
    errors.keep_tracebacks_out_of_the_log()
    log = logging.getLogger("streamlit.error_util")
    try:
        assert log is error_util._LOGGER
        log.addHandler(caplog.handler)
        for error in (UserError("No."), full_error(), KeyError("a fault")):
            error_util._log_uncaught_app_exception(error)
        assert [record.exc_info[1].args for record in caplog.records] == [("a fault",)]
    finally:
        log.removeHandler(caplog.handler)
        log.removeFilter(errors._is_a_fault)


def test_after_a_callback_that_found_the_disk_full_the_page_is_still_there(full_store):
    app = AppTest.from_function(_manage).run()
    app.text_input[0].set_value("second").run()
    assert "The disk is full" in app.toast[0].value and not app.exception
    assert app.text_input[0].value == "first" and app.button[0].label == "Delete this run…"
    app.toggle[0].set_value(True).run()
    assert "The disk is full" in app.toast[0].value and not app.exception
    assert app.toggle[0].value is False


def _fail(error):
    from pages.common import errors

    errors.show(error)


def _manage():
    from pages.common import run_table

    [run] = run_table.store().runs()
    run_table._manage(run)
