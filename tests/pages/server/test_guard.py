"""Requests that pages of other sites make a browser send, and the headers of every response."""

from __future__ import annotations

import asyncio
import base64
import hashlib
import socket
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.responses import PlainTextResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from pages.server.guard import FOREIGN_ORIGIN, Guard, policy

Messages = list[Any]


def ask(host: str | None, origin: str = "", method: str = "GET", *allowed: str) -> Messages:
    """What the server sends back; method "SOCKET" opens a WebSocket."""
    sent: Messages = []
    requests = iter([{"type": "websocket.connect" if method == "SOCKET" else "http.request"}])

    async def receive() -> Any:
        return next(requests)

    async def send(message: Any) -> None:
        sent.append(message)

    async def answer(_request: object) -> PlainTextResponse:
        return PlainTextResponse("answer", headers={"referrer-policy": "no-referrer"})

    async def opened(socket: WebSocket) -> None:
        await socket.accept()
        await socket.close(1000)

    app = Starlette(
        routes=[Route("/", answer, methods=["GET", "POST"]), WebSocketRoute("/", opened)],
        middleware=[Middleware(Guard, allowed)],
    )
    headers = [(b"host", host.encode())] if host is not None else []
    headers += [(b"origin", origin.encode())] if origin else []
    scope = {
        "type": "websocket" if method == "SOCKET" else "http",
        "path": "/",
        "query_string": b"",
    }
    asyncio.run(app(scope | {"method": method, "headers": headers}, receive, send))
    return sent


def status(*request: Any) -> int:
    """Of an HTTP response, or with which code the socket was closed."""
    first, *_, last = ask(*request)
    return first["status"] if first["type"] == "http.response.start" else last["code"]


@pytest.mark.parametrize(
    "host",
    ["localhost", "localhost:8501", "LOCALHOST.", "127.0.0.1:8501", "192.168.1.20:8501", "[::1]",
     "[fe80::1]:8501", socket.gethostname(), f"{socket.gethostname().split('.')[0]}.local:8501",
     None],
)  # fmt: skip
def test_the_server_answers_to_its_own_names(host) -> None:
    assert status(host) == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "evil.example:8501", "localhost.evil.example", "127.0.0.1.evil.example",
     "localhost@evil.example", "", ":8501", "[", "[::1", "a:b:c", "localhost evil", "*", "*:1",
     "\xff", "." * 300],
)  # fmt: skip
def test_it_does_not_answer_to_a_foreign_name(host) -> None:
    first, body = ask(host)
    assert first["status"] == 403 and b"--server.allowedHosts" in body["body"]
    assert status(host, f"http://{host}", "POST") == 403
    assert status(host, f"http://{host}", "SOCKET") == FOREIGN_ORIGIN


@pytest.mark.parametrize(
    ("allowed", "host", "expected"),
    [
        ("digits.example", "digits.example", 200),
        ("Digits.Example", "digits.example:8501", 200),
        ("digits.example", "a.digits.example", 403),
        ("*.school.example", "digits.school.example", 200),
        ("*.school.example", "a.b.school.example", 200),
        ("*.school.example", "school.example", 403),
        ("*.school.example", "evilschool.example", 403),
        ("*", "anything.example", 200),
    ],
)
def test_names_that_the_configuration_allows(allowed, host, expected) -> None:
    assert status(host, "", "GET", allowed) == expected


@pytest.mark.parametrize("method", ["POST", "SOCKET"])
@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "http://localhost:8502", "http://localhost", "http://127.0.0.1:8501",
     "null", "", "localhost:8501", "http://["],
)  # fmt: skip
def test_only_its_own_pages_may_open_sockets_or_change_anything(origin, method) -> None:
    expected = FOREIGN_ORIGIN if method == "SOCKET" else 403
    assert status("localhost:8501", origin, method) == expected
    assert status("localhost:8501", "http://localhost:8501", method) in (200, 1000)


def test_every_response_has_the_headers_and_keeps_its_own() -> None:
    for request in (("localhost",), ("evil.example",), ("localhost", "http://evil", "POST")):
        headers = dict(ask(*request)[0]["headers"])
        assert headers[b"content-security-policy"].decode() == policy()
        assert headers[b"x-content-type-options"] == b"nosniff"
    assert dict(ask("localhost")[0]["headers"])[b"referrer-policy"] == b"no-referrer"


def test_the_policy_allows_the_scripts_of_a_page_and_no_others() -> None:
    page = (
        b'<script src="a.js"></script><script>\n one()</script><SCRIPT type="module">two</SCRIPT>'
    )
    hashes = [
        f"'sha256-{base64.b64encode(hashlib.sha256(script).digest()).decode()}'"
        for script in (b"\n one()", b"two")
    ]
    assert f"script-src 'self' blob: {' '.join(hashes)};" in policy(page)
    assert "frame-ancestors 'none'" in policy() and "sha256" not in policy()
    assert "unsafe-eval" not in policy(page)
