"""The film of a run: its kept frames, coarse first, packed as the hub packs them.

``GET /film/RUN?after=STEP&until=STEP&skip=N`` answers with messages, each: its length (uint32,
little-endian), the header's length (likewise), the header (JSON, padded with spaces to a multiple
of 4), tiles, lines. In portions, each after the ``skip`` frames that have come: the browser can
play as soon as the first has come, and a server that is stopped waits for no long answer.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from nn.errors import UserError
from nn.runs.store.run import Run, Snapshot
from nn.runs.store.store import RunStore
from pages.server import pack_network, pack_tiles, shared_store

PORTION = 2_000_000  # bytes of one answer, or the one frame that is larger
USUAL = {"after": "-1", "until": str(10**17), "skip": "0"}


def shown(frame: Snapshot, sizes: Sequence[int]) -> dict[str, object]:
    """What the header says of a frame."""
    return {
        "step": frame.step,
        "samples_seen": frame.samples_seen,
        "loss": frame.loss,
        "neurons": pack_tiles.shown(sizes),
        "of": sizes[1],
    }


def packed(header: object, *parts: bytes) -> bytes:
    """The header's length, the header, and what follows it."""
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 4)
    return b"".join((struct.pack("<I", len(text)), text, *parts))


def coarse_first(steps: Sequence[int]) -> list[int]:
    """Both ends, then what halves the widest gaps, and so on."""
    last = len(steps) - 1
    found = dict.fromkeys((0, last)) if steps else {}
    stride = 1 << max(0, last).bit_length()
    while stride:
        found |= dict.fromkeys(range(0, last + 1, stride))
        stride //= 2
    return [steps[i] for i in found]


def _portion(store: RunStore, run: Run, steps: Sequence[int]) -> bytes:
    sizes, messages, size = run.spec.sizes, [], 0
    for step in steps:
        try:
            frame = store.snapshot(run.id, step)
        except UserError:
            continue  # thinned or deleted meanwhile
        header = {"frame": shown(frame, sizes), "lines": pack_network.shown(sizes)}
        message = packed(
            header,
            pack_tiles.pack(frame.parameters, sizes),
            pack_network.pack(frame.parameters, sizes),
        )
        messages += [struct.pack("<I", len(message)), message]
        size += len(message)
        if size > PORTION:
            break
    return b"".join(messages)


def _answer(request: Request) -> Response:
    store, run_id = shared_store.store(), request.path_params["run"]
    asked = {name: request.query_params.get(name, usual) for name, usual in USUAL.items()}
    for name, value in asked.items():
        if not value.removeprefix("-").isdecimal() or len(value) > 18:
            return PlainTextResponse(f"{name} is a whole number.", 400)
    try:
        run = store.run(run_id)
    except UserError as error:
        return PlainTextResponse(str(error), 404)
    after, until, skip = (int(value) for value in asked.values())
    until = min(until, run.step)  # a run that goes on from its checkpoint has frames ahead of it
    steps = coarse_first([step for step in store.snapshot_steps(run.id) if after < step <= until])
    # Kept frames never change, but a run that goes on keeps more of them.
    headers = {"Cache-Control": "no-store"}
    portion = _portion(store, run, steps[max(0, skip) :])
    return Response(portion, media_type="application/octet-stream", headers=headers)


route = Route("/film/{run}", _answer)
