"""``WebSocket /live-runs``: the runs that are active now, and again whenever they change.

pages.server.wire describes the message. Browsers hang up while their tab is hidden. One poll of the
store serves all of them.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable
from typing import NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from nn.errors import UserError
from nn.runs.store.store import RunStore, State
from pages.server import shared_store
from pages.server.budget import VIEWER_LIMIT
from pages.server.hub import RETRY_SECONDS
from pages.server.visitor import Visitor, visitor_of

INTERVAL = 1.0  # seconds between two polls of the store
MAX_VIEWERS = 500
MAX_RUNS = 200  # that are sent

log = logging.getLogger(__name__)


class ActiveRun(NamedTuple):
    """What a browser may see of a run; ``owner`` stays here."""

    id: str
    name: str
    network: str
    state: State
    owner: str


class LiveRuns:
    """The WebSocket endpoint. It polls while somebody is connected."""

    def __init__(self, store: Callable[[], RunStore]) -> None:
        self._store = store
        self._sockets: set[WebSocket] = set()
        self._polling: asyncio.Task[None] | None = None
        self._runs: list[ActiveRun] | None = None  # None: not known yet
        self._changed = asyncio.Condition()

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        if len(self._sockets) >= MAX_VIEWERS:
            await socket.close(VIEWER_LIMIT, "Viewer limit reached. Retrying…")
            return
        self._sockets.add(socket)
        if not self._polling or self._polling.done():
            self._polling = asyncio.create_task(self._poll())
        # Receiving all the time notices a closed tab even when there is nothing to send.
        tasks = [
            asyncio.create_task(self._send(socket, visitor_of(socket.cookies))),
            asyncio.create_task(socket.receive()),
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._sockets.discard(socket)
            if not self._sockets and self._polling:
                self._polling.cancel()
                self._polling = self._runs = None

    async def _poll(self) -> None:
        while True:
            try:
                runs = await asyncio.to_thread(self._active_runs)
            except (UserError, SQLAlchemyError) as error:  # busy: browsers keep the last list
                log.warning("The store did not answer: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if runs != self._runs:
                async with self._changed:
                    self._runs = runs
                    self._changed.notify_all()
            await asyncio.sleep(INTERVAL)

    def _active_runs(self) -> list[ActiveRun]:
        return [
            ActiveRun(run.id, run.name, "-".join(map(str, run.spec.sizes)), run.state, run.owner)
            for run in self._store().active_runs()[:MAX_RUNS]
        ]

    async def _send(self, socket: WebSocket, visitor: Visitor) -> None:
        """Send the runs when they are not those that were sent last."""
        sent: list[dict[str, object]] | None = None
        while True:
            async with self._changed:
                await self._changed.wait_for(
                    lambda: self._runs is not None and _seen_by(visitor, self._runs) != sent  # noqa: B023
                )
                sent = _seen_by(visitor, self._runs or [])
            await socket.send_json({"runs": sent})


def _seen_by(visitor: Visitor, runs: list[ActiveRun]) -> list[dict[str, object]]:
    return [
        {
            "id": run.id,
            "name": run.name,
            "network": run.network,
            "state": run.state,
            "yours": bool(visitor.id) and run.owner == visitor.id,
        }
        for run in runs
    ]


live_runs = LiveRuns(shared_store.store)
route = WebSocketRoute("/live-runs", live_runs.endpoint)
