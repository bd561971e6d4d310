"""``GET /snapshots/RUN``: the kept snapshots of a run, coarse first (see pages.server.wire).

The response comes in portions, so that the browser can play the first snapshots while it fetches
the others, and so that a server that shuts down waits for no long response.
"""

from __future__ import annotations

from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nn.errors import UserError
from nn.runs.store.run import Run
from nn.runs.store.store import RunStore
from pages.server import shared_store, wire
from pages.server.budget import charged

MAX_BYTES = 2_000_000  # of one response, unless its only snapshot is larger
MAX_DIGITS = 18
DEFAULTS = {"after": "-1", "until": str(10**17), "skip": "0", "tiles": "-1"}


def coarse_first(steps: Sequence[int]) -> list[int]:
    """The first and the last step, then those that halve the widest gaps, and so on."""
    last = len(steps) - 1
    order = dict.fromkeys((0, last)) if steps else {}
    stride = 1 << max(0, last).bit_length()
    while stride:
        order |= dict.fromkeys(range(0, last + 1, stride))
        stride //= 2
    return [steps[i] for i in order]


def _portion(store: RunStore, run: Run, steps: Sequence[int], tiles: int | None) -> bytes:
    """tiles: of a snapshot at most, without connections; None: all, with them."""
    sizes, messages = run.spec.sizes, []
    max_tiles = wire.MAX_TILES if tiles is None else min(tiles, wire.MAX_TILES)
    for step in steps:
        try:
            snapshot = store.snapshot(run.id, step)
        except UserError:
            continue  # deleted in the meantime
        header = {
            "snapshot": wire.snapshot_header(snapshot, sizes, max_tiles),
            "connections": wire.connection_counts(sizes) if tiles is None else None,
        }
        parts = [wire.pack_first_layer(snapshot.parameters, sizes, max_tiles)]
        if tiles is None:
            parts.append(wire.pack_connections(snapshot.parameters, sizes))
        messages.append(wire.pack_message(header, *parts))
        if sum(map(len, messages)) > MAX_BYTES:
            break
    return wire.pack_messages(messages)


def _respond(request: Request) -> Response:
    store, run_id = shared_store.store(), request.path_params["run"]
    texts = {name: request.query_params.get(name, text) for name, text in DEFAULTS.items()}
    for name, text in texts.items():
        if not text.removeprefix("-").isdecimal() or len(text) > MAX_DIGITS:
            return PlainTextResponse(f"{name} must be a whole number.", 400)
    try:
        run = store.run(run_id)
    except UserError as error:
        return PlainTextResponse(str(error), 404)
    after, until, skip, tiles = (int(text) for text in texts.values())
    until = min(until, run.step)  # a run resumed from its checkpoint has later snapshots
    steps = coarse_first([step for step in store.snapshot_steps(run.id) if after < step <= until])
    # Kept snapshots never change, but a run that continues keeps more of them.
    headers = {"Cache-Control": "no-store"}
    portion = _portion(store, run, steps[max(0, skip) :], None if tiles < 0 else tiles)
    return Response(portion, media_type="application/octet-stream", headers=headers)


route = Route("/snapshots/{run}", charged(_respond))
