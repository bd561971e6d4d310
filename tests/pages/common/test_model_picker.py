"""The model picker: a chosen run stays chosen while it exists."""

from __future__ import annotations

import pytest
from streamlit.testing.v1 import AppTest

from nn.runs.worker.loop import work
from pages.common import model_picker
from pages.server import shared_store
from pages.server.networks import PRETRAINED_ID


def page() -> None:
    import streamlit as st

    from pages.common import model_picker

    st.write(model_picker.choose("Model", "first model", "first").name)


@pytest.fixture
def trained(store, quick, monkeypatch):
    monkeypatch.setattr(shared_store, "store", lambda: store)
    monkeypatch.setattr(model_picker, "store", lambda: store)
    run = store.create(quick, "an old run")
    for _ in work(store, run.id):
        pass
    model_picker._trained_runs.clear()
    return run


def choose(run) -> AppTest:
    app = AppTest.from_function(page)
    app.session_state["first model"] = run.id
    app.run(timeout=30)
    assert not app.exception
    return app


def test_a_run_older_than_those_in_the_list_stays_chosen(trained, monkeypatch):
    monkeypatch.setattr(model_picker, "newest_runs", lambda: [])
    app = choose(trained)
    assert [text.value for text in app.markdown] == ["an old run"] and not app.warning


def test_a_deleted_run_is_replaced_by_the_pretrained_model_with_a_warning(trained, store):
    store.delete(trained.id)
    app = choose(trained)
    assert [text.value for text in app.markdown] == ["Pretrained model"]
    [warning] = app.warning
    assert "was deleted" in warning.value


def test_another_model_is_chosen_in_the_list(trained):
    app = choose(trained)
    app.selectbox[0].select(PRETRAINED_ID).run()
    assert [text.value for text in app.markdown] == ["Pretrained model"]
    app.selectbox[0].select(trained.id).run()
    assert [text.value for text in app.markdown] == ["an old run"]
