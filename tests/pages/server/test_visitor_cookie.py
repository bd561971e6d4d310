"""The visitor's cookie: a browser receives it once, with a page."""

from __future__ import annotations

import asyncio
from http.cookies import SimpleCookie

import pytest
from starlette.responses import HTMLResponse, JSONResponse

from pages.server import visitor_cookie
from pages.server.visitor_cookie import COOKIE, visitor_id


def set_cookie(response, cookie: str = "") -> str:
    """The Set-Cookie header that the browser receives with ``response``; "" for none."""
    sent = []

    async def send(message) -> None:
        sent.append(message)

    headers = [(b"cookie", cookie.encode())] if cookie else []
    scope = {"type": "http", "method": "GET", "path": "/", "headers": headers}
    asyncio.run(visitor_cookie.VisitorCookie(response)(scope, None, send))
    return dict(sent[0]["headers"]).get(b"set-cookie", b"").decode()


PAGE, DATA = HTMLResponse("<p>"), JSONResponse({})


def test_the_first_page_sets_a_cookie_hidden_from_scripts_and_other_sites() -> None:
    cookie = SimpleCookie(set_cookie(PAGE))[COOKIE]
    assert len(cookie.value) >= 24 and cookie["httponly"] and cookie["samesite"] == "Lax"
    assert not set_cookie(DATA)


def test_each_browser_receives_a_different_cookie_once() -> None:
    first, second = SimpleCookie(set_cookie(PAGE)), SimpleCookie(set_cookie(PAGE))
    assert first[COOKIE].value != second[COOKIE].value
    assert not set_cookie(PAGE, f"other=1; {COOKIE}={first[COOKIE].value}")


@pytest.mark.parametrize(
    "other",
    [
        'theme={"theme":"dark"}',
        "a=b=c",
        "=x",
        "no equals sign",
        'q="unclosed',
        "ключ=значение",
        "é=ü",
    ],
)
@pytest.mark.parametrize("order", ["{0}; {1}", "{1}; {0}"])
def test_another_programs_cookie_does_not_make_a_visitor_a_stranger(other, order) -> None:
    assert not set_cookie(PAGE, order.format(f"{COOKIE}=token", other))


@pytest.mark.parametrize("sent", [f"{COOKIE}=", "other=1", "=;;=", "\\"])
def test_a_browser_without_a_valid_cookie_receives_one(sent) -> None:
    assert set_cookie(PAGE, sent)


def test_a_visitor_id_is_a_hash_and_empty_without_a_cookie() -> None:
    me, other = (visitor_id({COOKIE: token}) for token in ("me", "other"))
    assert me != other and "me" not in me and len(me) == 32
    assert me == visitor_id({COOKIE: "me", "more": "x"})
    assert visitor_id({}) == visitor_id({COOKIE: ""}) == ""
