"""``POST /runs``: start a run (see pages.server.wire).

A press of Start is one run, however often it arrives: the run's id follows from the visitor and the
key that the browser chose for the press, and no two runs can have one id.
"""

from __future__ import annotations

import asyncio
import dataclasses
import json
import logging
import re
from collections.abc import Awaitable, Callable, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from nn.data import sources
from nn.errors import FieldError, UserError
from nn.runs.spec import RunSpec, parse_hidden
from nn.runs.store import outage
from nn.runs.store.run import State
from nn.runs.store.store import RUN_ID_BYTES, RunStore
from nn.runs.worker import process
from pages.server import assets, shared_store, visitor_cookie

MAX_ACTIVE = 20  # runs of a visitor
MAX_BYTES = 10_000  # of a request
MAX_MESSAGE = 500  # characters of an error message, which quotes what was sent
NOT_UNDERSTOOD = "The server did not understand this request. Reload the page."
NO_COOKIE = (
    "Digitscope uses a cookie to remember which runs are yours, and your browser did not send it. "
    "Allow cookies for this page, then reload it."
)
USED_KEY = "This press started another run already. Press again."
KEY = re.compile(r"[\w-]{8,64}")

# What a visitor may choose. The other fields name files on this computer and runs in the store.
DEFAULTS = {
    field.name: field.default
    for field in dataclasses.fields(RunSpec)
    if field.name not in ("extra_data", "init_from")
}

log = logging.getLogger(__name__)


class Rejected(Exception):
    """The request starts nothing."""

    def __init__(self, status: int, message: str, **details: Any) -> None:
        """details: more of the answer."""
        super().__init__(message)
        self.status, self.details = status, details


def spec_of(settings: Mapping[str, Any]) -> RunSpec:
    """The RunSpec of the settings on screen, whose hidden layers are a text; what they leave out is
    as in RunSpec. Raises UserError."""
    for name in settings:
        if name not in DEFAULTS:
            raise UserError(f"There is no setting {name!r}. Reload the page.")
    values = {name: _as_type_of(DEFAULTS[name], value) for name, value in settings.items()}
    if isinstance(values.get("hidden"), str):
        values["hidden"] = parse_hidden(values["hidden"])
    if values.get("dataset", "") not in ("", *sources.DATASETS):
        choices = ", ".join(sources.DATASETS)
        raise FieldError("dataset", f"must be one of {choices}; got {values['dataset']!r}.")
    return RunSpec(**values)


def _as_type_of(default: object, value: Any) -> Any:
    """A browser writes 1.0 as 1."""
    is_whole = isinstance(value, int) and not isinstance(value, bool)
    return float(value) if isinstance(default, float) and is_whole and abs(value) < 2**53 else value


def endpoint(
    start: Callable[[str, dict[str, Any]], dict[str, Any]], max_bytes: int = MAX_BYTES
) -> Callable[[Request], Awaitable[Response]]:
    """A route's endpoint that answers with what ``start`` returns for the visitor and the body of
    the request, or with why nothing was started."""

    async def answer(request: Request) -> Response:
        try:
            visitor, body = await _read(request, max_bytes)
            return _response(await asyncio.to_thread(start, visitor, body))
        except Rejected as rejected:
            message = str(rejected)[:MAX_MESSAGE]
            return _response({"error": message} | rejected.details, rejected.status)
        except FieldError as error:
            return _response({"error": error.rule[:MAX_MESSAGE], "field": error.field}, 422)
        except UserError as error:
            return _response({"error": str(error)[:MAX_MESSAGE]}, 422)
        except (SQLAlchemyError, OSError) as error:
            log.warning("Could not start a run: %s", getattr(error, "orig", None) or error)
            reason = "The server could not record it."
            if isinstance(error, SQLAlchemyError):
                reason = outage.for_visitors(error)
            message = f"Nothing was started. {reason} Then press the button again."
            return _response({"error": message}, 503)

    return answer


def _response(content: dict[str, Any], status: int = 200) -> Response:
    return JSONResponse(content | {"version": assets.VERSION}, status)


async def _read(request: Request, max_bytes: int) -> tuple[str, dict[str, Any]]:
    """→ the visitor and what they ask for. Raises Rejected."""
    visitor = visitor_cookie.visitor_id(request.cookies)
    if not visitor:
        raise Rejected(403, NO_COOKIE)
    data = b""
    async for part in request.stream():
        data += part
        if len(data) > max_bytes:
            raise Rejected(413, "The settings are too long.")
    try:
        body = json.loads(data)
        version, key = body["version"], body["key"]
        is_understood = isinstance(key, str) and KEY.fullmatch(key)
    except (ValueError, TypeError, KeyError, RecursionError):
        is_understood = None
    if not is_understood:
        raise Rejected(400, NOT_UNDERSTOOD)
    if version != assets.VERSION:  # of an old page, whose settings may mean something else today
        raise Rejected(409, "Digitscope was updated. Reload the page.")
    return visitor, body


def id_of(*parts: object) -> str:
    """The id that follows from the visitor, the key and what else tells one id from another."""
    return sha256(" ".join(map(str, parts)).encode()).hexdigest()[: 2 * RUN_ID_BYTES]


def limit_active(store: RunStore, visitor: str, started: str) -> None:
    """Raise Rejected for a visitor with many active runs, unless ``started`` is one of them."""
    active = [run.id for run in store.active_runs() if run.owner == visitor]
    if len(active) >= MAX_ACTIVE and started not in active:
        message = f"You have {len(active)} runs that train or wait. Stop one, then start another."
        raise Rejected(429, message)


def _start_once(visitor: str, body: dict[str, Any]) -> dict[str, Any]:
    """Record and launch the run, unless this press has already done so. Raises UserError, Rejected,
    SQLAlchemyError and OSError."""
    store, settings = shared_store.store(), body.get("settings")
    if "restart" in body:
        spec = store.run(str(body["restart"])).spec
    elif isinstance(settings, dict):
        spec = spec_of(settings)
    else:
        raise Rejected(400, NOT_UNDERSTOOD)
    run_id = id_of(visitor, body["key"])
    limit_active(store, visitor, run_id)
    try:
        run = store.create(spec, owner=visitor, run_id=run_id)
    except IntegrityError:
        run = store.run(run_id)
        if (run.owner, run.spec) != (visitor, spec):
            raise Rejected(409, USED_KEY) from None
    if run.state is State.QUEUED:
        try:
            process.launch(run.id)
        except OSError as error:  # it stays queued, for the next worker
            log.warning("No worker could be started for run %s: %s", run.id, error)
    return {"run": run.id}


route = Route("/runs", endpoint(_start_once), methods=["POST"])
