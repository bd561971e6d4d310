"""Links by version 0.1: ASGI middleware that redirects them to today's names and values."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qsl, quote, urlencode

from starlette.responses import RedirectResponse
from starlette.types import ASGIApp, Receive, Scope, Send

from nn.runs.old_names import FIELDS

# 0.1 put a choice's label into the URL: parameter → its label → today's value.
LABELS: dict[str, dict[str, str]] = {
    "activation": {"ReLU": "relu", "leaky ReLU": "leaky_relu", "GELU": "gelu"},
    "loss": {"cross-entropy": "cross_entropy", "squared error": "squared_error"},
    "initializer": {
        "He": "he", "Glorot": "glorot", "LeCun": "lecun", "U[−1, 1]": "uniform",
        "N(0, 1)": "normal",
    },
    "optimizer": {"SGD": "sgd", "RMSProp": "rmsprop", "Adam": "adam", "AdamW": "adamw"},
    "lr_schedule": {"warm-up, then linear": "warm_up_linear"},
    "dataset": {"MNIST": "mnist", "built-in strokes": "strokes"},
    "mode": {
        "change since start": "initial",
        "latest change": "previous",
        "pull (gradient)": "gradient",
    },
    "sort": {
        "number": "index",
        "strength (norm)": "weight_norm",
        "how often it fires": "activation_rate",
        "digit it serves": "preferred_digit",
        "likeness": "similarity",
    },
    "only": {"neither": "unique"},
}  # fmt: skip
PAGES = ("", "train", "neurons", "draw", "mistakes")


def translated(query: Mapping[str, str]) -> dict[str, str]:
    """The parameters of a link under today's names, with today's values.

    Where a link has a parameter under both names, today's counts.
    """
    renamed = {FIELDS[name]: value for name, value in query.items() if name in FIELDS}
    renamed |= {name: value for name, value in query.items() if name not in FIELDS}
    return {name: LABELS.get(name, {}).get(value, value) for name, value in renamed.items()}


class OldLinks:
    """Redirects a page's URL when it has a name or a value of version 0.1, and ``/train``, which
    people type, to ``/``, where Streamlit serves the default page.

    Redirects are relative, because a proxy may have removed a part of the path."""

    def __init__(self, app: ASGIApp, base: str = "") -> None:
        """base: the path below which the pages are, "" or "/BASE"."""
        self.app = app
        self.base = f"{base}/"

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        page = scope["path"].removeprefix(self.base) if scope["type"] == "http" else None
        if page in PAGES and scope["path"] == self.base + page:
            text = scope["query_string"].decode(errors="replace")
            query = dict(parse_qsl(text, keep_blank_values=True))
            target = "" if page == "train" else page
            if (target, today := translated(query)) != (page, query):
                url = f"./{target}" + (f"?{urlencode(today, quote_via=quote)}" if today else "")
                await RedirectResponse(url)(scope, receive, send)
                return
        await self.app(scope, receive, send)
