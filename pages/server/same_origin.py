"""Whether a request comes from Digitscope's own pages."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether the browser says that a page of this server sends the request: by ``Origin``, which
    it sends with every POST and WebSocket, or by ``Sec-Fetch-Site``, which is right behind a proxy
    that changes ``Host``, but is sent only over HTTPS and to this computer."""
    origin = urlsplit(headers.get("origin", "")).netloc
    return origin == headers.get("host") or headers.get("sec-fetch-site") == "same-origin"
