"""Uploads are read one at a time, and a canceled one is not read."""

from __future__ import annotations

from threading import Event, Thread

import pytest
from streamlit.testing.v1 import AppTest

from nn.errors import UserError
from pages.common import read_upload as module
from pages.common.read_upload import read_upload


def test_an_upload_waits_until_the_one_before_has_been_read():
    began, may_end = Event(), Event()
    order: list[str] = []

    def read_first(progress):
        began.set()
        assert may_end.wait(30)
        order.append("first")

    first = Thread(target=read_upload, args=("a", read_first))
    first.start()
    assert began.wait(30)
    second = Thread(target=read_upload, args=("b", lambda progress: order.append("second")))
    second.start()
    second.join(2 * module.INTERVAL)
    assert order == []
    may_end.set()
    for thread in (first, second):
        thread.join(30)
    assert order == ["first", "second"]


def test_after_an_error_the_next_upload_is_read():
    def fail(progress):
        raise UserError("damaged")

    with pytest.raises(UserError, match="damaged"):
        read_upload("a", fail)
    assert read_upload("b", lambda progress: list(progress("abc"))) == ["a", "b", "c"]


def script():
    import streamlit as st

    from pages.common.read_upload import read_upload

    def read(progress):
        st.session_state["times read"] = st.session_state.get("times read", 0) + 1
        return sum(progress([1, 2, 3]))

    st.text(str(read_upload("a", read)))


def test_a_canceled_upload_is_not_read_until_the_visitor_wants_it():
    app = AppTest.from_function(script).run()
    assert app.text[0].value == "6" and not app.button  # bar and button are gone
    app.session_state["canceled upload"] = "a"
    app.run()
    assert app.text[0].value == "None" and app.session_state["times read"] == 1
    app.button[0].click().run()
    assert app.text[0].value == "6" and app.session_state["times read"] == 2
