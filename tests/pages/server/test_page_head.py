"""The head of the page, as a browser and other programs get it."""

from __future__ import annotations

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
import streamlit
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import HTMLResponse
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from pages.server import assets
from pages.server.page_head import PageHead

STATIC = Path(streamlit.__file__).parent / "static"  # where Streamlit has its page
INDEX = (STATIC / "index.html").read_text("utf-8")
BROWSER = {"accept": "text/html,application/xhtml+xml,*/*;q=0.8", "accept_encoding": "gzip"}
STYLE = (assets.ASSETS / "page.css").read_text("utf-8")
REPORT = "<head><title>Report</title></head>"


def get(path: str, base: str = "", **headers: str) -> tuple[int, dict[str, str], str]:
    """→ status, headers and text, from a server that answers as Streamlit does."""
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        await asyncio.sleep(60)  # the browser stays
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    async def report(_request: object) -> HTMLResponse:
        return HTMLResponse(REPORT)

    app = Starlette(
        routes=[
            Route(f"{base}/media/report.html", report),
            assets.route,
            Mount(base or "/", StaticFiles(directory=STATIC, html=True)),
        ],
        middleware=[Middleware(PageHead, base), Middleware(GZipMiddleware)],
    )
    raw = [(name.replace("_", "-").encode(), value.encode()) for name, value in headers.items()]
    scope = {"type": "http", "method": "GET", "path": path, "headers": raw, "query_string": b""}
    asyncio.run(app(scope, receive, send))
    received = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    content = b"".join(message.get("body", b"") for message in sent[1:])
    assert len(content) == int(received["content-length"])
    return sent[0]["status"], received, content.decode()


@pytest.mark.parametrize("base", ["", "/digitscope"])
@pytest.mark.parametrize("page", ["", "index.html"])
def test_every_page_has_the_style_and_the_name_in_its_head(base: str, page: str) -> None:
    _, _, text = get(f"{base}/{page}", base, **BROWSER)
    head, body = text.split("</head>")
    assert f"<style>{STYLE}</style>" in head
    assert "<title>Digitscope</title>" in head
    assert body == INDEX.split("</head>")[1]


@pytest.mark.parametrize("base", ["", "/digitscope"])
def test_the_default_page_names_the_modules_that_it_needs(base: str) -> None:
    _, _, page = get(f"{base}/", base, **BROWSER)
    named = set(re.findall('<link rel="modulepreload" href="(assets/.+?)">', page))
    assert all(get(f"/{url}")[0] == 200 for url in named)
    for needed in ("components/run_controls/run_controls.js", "components/weight_wall/tiles.js",
                   "lib/wire.js"):  # fmt: skip
        assert assets.url_of(needed) in named
    assert "assets/" not in get(f"{base}/index.html", base, **BROWSER)[2]


def test_a_browser_never_keeps_the_head_of_an_older_version() -> None:
    _, before, _ = get("/", accept="*/*")
    status, headers, text = get("/", **BROWSER, if_none_match=before["etag"])
    assert status == 200
    assert STYLE in text
    assert not {"etag", "last-modified"} & set(headers)


def test_what_is_not_a_page_of_streamlit_stays_as_it_is() -> None:
    assert get("/", accept="*/*")[2] == INDEX
    assert get("/media/report.html", **BROWSER)[2] == REPORT
