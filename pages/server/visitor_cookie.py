"""The visitor's cookie: a random token that tells visitors apart.

Everybody may watch a run, but only the visitor who started it, and the server's owner
(pages.server.owner), may control it. The cookie is HttpOnly, hidden from scripts, and SameSite=Lax:
no other site sends it with a request of its own, but it comes along when somebody follows a link to
a page, who would be taken for a new visitor otherwise. The store records only its hash.
"""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from hashlib import sha256

from starlette.datastructures import MutableHeaders
from starlette.requests import HTTPConnection
from starlette.types import ASGIApp, Message, Receive, Scope, Send

COOKIE = "digitscope_visitor"
YEAR = 365 * 24 * 3600  # seconds


class VisitorCookie:
    """ASGI middleware that sets the cookie with the first page a browser loads."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def send_with_cookie(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                if headers.get("content-type", "").startswith("text/html"):
                    headers.append(
                        "set-cookie",
                        f"{COOKIE}={secrets.token_urlsafe(24)}; Max-Age={YEAR}; Path=/; HttpOnly; "
                        "SameSite=Lax",
                    )
            await send(message)

        is_new = scope["type"] == "http" and not _has_cookie(scope)
        await self.app(scope, receive, send_with_cookie if is_new else send)


def _has_cookie(scope: Scope) -> bool:
    # Starlette's parser, which Streamlit's sessions use too. Unlike http.cookies it goes on after a
    # value that it cannot read, such as another program's on the same host.
    return bool(HTTPConnection(scope).cookies.get(COOKIE))


def visitor_id(cookies: Mapping[str, str]) -> str:
    """The visitor as recorded in the store: a hash of the cookie, "" without one."""
    token = cookies.get(COOKIE, "")
    return sha256(token.encode()).hexdigest()[:32] if token else ""
