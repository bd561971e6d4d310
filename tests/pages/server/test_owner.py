"""The owner's link: printed at start, and a cookie for the browser that opens it."""

from __future__ import annotations

import asyncio
import logging
import os
from http.cookies import SimpleCookie

import pytest
from starlette.applications import Starlette

from nn.runs.spec import RunSpec
from pages.server import base_path, owner
from pages.server.owner import COOKIE, is_owner, token
from pages.server.visitor import visitor_of


@pytest.fixture(autouse=True)
def data_folder(tmp_path, monkeypatch):
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path))
    token.cache_clear()
    yield tmp_path
    token.cache_clear()


def get(path: str, base: str = "") -> tuple[int, dict[str, str], str]:
    """→ status, headers and text of the response"""
    app = Starlette(routes=base_path.under(base, [owner.route]))
    sent = []

    async def send(message) -> None:
        sent.append(message)

    scope = {"type": "http", "method": "GET", "path": path, "query_string": b"", "headers": []}
    asyncio.run(app(scope, None, send))
    start, body = sent
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, body["body"].decode()


def test_the_token_is_random_and_in_a_file_that_others_cannot_read(data_folder, monkeypatch):
    file = data_folder / owner.FILE
    assert token() == file.read_text() and len(token()) >= 32
    assert file.stat().st_mode & 0o777 == 0o600
    monkeypatch.setenv("DIGITSCOPE_HOME", str(data_folder / "another"))
    first = token()
    token.cache_clear()
    assert token() != first


def test_a_restarted_server_knows_its_owner_still(data_folder):
    cookies = {COOKIE: token()}
    token.cache_clear()
    assert is_owner(cookies)
    (data_folder / owner.FILE).unlink()
    token.cache_clear()
    assert not is_owner(cookies)


@pytest.mark.parametrize("content", [b"", b"\n", b"short", b"\xff" * 40])
def test_a_damaged_file_makes_nobody_the_owner(data_folder, content):
    (data_folder / owner.FILE).write_bytes(content)
    assert len(token()) >= 32
    assert not is_owner({COOKIE: content.decode("latin-1").strip()})
    assert not is_owner({COOKIE: ""})


@pytest.mark.skipif(os.name == "nt", reason="Folders cannot be made read-only on Windows.")
def test_without_a_token_there_is_no_owner_and_the_server_says_why(tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("DIGITSCOPE_HOME", str(tmp_path / "file"))
    assert not is_owner({COOKIE: ""}) and not is_owner({})
    assert "no owner link" in owner.link_line("") and "DIGITSCOPE_HOME" in owner.link_line("")
    assert get("/owner/x")[0] == 403


@pytest.mark.parametrize("base", ["", "/base"])
def test_the_link_sets_a_cookie_hidden_from_scripts_and_leads_to_the_app(base):
    status, headers, _ = get(f"{base}/owner/{token()}", base)
    assert status == 303 and headers["location"] == "../"
    assert headers["cache-control"] == "no-store"
    cookie = SimpleCookie(headers["set-cookie"])[COOKIE]
    assert cookie["httponly"] and cookie["samesite"] == "Strict" and cookie["path"] == "/"
    assert is_owner({COOKIE: cookie.value})


@pytest.mark.parametrize("wrong", ["x", "\N{GRINNING FACE}", "\0", "\ud800", "a" * 32])
def test_another_link_sets_no_cookie(wrong):
    status, headers, text = get(f"/owner/{wrong}")
    assert status == 403 and "set-cookie" not in headers
    assert token() not in text


@pytest.mark.parametrize("cookie", ["", "x", "é", "\ud800", None])
def test_other_cookies_are_not_the_owners(cookie):
    assert not is_owner({} if cookie is None else {COOKIE: cookie})


def test_the_owner_may_control_what_nobody_else_may(store):
    cookies, unowned = {"digitscope_visitor": "me"}, store.create(RunSpec())
    visitor = visitor_of(cookies)
    started = store.create(RunSpec(), owner=visitor.id)
    other = store.create(RunSpec(), owner=visitor_of({"digitscope_visitor": "other"}).id)
    runs = started, other, unowned
    assert [visitor.may_control(run) for run in runs] == [True, False, False]
    assert [visitor_of({}).may_control(run) for run in runs] == [False, False, False]
    as_owner = visitor_of(cookies | {COOKIE: token()})
    assert [as_owner.may_control(run) for run in runs] == [True, True, True]
    assert [as_owner.started(run) for run in runs] == [True, False, False]


def test_the_link_is_printed_once_at_start(capsys):
    async def serve():
        async with owner.printing_link(lambda: "http://localhost:8501/base")(None):
            pass

    asyncio.run(serve())
    out = capsys.readouterr().out
    assert out.count(token()) == 1
    assert f": http://localhost:8501/base/owner/{token()}\n" in out


def test_the_log_of_requests_does_not_show_the_token(caplog):
    log = logging.getLogger("uvicorn.access")
    caplog.set_level(logging.INFO, "uvicorn.access")
    log.addHandler(caplog.handler)  # uvicorn lets its loggers pass nothing on

    async def serve():
        async with owner.printing_link(lambda: "")(None):
            log.warning('%s - "%s %s HTTP/%s" %d', "::1", "GET", f"/owner/{token()}", "1.1", 303)
            log.warning('%s - "%s %s HTTP/%s" %d', "::1", "GET", "/live/x?owner", "1.1", 200)

    asyncio.run(serve())
    log.removeHandler(caplog.handler)
    assert token() not in caplog.text
    assert '"GET /owner/… HTTP/1.1" 303' in caplog.text and "/live/x?owner" in caplog.text
