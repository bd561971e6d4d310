"""The server's owner: whoever runs it. A link with a token, printed when the server starts, makes a
browser the owner's.

That a request comes from this computer proves nothing: behind a proxy, all do. The token is random
and stays in a file of the data folder that only its user may read: a server that was restarted,
perhaps by itself, still knows its owner. Whoever deletes the file and restarts the server gets a
new link; the old one and its cookies no longer count.
"""

from __future__ import annotations

import logging
import os
import re
import secrets
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from functools import cache
from pathlib import Path

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from nn.errors import UserError
from nn.support import paths
from nn.support.atomic_write import replacing
from pages.server.visitor_cookie import YEAR

COOKIE = "digitscope_owner"
FILE = "owner-token"  # in the data folder
PATH = "/owner/"
TOKEN_BYTES = 24
MIN_LENGTH = 24  # characters: a file that was emptied makes nobody the owner


@cache
def token() -> str:
    """Raises UserError when its file cannot be written, and tries anew next time."""
    path = paths.home() / FILE
    return _read(path) or _write(path)


def _read(path: Path) -> str:
    """ "" for a file that is missing or holds no token."""
    try:
        text = path.read_text("ascii").strip()
    except (OSError, ValueError):
        return ""
    return text if len(text) >= MIN_LENGTH else ""


def _write(path: Path) -> str:
    def open_private(name: str, flags: int) -> int:
        return os.open(name, flags, 0o600)

    with replacing(path) as part, open(part, "x", opener=open_private) as file:
        file.write(secrets.token_urlsafe(TOKEN_BYTES))
    return _read(path)  # another server that started at the same time may have replaced it


def is_owner(cookies: Mapping[str, str]) -> bool:
    """Whether these cookies are of a browser that has opened the owner's link."""
    return _is_token(cookies.get(COOKIE, ""))


def _is_token(text: str) -> bool:
    try:
        expected = token()
    except UserError:
        return False
    is_same = secrets.compare_digest(text.encode(errors="replace"), expected.encode())
    return bool(expected) and is_same


async def _enter(request: Request) -> Response:
    if not _is_token(request.path_params["token"]):
        return PlainTextResponse(
            "This is not the owner's link. The server prints the link when it starts.", 403
        )
    # Relative, because a proxy may have removed a part of the path.
    response = RedirectResponse("../", 303, {"Cache-Control": "no-store"})
    response.headers["set-cookie"] = (
        f"{COOKIE}={token()}; Max-Age={YEAR}; Path=/; HttpOnly; SameSite=Strict"
    )
    return response


route = Route(f"{PATH}{{token}}", _enter, methods=["GET"])


class _HideToken(logging.Filter):
    """Keeps the token out of uvicorn's log of requests."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(
                re.sub(rf"{PATH}[^\s?]+", f"{PATH}…", each) if isinstance(each, str) else each
                for each in record.args
            )
        return True


def printing_link(
    address: Callable[[], str],
) -> Callable[[object], AbstractAsyncContextManager[None]]:
    """The lifespan of a server that prints the owner's link when it starts.

    address: of the server with its base path, known by then; or the base path alone.
    """

    @asynccontextmanager
    async def lifespan(_: object) -> AsyncIterator[None]:
        logging.getLogger("uvicorn.access").addFilter(_HideToken())
        print(f"  {link_line(address())}\n", flush=True)
        yield

    return lifespan


def link_line(address: str) -> str:
    try:
        return f"Owner link (may stop, rename and delete every run): {address}{PATH}{token()}"
    except UserError as error:
        return f"There is no owner link. {error}"
