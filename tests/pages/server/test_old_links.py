"""Links by version 0.1 are redirected to today's names; all others pass."""

from __future__ import annotations

import asyncio

import pytest

from pages.server.old_links import OldLinks


async def page(scope, receive, send):
    await send({"type": "http.response.start", "status": 200, "headers": []})


def get(link, base=""):
    """→ (status, location header or None)"""
    path, _, query = link.partition("?")
    scope = {"type": "http", "method": "GET", "path": path, "query_string": query.encode("latin-1")}
    sent = []

    async def send(message):
        sent.append(message)

    asyncio.run(OldLinks(page, base)(scope | {"headers": []}, None, send))
    location = dict(sent[0]["headers"]).get(b"location")
    return sent[0]["status"], location and location.decode()


@pytest.mark.parametrize(
    ("link", "target"),
    [
        ("/?optimiser=Adam&batch=32", "./?optimizer=adam&batch_size=32"),
        ("/?initialiser=U%5B%E2%88%921%2C%201%5D", "./?initializer=uniform"),
        ("/?data=built-in%20strokes", "./?dataset=strokes"),
        ("/neurons?sort=likeness&run=a", "./neurons?sort=similarity&run=a"),
        ("/?batch=32&batch_size=16", "./?batch_size=16"),
        ("/train", "./"),
        ("/train?run=a", "./?run=a"),
    ],
)
def test_an_old_link_is_redirected(link, target):
    assert get(link) == (307, target)


@pytest.mark.parametrize(
    "link",
    [
        "/",
        "/?optimizer=adam",
        "/?epochs=5&hidden=40%2C20",
        "/other?batch=32",
        "/?x=%ff",
        "/?x=\xff",
    ],
)
def test_any_other_link_passes(link):
    assert get(link) == (200, None)


def test_links_below_a_base_path():
    assert get("/base/neurons?sort=likeness", "/base") == (307, "./neurons?sort=similarity")
    assert get("/base/train", "/base") == (307, "./")
    assert get("/neurons?sort=likeness", "/base") == (200, None)
