"""The components' JavaScript modules, served under a version that changes with any of them.

``GET /assets/VERSION/PATH``: browsers may keep an answer for ever, and a page that loads a module
after the program was upgraded never mixes old and new ones: another version is not found. Relative
imports inside the modules carry the version along.
"""

from __future__ import annotations

import re
from hashlib import sha256
from pathlib import Path, PurePosixPath
from posixpath import normpath

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

ASSETS = Path(__file__).parents[2] / "assets"

_CONTENT_TYPES = {".js": "text/javascript", ".css": "text/css"}
_HEADERS = {"Cache-Control": "public, max-age=31536000, immutable"}

# Read once, so that all files that a process serves belong together.
_FILES = {
    path.relative_to(ASSETS).as_posix(): path.read_bytes()
    for folder in ("components", "lib")
    for path in sorted((ASSETS / folder).rglob("*"))
    if path.suffix in _CONTENT_TYPES
}


def version_of(files: dict[str, bytes]) -> str:
    """A hash of all names and contents."""
    digest = sha256()
    for name, content in files.items():
        digest.update(f"{name}\0{len(content)}\0".encode() + content)
    return digest.hexdigest()[:12]


VERSION = version_of(_FILES)


def url_of(path: str) -> str:
    """Relative to the base path. path: below ``assets``, "components/timeline/timeline.js"."""
    return f"assets/{VERSION}/{path}"


async def _serve(request: Request) -> Response:
    version, path = request.path_params["version"], request.path_params["path"]
    if version != VERSION:
        return PlainTextResponse("These files are of another version. Reload the page.", 404)
    content = _FILES.get(path)
    if content is None:
        return PlainTextResponse(f"There is no asset {path!r}.", 404)
    content_type = _CONTENT_TYPES[Path(path).suffix]
    return Response(content, media_type=content_type, headers=_HEADERS)


route = Route("/assets/{version}/{path:path}", _serve, methods=["GET"])


def with_imports(path: str) -> set[str]:
    """The module and all modules that it imports."""
    found: set[str] = set()
    unseen = {path}
    while unseen:
        found |= unseen
        unseen = {
            normpath(str(PurePosixPath(module).parent / imported.decode()))
            for module in unseen
            for imported in re.findall(rb'from "(\.[^"]+)"', _FILES[module])
        } - found
    return found
