"""``POST /runs``: start a run (see pages.server.wire).

A press of Start is one run, however often it arrives: the run's id follows from the visitor and the
key that the browser chose for the press, and no two runs can have one id.
"""

from __future__ import annotations

import dataclasses
import json
import logging
import re
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Mapping
from hashlib import sha256
from typing import Any

from sqlalchemy.exc import IntegrityError, SQLAlchemyError
from starlette.requests import ClientDisconnect, Request
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
from pages.server.budget import (
    ADDRESS_TIMES,
    MAX_ACTIVE,
    START_SECONDS,
    Client,
    TooMuch,
    budget,
    client_of,
    too_much,
)

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
    start: Callable[[Client, dict[str, Any]], dict[str, Any]], max_bytes: int = MAX_BYTES
) -> Callable[[Request], Awaitable[Response]]:
    """A route's endpoint that answers with what ``start`` returns for the visitor and the body of
    the request, or with why nothing was started."""

    async def answer(request: Request) -> Response:
        client = client_of(request)
        try:
            body = await _read(request, max_bytes)
            await budget.spend(client, START_SECONDS)
            return _response(await budget.run(client, start, client, body))
        except TooMuch:
            return too_much()
        except ClientDisconnect:  # before all of it had arrived
            return Response(status_code=400)
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


async def _read(request: Request, max_bytes: int) -> dict[str, Any]:
    """→ what a visitor asks for. Raises Rejected."""
    if not visitor_cookie.visitor_id(request.cookies):
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
    return dict(body)


def id_of(*parts: object) -> str:
    """The id that follows from the visitor, the key and what else tells one id from another."""
    return sha256(" ".join(map(str, parts)).encode()).hexdigest()[: 2 * RUN_ID_BYTES]


# Started by POST since this server started, by address. Those that have ended are forgotten.
_started_at: defaultdict[str, set[str]] = defaultdict(set)


def limit_active(
    store: RunStore, visitor: str, run_ids: Collection[str], address: str = ""
) -> None:
    """Raise Rejected when the visitor, or all from an address, would have too many active runs with
    these new ones. address: "" to count only the visitor's."""
    active = {run.id: run.owner for run in store.active_runs()}
    new = set(run_ids) - active.keys()
    yours = sum(owner == visitor for owner in active.values())
    if new and yours + len(new) > MAX_ACTIVE:
        raise Rejected(
            429,
            f"At most {MAX_ACTIVE} of your runs may train or wait at a time, and {yours} do. Stop "
            "some, or wait until they have finished.",
        )
    if not address:
        return
    _started_at[address] &= active.keys()
    here, limit = len(_started_at[address]), ADDRESS_TIMES * MAX_ACTIVE
    if new and here + len(new) > limit:
        raise Rejected(
            429, f"{here} runs from your address train or wait, of at most {limit}. Wait for some."
        )
    _started_at[address] |= new


def _start_once(client: Client, body: dict[str, Any]) -> dict[str, Any]:
    """Record and launch the run, unless this press has already done so. Raises UserError, Rejected,
    SQLAlchemyError and OSError."""
    store, visitor, settings = shared_store.store(), client.visitor, body.get("settings")
    if "restart" in body:
        spec = store.run(str(body["restart"])).spec
    elif isinstance(settings, dict):
        spec = spec_of(settings)
    else:
        raise Rejected(400, NOT_UNDERSTOOD)
    run_id = id_of(visitor, body["key"])
    limit_active(store, visitor, [run_id], client.address)
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
