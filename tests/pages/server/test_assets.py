"""The components' modules, served as a browser asks for them."""

from __future__ import annotations

import asyncio
import re
from typing import Any, NamedTuple

import pytest
from starlette.applications import Starlette

from pages.server import assets

MODULES = sorted(path for path in assets.ASSETS.rglob("*.js"))


class Response(NamedTuple):
    status: int
    headers: dict[str, str]
    content: bytes


def request(url: str, method: str = "GET") -> Response:
    """url: as in an HTTP request's first line, where nothing has been normalized."""
    app = Starlette(routes=[assets.route])
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": b""}

    async def send(message: Any) -> None:
        sent.append(message)

    scope = {"type": "http", "method": method, "path": url, "headers": [], "query_string": b""}
    asyncio.run(app(scope, receive, send))
    headers = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Response(sent[0]["status"], headers, b"".join(m.get("body", b"") for m in sent[1:]))


@pytest.mark.parametrize(
    ("path", "content_type"),
    [("lib/stream.js", "text/javascript"), ("lib/palette.css", "text/css")],
)
def test_a_file_of_this_version_may_be_kept_for_ever(path: str, content_type: str) -> None:
    response = request("/" + assets.url_of(path))
    assert response.status == 200
    assert response.headers["content-type"].startswith(content_type)
    assert "immutable" in response.headers["cache-control"]
    assert response.content == (assets.ASSETS / path).read_bytes()


def test_another_version_is_not_found_so_that_old_and_new_modules_never_mix() -> None:
    response = request("/assets/0123456789ab/lib/stream.js")
    assert response.status == 404
    assert response.content == b"These files are of another version. Reload the page."
    assert "immutable" not in response.headers.get("cache-control", "")


@pytest.mark.parametrize(
    "path",
    ["lib/nothing.js", "lib", "", "../app.py", "lib/../../app.py", "/etc/passwd",
     "pretrained.safetensors", "report/report.html"],
)  # fmt: skip
def test_nothing_but_modules_and_styles_is_served(path: str) -> None:
    response = request(f"/assets/{assets.VERSION}/{path}")
    assert response.status == 404
    assert len(response.content) < 100


def test_only_reading_is_allowed() -> None:
    url = "/" + assets.url_of("lib/stream.js")
    assert request(url, "HEAD").status == 200
    assert request(url, "POST").status == 405


def test_the_version_changes_with_any_name_and_any_content() -> None:
    versions = {
        assets.version_of(files)
        for files in ({"a": b"1", "b": b"2"}, {"a": b"1", "b": b"3"}, {"a": b"1", "c": b"2"},
                      {"a": b"1"}, {"a": b"12", "b": b""})
    }  # fmt: skip
    assert len(versions) == 5


@pytest.mark.parametrize("module", MODULES, ids=lambda path: path.name)
def test_every_relative_import_leads_to_a_file(module) -> None:
    for imported in re.findall(r'from "(\.[^"]+)"', module.read_text()):
        assert (module.parent / imported).resolve() in MODULES
