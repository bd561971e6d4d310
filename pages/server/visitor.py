"""Visitors: a random cookie tells them apart, so that who started a run may control it.

Everybody may watch. The cookie is HttpOnly: no script reads it; SameSite: no other site sends it.
What is recorded is its hash, so that the store gives nobody's cookie away.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256
from http.cookies import CookieError, SimpleCookie

from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "digitscope_visitor"
YEAR = 365 * 24 * 3600  # seconds


class Cookie:
    """ASGI middleware: gives a browser that has none the cookie with the page."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append(
                        "set-cookie",
                        f"{COOKIE}={secrets.token_urlsafe(24)}; Max-Age={YEAR}; Path=/; HttpOnly; "
                        "SameSite=Strict",
                    )
            await send(message)

        new = scope["type"] == "http" and not _known(scope)
        await self.app(scope, receive, sending if new else send)


def _known(scope: Scope) -> bool:
    cookies: SimpleCookie = SimpleCookie()
    for name, value in scope["headers"]:
        if name == b"cookie":
            try:
                cookies.load(value.decode("latin-1"))
            except CookieError:
                return False
    return bool(COOKIE in cookies and cookies[COOKIE].value)


def of(cookies: Mapping[str, str]) -> str:
    """Who sends these cookies, as recorded with a run; "" for nobody known."""
    token = cookies.get(COOKIE, "")
    return sha256(token.encode()).hexdigest()[:32] if token else ""
