"""All routes of the server that are not Streamlit's, and what they answer when the store cannot be
read."""

from __future__ import annotations

import logging

from sqlalchemy.exc import SQLAlchemyError
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from nn.errors import UserError
from nn.runs.store import outage
from pages.server import (
    assets,
    curves_route,
    groups_api,
    hub,
    live_prediction,
    live_runs,
    owner,
    plotly_asset,
    runs_api,
    snapshots_route,
)

log = logging.getLogger(__name__)


async def unreadable(_: Request, error: Exception) -> Response:
    """Handler of the errors of the store, and of a store that cannot be opened: a sentence."""
    log.warning("A request was not answered: %s", getattr(error, "orig", None) or error)
    if isinstance(error, SQLAlchemyError):
        return PlainTextResponse(outage.for_visitors(error), 503)
    return PlainTextResponse(str(error), 503)


EXCEPTION_HANDLERS = {SQLAlchemyError: unreadable, UserError: unreadable}
ROUTES = (
    assets.route,
    hub.route,
    runs_api.route,
    groups_api.route,
    live_runs.route,
    owner.route,
    snapshots_route.route,
    curves_route.route,
    live_prediction.route,
    plotly_asset.plotly_route,
)
