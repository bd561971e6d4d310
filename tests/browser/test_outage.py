"""The app on a database server, which is stopped while a run trains."""

from __future__ import annotations

import pytest
from playwright.sync_api import expect

from nn.runs.store.store import RunStore, State
from tests.browser.app import Server, start, wait_until
from tests.postgresql import Server as Database


@pytest.fixture
def database():
    with Database() as server:
        yield server


@pytest.mark.slow
def test_a_run_survives_its_database_and_the_pages_say_what_happened(
    page, real_data, database, tmp_path
):
    server = Server(tmp_path)
    with database.database() as url:
        server.store = url
        server.environment |= {"DIGITSCOPE_STORE": url}
        server.start()
        try:
            page.goto(f"{server.url}/?epochs=200&hidden=16&dataset=strokes")
            start(page)
            database.stop()
            outage = page.locator(".message", has_text="The database does not answer, so nothing")
            expect(outage).to_be_visible()
            other = page.context.new_page()
            other.goto(f"{server.url}/neurons")
            message = other.get_by_text("The database does not answer. Your runs are safe")
            expect(message).to_be_visible()
            assert "PGSQL" not in other.inner_text("body")  # where the server is, is no visitor's
            database.start()
            other.get_by_role("button", name="Try again").click()
            expect(other.get_by_role("img", name="First-layer weights")).to_be_visible()
            expect(message).to_have_count(0)
            expect(outage).to_have_count(0)
            page.get_by_role("button", name="Stop").click()
            store = RunStore(url)
            wait_until(page, lambda: not store.runs()[0].state.active)
            assert store.runs()[0].state is State.STOPPED
            store.engine.dispose()
        finally:
            server.stop()
