"""The live hub: polls each watched run once, packs each snapshot once and sends it to all viewers.

pages.server.wire describes the messages. One reader a run and one encoding a snapshot: viewers
share them, and a slow viewer skips snapshots without slowing the others down.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from nn.data import sources
from nn.errors import FieldError, UserError
from nn.runs.advice import advice
from nn.runs.store.store import AccuracyEstimate, Point, Run, RunStore, State
from nn.runs.worker.process import COMMAND_KINDS, send_command
from pages.server import assets, base_path, shared_store, wire
from pages.server.visitor import Visitor, visitor_of

ACTIVE_INTERVAL, IDLE_INTERVAL = 1 / 60, 1 / 4  # seconds between two polls of the store
CONNECTIONS_INTERVAL = 0.1  # seconds between two snapshots sent with their connections
WATCH_SECONDS = 3.0  # a worker goes on writing live snapshots for so long after the last poll
RETRY_SECONDS = 1.0  # after the store did not answer
# WebSocket close codes.
FAILED, VIEWER_LIMIT, TOO_LONG, FOREIGN_ORIGIN, NO_SUCH_RUN = 1011, 1013, 1009, 4403, 4404
MAX_VIEWERS = 500  # of all runs together
MAX_REQUEST = 200  # characters
MAX_REASON = 120  # bytes; the protocol allows 123

# Commands in words, where their names are not.
PHRASES = {"lr": "change the learning rate of", "speed": "change the speed of", "step": "advance"}

log = logging.getLogger(__name__)


class Update(NamedTuple):
    """What one poll of the store found."""

    run: Run
    lr: float | None
    speed: float | None
    last_obeyed: int  # the id of a command
    points: list[Point]
    estimates: list[AccuracyEstimate]
    epochs: list[dict[str, Any]]
    snapshot: dict[str, Any] | None  # as wire.snapshot_header; None: no newer one
    tiles: bytes
    connections: bytes  # empty: the last ones are recent enough


class Channel:
    """One watched run: its current state, shared by all viewers."""

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        self.run: Run | None = None
        self.lr: float | None = None  # set while the run trained
        self.speed: float | None = None  # likewise
        self.last_obeyed = 0
        self.points: list[Point] = []
        self.estimates: list[AccuracyEstimate] = []
        self.epochs: list[dict[str, Any]] = []
        self.snapshot: dict[str, Any] | None = None
        self.tiles = self.connections = b""
        self.version = 0
        self.gone_message = ""  # why the run no longer exists
        self.changed = asyncio.Condition()
        self.last_active = time.monotonic()  # when a viewer last came or acknowledged
        self._watch_renewed = self._connections_packed = 0.0

    async def follow(self) -> None:
        """Poll the store until the run is gone, and notify the viewers of updates."""
        while not self.gone_message:
            try:
                update = await asyncio.to_thread(self._poll)
            except UserError as error:
                self.gone_message, update = str(error), None
            except SQLAlchemyError as error:  # busy: viewers keep the last snapshot
                log.warning("The store did not answer: %s", error)
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if update:
                self._apply(update)
            if update or self.gone_message:
                self.version += 1
                async with self.changed:
                    self.changed.notify_all()
            is_training = self.run and self.run.state in (State.QUEUED, State.RUNNING)
            await asyncio.sleep(
                ACTIVE_INTERVAL if is_training and self._has_active_viewer() else IDLE_INTERVAL
            )

    def _poll(self) -> Update | None:
        """Read what is new, in a thread; None if nothing is."""
        run = self.store.run(self.run_id)
        renewal_due = time.monotonic() > self._watch_renewed + 1
        if run.state.active and renewal_due and self._has_active_viewer():
            self.store.watch(self.run_id, WATCH_SECONDS)
            self._watch_renewed = time.monotonic()
        last_step = self.snapshot["step"] if self.snapshot else -1
        snapshot = self.store.newest_snapshot(self.run_id, last_step)
        if run == self.run and not snapshot:
            return None
        header, tiles, connections = None, b"", b""
        if snapshot:
            sizes = run.spec.sizes
            header = wire.snapshot_header(snapshot, sizes)
            tiles = wire.pack_first_layer(snapshot.parameters, sizes)
            due = time.monotonic() > self._connections_packed + CONNECTIONS_INTERVAL
            if due or run.state is not State.RUNNING:
                connections = wire.pack_connections(snapshot.parameters, sizes)
                self._connections_packed = time.monotonic()
        return Update(
            run,
            self.store.current_setting(self.run_id, "lr"),
            self.store.current_setting(self.run_id, "speed"),
            self.store.last_obeyed(self.run_id),
            self.store.points(self.run_id, self.points[-1].step if self.points else -1),
            self.store.accuracy_estimates(
                self.run_id, self.estimates[-1].step if self.estimates else -1
            ),
            self.store.epochs(self.run_id, len(self.epochs)),
            header,
            tiles,
            connections,
        )

    def _apply(self, update: Update) -> None:
        self.run, self.lr, self.speed = update.run, update.lr, update.speed
        self.last_obeyed = update.last_obeyed
        self.points += update.points
        self.estimates += update.estimates
        self.epochs += update.epochs
        if update.snapshot:
            self.snapshot, self.tiles = update.snapshot, update.tiles
            self.connections = update.connections or self.connections

    def _has_active_viewer(self) -> bool:
        """A hidden tab stays connected but acknowledges nothing; it keeps no worker busy."""
        return time.monotonic() < self.last_active + WATCH_SECONDS

    def message(
        self,
        first_point: int,
        first_estimate: int,
        first_epoch: int,
        with_snapshot: bool,
        with_connections: bool,
    ) -> bytes:
        """The run as it is now, without what the viewer has already."""
        run, points = self.run, self.points[first_point:]
        estimates = self.estimates[first_estimate:]
        assert run
        return wire.pack_message(
            {
                "state": run.state,
                "message": " ".join(filter(None, (run.message, advice(run, self.epochs)))),
                "epoch": run.epoch,
                "epochs": run.spec.epochs,
                "step": run.step,
                "total_steps": run.total_steps,
                "samples_seen": run.samples_seen,
                "seconds": run.seconds,
                "test_accuracy": run.test_accuracy,
                "lr": self.lr,
                "speed": self.speed,
                "last_obeyed": self.last_obeyed,
                "version": assets.VERSION,
                "points": {
                    key: [getattr(point, key) for point in points]
                    for key in ("samples_seen", "loss", "smoothed_loss")
                },
                "accuracy_estimates": {
                    "samples_seen": [estimate.samples_seen for estimate in estimates],
                    "accuracy": [estimate.accuracy for estimate in estimates],
                },
                "estimated_on": "validation" if run.spec.validation_size else "training",
                "new_epochs": self.epochs[first_epoch:],
                "snapshot": self.snapshot if with_snapshot else None,
                "connections": wire.connection_counts(run.spec.sizes) if with_connections else None,
                "sizes": run.spec.sizes,
            },
            self.tiles if with_snapshot else b"",
            self.connections if with_connections else b"",
        )


class Hub:
    """The WebSocket endpoint, with one channel for each run that is watched."""

    def __init__(self, store: Callable[[], RunStore]) -> None:
        self._store = store
        self._channels: dict[str, tuple[Channel, asyncio.Task[None], set[WebSocket]]] = {}

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        if not base_path.is_same_origin(socket.headers):
            await socket.close(FOREIGN_ORIGIN, "Only Digitscope's own pages may watch a run.")
            return
        if sum(len(viewers) for _, _, viewers in self._channels.values()) >= MAX_VIEWERS:
            await socket.close(VIEWER_LIMIT, "Viewer limit reached. Retrying…")
            return
        run_id = socket.path_params["run"]
        if run_id not in self._channels:
            channel = Channel(self._store(), run_id)
            self._channels[run_id] = channel, asyncio.create_task(channel.follow()), set()
        channel, following, viewers = self._channels[run_id]
        viewers.add(socket)
        channel.last_active = time.monotonic()
        acknowledged = asyncio.Event()
        visitor = visitor_of(socket.cookies)
        # Receiving all the time notices a closed tab even when there is nothing to send.
        tasks = [
            asyncio.create_task(_send(channel, socket, acknowledged)),
            asyncio.create_task(_receive(channel, socket, acknowledged, visitor)),
        ]
        try:
            await asyncio.wait([*tasks, following], return_when=asyncio.FIRST_COMPLETED)
            if following.done() and channel.gone_message:
                await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
            elif following.done():
                log.error(
                    "Run %s can no longer be followed.", run_id, exc_info=following.exception()
                )
                self._channels.pop(run_id, None)
                await socket.close(FAILED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            viewers.discard(socket)
            if not viewers:
                following.cancel()
                if self._channels.get(run_id, (None,))[0] is channel:
                    del self._channels[run_id]


async def _send(channel: Channel, socket: WebSocket, acknowledged: asyncio.Event) -> None:
    """Send the newest state, wait for the acknowledgment, and send again when it has changed."""
    version = point_count = estimate_count = epoch_count = 0
    snapshot, connections = None, b""
    while True:
        async with channel.changed:
            sent = version
            await channel.changed.wait_for(lambda: channel.version > sent)  # noqa: B023
        if channel.gone_message:
            reason = channel.gone_message.encode()[:MAX_REASON].decode(errors="ignore")
            await socket.close(NO_SUCH_RUN, reason)
            return
        message = channel.message(
            point_count,
            estimate_count,
            epoch_count,
            channel.snapshot is not snapshot,
            channel.connections is not connections,
        )
        version = channel.version
        point_count, estimate_count = len(channel.points), len(channel.estimates)
        epoch_count = len(channel.epochs)
        snapshot, connections = channel.snapshot, channel.connections
        acknowledged.clear()
        await socket.send_bytes(message)
        await acknowledged.wait()


async def _receive(
    channel: Channel, socket: WebSocket, acknowledged: asyncio.Event, visitor: Visitor
) -> None:
    """Take acknowledgments and requests until the viewer leaves."""
    async for text in socket.iter_text():
        channel.last_active = time.monotonic()
        if text == wire.DRAWN:
            acknowledged.set()
            continue
        if len(text) > MAX_REQUEST:
            await socket.close(TOO_LONG)
            return
        try:
            request_id, request, value = wire.unpack_request(text)
        except ValueError:
            message = "The server did not understand this request. Reload the page."
            await socket.send_json({"id": None, "error": message})
            continue
        response = await asyncio.to_thread(
            _respond, channel.store, channel.run_id, request, value, visitor
        )
        await socket.send_json({"id": request_id} | response)


def _respond(
    store: RunStore, run_id: str, request: Any, value: Any, visitor: Visitor
) -> dict[str, Any]:
    """Carry out a visitor's request → the response without its id."""
    try:
        if request == wire.RANDOM_IMAGE:
            return _random_image(store, run_id)
        if request not in COMMAND_KINDS:
            return {"error": f"There is no command {request!r}."}
        if not visitor.may_control(store.run(run_id)):
            who = "the visitor who started this run, or the server's owner,"
            return {"error": f"Only {who} may {PHRASES.get(request, request)} it."}
        return {"command": send_command(store, run_id, request, value)}
    except FieldError as error:
        return {"error": error.rule, "field": error.field}
    except UserError as error:
        return {"error": str(error)}
    except (SQLAlchemyError, OSError) as error:
        log.warning("Could not %s run %s: %s", request, run_id, error)
        return {"error": "The database is busy, so nothing was changed. Try again."}


def _random_image(store: RunStore, run_id: str) -> dict[str, Any]:
    """A random test image of the run's dataset."""
    spec = store.run(run_id).spec
    test = sources.load_splits(spec.dataset, spec.validation_size, spec.seed).test
    row = secrets.randbelow(len(test))
    image = base64.b64encode(test.images[row].tobytes()).decode()
    return {"image": image, "label": int(test.labels[row])}


hub = Hub(shared_store.store)
route = WebSocketRoute("/live/{run}", hub.endpoint)
