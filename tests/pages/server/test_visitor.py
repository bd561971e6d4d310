"""Visitors: a browser is given its cookie once, with a page."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from pages.server import visitor


def visit(response, cookie: str = "") -> str:
    """The Set-Cookie header that the browser gets with ``response``; "" for none."""
    sent = []

    async def send(message) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(visitor.Cookie(response)(scope, None, send))
    return dict(sent[0]["headers"]).get(b"set-cookie", b"").decode()


PAGE, DATA = HTMLResponse("<p>"), JSONResponse({})


def test_the_first_page_brings_a_cookie_that_scripts_and_other_sites_do_not_see() -> None:
    cookie = SimpleCookie(visit(PAGE))[visitor.COOKIE]
    assert len(cookie.value) >= 24 and cookie["httponly"] and cookie["samesite"] == "Strict"
    assert not visit(DATA)


def test_it_comes_once_to_each_browser_and_to_each_another_one() -> None:
    first, second = SimpleCookie(visit(PAGE)), SimpleCookie(visit(PAGE))
    assert first[visitor.COOKIE].value != second[visitor.COOKIE].value
    assert not visit(PAGE, f"other=1; {visitor.COOKIE}={first[visitor.COOKIE].value}")


@pytest.mark.parametrize("sent", [f"{visitor.COOKIE}=", "other=1", "=;;=", "\\"])
def test_a_browser_without_a_good_one_gets_one(sent) -> None:
    assert visit(PAGE, sent)


def test_a_visitor_is_known_by_a_hash_and_nobody_is_nobody() -> None:
    me, other = (visitor.of({visitor.COOKIE: token}) for token in ("me", "other"))
    assert me != other and "me" not in me and len(me) == 32
    assert me == visitor.of({visitor.COOKIE: "me", "more": "x"})
    assert visitor.of({}) == visitor.of({visitor.COOKIE: ""}) == ""
