"""The routes when the store cannot be read: a sentence, and no traceback."""

from __future__ import annotations

import asyncio

import pytest
from sqlalchemy.exc import OperationalError
from starlette.applications import Starlette

from nn.errors import UserError
from pages.server import routes, shared_store
from tests.runs.store.test_reserve import full_error


class ServerAway(Exception):
    sqlstate = "57P01"


@pytest.mark.parametrize("path", ["/curves", "/snapshots/a"])
@pytest.mark.parametrize(
    ("error", "says"),
    [
        (OperationalError("", {}, ServerAway("no route to 10.0.0.5")), "The database does not"),
        (UserError("The store cannot be opened."), "The store cannot be opened."),
        (full_error(), "The disk is full."),
    ],
)  # fmt: skip
def test_a_store_that_cannot_be_read_is_a_sentence(path, error, says, monkeypatch):
    def fail():
        raise error

    monkeypatch.setattr(shared_store, "store", fail)
    app = Starlette(routes=routes.ROUTES, exception_handlers=routes.EXCEPTION_HANDLERS)
    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    sent = []

    async def receive():
        return {"type": "http.request"}

    async def send(message):
        sent.append(message)

    asyncio.run(app(scope, receive, send))
    assert sent[0]["status"] == 503
    assert sent[1]["body"].decode().startswith(says)
