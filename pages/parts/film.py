"""The film of a run: all its kept frames in one answer, coarse first, packed as the hub packs them.

``GET /film/RUN?after=STEP`` answers with messages one after another, each: its length (uint32,
little-endian), the header's length (likewise), the header (JSON, padded with spaces to a multiple
of 4), tiles, lines. The browser can play as soon as the first few have come.
"""

from __future__ import annotations

import json
import struct
from collections.abc import Iterator, Sequence

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse
from starlette.routing import Route

from nn.errors import UserError
from nn.runs.run import Frame
from nn.runs.store import RunStore
from pages.parts import net, recorded, tiles


def shown(frame: Frame, sizes: Sequence[int]) -> dict[str, object]:
    """What the header says of a frame."""
    return {
        "step": frame.step,
        "samples": frame.samples,
        "loss": frame.loss,
        "neurons": tiles.shown(sizes),
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


def _film(store: RunStore, run_id: str, steps: Sequence[int]) -> Iterator[bytes]:
    sizes = store.run(run_id).spec.sizes
    for step in coarse_first(steps):
        try:
            frame = store.frame(run_id, step)
        except UserError:
            continue  # thinned or deleted meanwhile
        header = {"frame": shown(frame, sizes), "lines": net.shown(sizes), "count": len(steps)}
        message = packed(
            header, tiles.pack(frame.parameters, sizes), net.pack(frame.parameters, sizes)
        )
        yield struct.pack("<I", len(message)) + message


def _answer(request: Request) -> Response:
    store, run_id = recorded.store(), request.path_params["run"]
    after = request.query_params.get("after", "-1")
    if not after.removeprefix("-").isdecimal() or len(after) > 18:
        return PlainTextResponse("after is a step, a whole number.", 400)
    try:
        run = store.run(run_id)
    except UserError as error:
        return PlainTextResponse(str(error), 404)
    steps = [step for step in store.frame_steps(run.id) if int(after) < step <= run.step]
    # Kept frames never change, but a run that goes on keeps more of them.
    headers = {"Cache-Control": "no-store"}
    return StreamingResponse(
        _film(store, run.id, steps), media_type="application/octet-stream", headers=headers
    )


route = Route("/film/{run}", _answer)
