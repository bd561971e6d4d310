"""``GET /curves``: the curves of many runs in one response (see pages.server.wire)."""

from __future__ import annotations

from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from nn.runs.differences import configuration_key
from nn.runs.history.curves import Curves, curves
from nn.runs.store.run import Run
from pages.server import assets, shared_store
from pages.server.budget import charged

MAX_RUNS = 100  # of one request
MAX_POINTS = 200  # of a curve, unless fewer are wanted
DIGITS = 4  # of a loss; more are not seen


def _as_json(run: Run, found: Curves) -> dict[str, Any]:
    return {
        "name": run.name,
        "configuration": configuration_key(run.spec),
        "status": {
            "state": run.state,
            "step": run.step,
            "total_steps": run.total_steps,
            "samples_seen": run.samples_seen,
            "seconds": run.seconds,
            "epochs": run.spec.epochs,
        },
        "estimates": {
            "samples_seen": [estimate.samples_seen for estimate in found.estimates],
            "accuracy": [estimate.accuracy for estimate in found.estimates],
        },
        "points": {
            "samples_seen": [point.samples_seen for point in found.points],
            "smoothed_loss": [float(f"{point.smoothed_loss:.{DIGITS}g}") for point in found.points],
        },
        "epochs": found.epochs,
    }


def _respond(request: Request) -> Response:
    store = shared_store.store()
    wanted = request.query_params.get("points", str(MAX_POINTS))
    ids = request.query_params.get("runs", "").split(",")
    if not wanted.isdecimal() or len(wanted) > 9 or not 0 < int(wanted) <= MAX_POINTS:
        return PlainTextResponse(f"points must be a number from 1 to {MAX_POINTS}.", 400)
    if len(ids) > MAX_RUNS:
        return PlainTextResponse(f"One request is for at most {MAX_RUNS} runs.", 400)
    runs = sorted(store.runs(ids), key=lambda run: ids.index(run.id))
    found = curves(store, runs, int(wanted))
    content = {"version": assets.VERSION, "runs": {r.id: _as_json(r, found[r.id]) for r in runs}}
    return JSONResponse(content, headers={"Cache-Control": "no-store"})


route = Route("/curves", charged(_respond))
