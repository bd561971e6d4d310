"""Serving below a base path, by ``--server.baseUrlPath`` or behind a reverse proxy."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from starlette.routing import Route, WebSocketRoute


def under(base: str, routes: Iterable[Route | WebSocketRoute]) -> list[Route | WebSocketRoute]:
    """The same routes below ``base``, "" or "/BASE", as Streamlit has its own."""
    return [
        Route(base + route.path, route.endpoint, methods=route.methods)
        if isinstance(route, Route)
        else WebSocketRoute(base + route.path, route.endpoint)
        for route in routes
    ]


def is_same_origin(headers: Mapping[str, str]) -> bool:
    """Whether a request comes from a page of this server, with the same host and port: a page of
    another site cannot choose these headers. Proxies replace the host and say which one the
    browser requested."""
    origin = headers.get("origin", "").partition("://")[2]
    forwarded = headers.get("x-forwarded-host", "").split(",")  # by each of several proxies
    return bool(origin) and origin in (headers.get("host"), *(host.strip() for host in forwarded))
