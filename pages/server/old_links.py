"""Links by version 0.1: ASGI middleware that redirects them to today's names and labels.

By a redirect, because Streamlit seeds its widgets from the URL that the browser opened.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nn.runs.old_names import FIELDS

# A choice stands in the URL as its label: 0.1's label → today's.
LABELS: dict[str, dict[str, str]] = {
    "dataset": {"built-in strokes": "built-in synthetic digits"},
    "mode": {"pull (gradient)": "negative gradient"},
    "sort": {
        "strength (norm)": "weight norm",
        "how often it fires": "activation rate",
        "digit it serves": "preferred digit",
        "likeness": "similarity",
    },
    "only": {"neither": "unique"},
}
PAGES = ("/", "/train", "/neurons", "/draw", "/mistakes")


def translated(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a link under today's names, with today's labels.

    Where a link has a parameter under both names, today's counts.
    """
    renamed = {FIELDS[name]: value for name, value in query.items() if name in FIELDS}
    renamed |= {name: value for name, value in query.items() if name not in FIELDS}
    return {name: LABELS.get(name, {}).get(value, value) for name, value in renamed.items()}


class OldLinks:
    """Redirects a page's URL when it has a name or a label of version 0.1."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"] in PAGES and scope["query_string"]:
            query = dict(parse_qsl(scope["query_string"].decode(), keep_blank_values=True))
            if (today := translated(query)) != query:
                url = f"{scope['path']}?{urlencode(today, quote_via=quote)}"
                await RedirectResponse(url)(scope, receive, send)
                return
        await self.app(scope, receive, send)
