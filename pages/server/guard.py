"""Which requests the server answers, and what its pages may do in a browser.

A page of another site can make a visitor's browser send requests to this server. Two checks of
every request stop it. The host that the request names must be one of this server's names, or
anybody could point a domain of theirs at this computer and read it ("DNS rebinding"). And whatever
opens a socket or changes something must come from a page of this server.

The Content-Security-Policy tells the browser that a page runs no scripts but the server's own, and
that no other site may show it in a frame. https://www.w3.org/TR/CSP3/
"""

from __future__ import annotations

import base64
import hashlib
import re
import socket
from collections.abc import Sequence
from ipaddress import ip_address
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from pages.server.base_path import is_same_origin

FOREIGN_ORIGIN = 4403  # a WebSocket's close code
SAFE_METHODS = ("GET", "HEAD", "OPTIONS")  # those that change nothing (RFC 9110, 9.2.1)
# A script in the page itself. Those with a source are covered by 'self'.
_SCRIPT = re.compile(rb"<script\b(?![^>]*\bsrc=)[^>]*>(.*?)</script>", re.DOTALL | re.IGNORECASE)


def policy(page: bytes = b"") -> str:
    """The Content-Security-Policy of a page, or of anything else that the server sends."""
    hashes = [hashlib.sha256(script).digest() for script in _SCRIPT.findall(page)]
    inline = "".join(f" 'sha256-{base64.b64encode(each).decode()}'" for each in hashes)
    # Streamlit loads components from blobs; it and Plotly write styles into the page.
    return (
        f"default-src 'self'; script-src 'self' blob:{inline}; style-src 'self' 'unsafe-inline'; "
        "img-src 'self' data: blob:; font-src 'self' data:; worker-src 'self' blob:; "
        "object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
    )


class Guard:
    """ASGI middleware that rejects foreign requests, and completes the headers of responses."""

    def __init__(self, app: ASGIApp, allowed_hosts: Sequence[str] = ()) -> None:
        """allowed_hosts: names of this server that it cannot know itself, such as that of a proxy;
        "*.example.org" for all of a domain, "*" for any."""
        self.app = app
        self.names = {"localhost", *host_names(), *(name.lower() for name in allowed_hosts)}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def complete(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                headers.setdefault("content-security-policy", policy())
                headers.setdefault("x-content-type-options", "nosniff")
                headers.setdefault("referrer-policy", "same-origin")
            await send(message)

        reason = self._rejection(scope) if scope["type"] in ("http", "websocket") else ""
        if not reason:
            await self.app(scope, receive, complete)
        elif scope["type"] == "websocket":
            await receive()
            await send({"type": "websocket.accept"})  # or the page would not receive the code
            await send({"type": "websocket.close", "code": FOREIGN_ORIGIN, "reason": reason})
        else:
            response: Response = PlainTextResponse(reason, 403)
            if scope["method"] not in SAFE_METHODS:
                response = JSONResponse({"error": reason}, 403)
            await response(scope, receive, complete)

    def _rejection(self, scope: Scope) -> str:
        """The reason for rejecting a request; "" if it is answered."""
        headers = Headers(scope=scope)
        if "host" in headers and not self._is_this_server(headers["host"]):
            return (
                f"This Digitscope is not known as {headers['host'][:100]}. If that is its name, "
                "start it with --server.allowedHosts and the name."
            )
        changes = scope["type"] == "websocket" or scope["method"] not in SAFE_METHODS
        if changes and not is_same_origin(headers):
            return "Only this Digitscope's own pages may do that."
        return ""

    def _is_this_server(self, address: str) -> bool:
        """Whether a host, with its port or without, is this server."""
        try:
            host = (urlsplit(f"//{address}").hostname or "").rstrip(".")
        except ValueError:
            return False
        domains = ["*", *(f"*.{host.split('.', i)[i]}" for i in range(1, host.count(".") + 1))]
        return is_address(host) or not self.names.isdisjoint([host, *domains])


def host_names() -> list[str]:
    """Those by which this computer is known in its network."""
    name = socket.gethostname().lower()
    short = name.partition(".")[0]
    return [name, short, f"{short}.local"]


def is_address(host: str) -> bool:
    """Whether it is an IP address, which nobody else can point elsewhere, rather than a name."""
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return True
