"""The live hub: polls all watched runs together, packs each snapshot once, sends it to all viewers.

pages.server.wire describes the messages. A viewer is a page, with one WebSocket for all the runs
that it shows. Viewers of a run share one channel; a slow one skips snapshots without slowing the
others down.
"""

from __future__ import annotations

import asyncio
import base64
import logging
import math
import secrets
import time
from collections.abc import Callable, Sequence
from contextlib import suppress
from typing import Any, NamedTuple

from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from nn.data import sources
from nn.errors import FieldError, UserError
from nn.runs.advice import advice
from nn.runs.store import outage
from nn.runs.store.checksum import DamagedError
from nn.runs.store.store import AccuracyEstimate, Point, Run, RunStore, State
from nn.runs.worker.process import COMMAND_KINDS, resume_race, send_command
from pages.server import assets, runs_api, shared_store, wire
from pages.server.budget import (
    COMMAND_SECONDS,
    FIRST_READ_SECONDS,
    VIEWER_LIMIT,
    TooMuch,
    budget,
    client_of,
)
from pages.server.visitor import Visitor, visitor_of
from pages.server.wire import Wish

# Seconds between two polls of a run that trains, that may change soon, and of any other.
ACTIVE_INTERVAL, IDLE_INTERVAL, SLOW_INTERVAL = 1 / 60, 1 / 4, 1.0
CONNECTIONS_INTERVAL = 0.1  # seconds between two snapshots sent with their connections
WATCH_SECONDS = 3.0  # a worker goes on writing live snapshots for so long after the last poll
WATCH_RENEWAL = 1.0  # seconds between two renewals
SLOW_RATE = 8  # messages a second up to which live snapshots are asked for one by one
NEXT_IN_LINE = 8  # queued runs that may begin to train before the next renewal
RETRY_SECONDS = 1.0  # after the store did not answer
TOO_LONG = 1009  # a WebSocket's close code
MAX_VIEWERS = 500
MAX_RUNS = 100  # that one viewer may watch
MAX_LENGTH = 200  # characters of what a viewer sends
MAX_REQUESTS = 100  # of a viewer, waiting to be carried out

# Commands in words, where their names are not.
PHRASES = {
    "lr": "change the learning rate of",
    "speed": "change the speed of",
    "step": "advance",
    wire.RESUME_RACE: "resume",
}
TOO_MANY_RUNS = (
    f"This page already shows {MAX_RUNS} runs live, and more would make it slow. Show fewer runs, "
    "then reload the page."
)
OUTAGE = (
    "The database does not answer, so nothing new is shown. Training goes on, and is recorded as "
    "soon as it answers."
)
BROKEN = (
    "This run cannot be shown because of an error, which is in the server's log. Reload the page "
    "to try again."
)

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
    connections: bytes  # empty: not wanted, or the last ones are recent enough


class Ended(NamedTuple):
    """Why a run is not watched any more, as pages.server.wire describes it."""

    key: str  # "gone" or "problem"
    message: str


class Channel:
    """One watched run: its current state, shared by all viewers."""

    def __init__(self, run_id: str) -> None:
        self.run_id = run_id
        self.viewers: dict[Viewer, Watch] = {}
        self.run: Run | None = None
        self.outage = ""  # why nothing new comes, while the store does not answer
        self.lr: float | None = None  # set while the run trained
        self.speed: float | None = None  # likewise
        self.last_obeyed = 0
        self.points: list[Point] = []
        self.estimates: list[AccuracyEstimate] = []
        self.epochs: list[dict[str, Any]] = []
        self.snapshot: dict[str, Any] | None = None
        self.tiles = self.connections = b""
        self.connections_step = -1  # of the snapshot that they belong to
        self.version = 0
        self.next_poll = 0.0
        self._watch_renewed = self._connections_packed = 0.0

    def wants_renewal(self, run: Run) -> bool:
        """Whether it is time to ask for live snapshots again."""
        may_train = run.state.active and run.queue_position <= NEXT_IN_LINE
        pause = 1 / self.rate() if self.is_slow() else WATCH_RENEWAL
        is_due = time.monotonic() > self._watch_renewed + pause
        return may_train and is_due and self._has_active_viewer()

    def renewed(self) -> None:
        self._watch_renewed = time.monotonic()

    def rate(self) -> float:
        """Messages a second that a viewer wants at most."""
        rates = [watch.wish.rate or math.inf for watch in tuple(self.viewers.values())]
        return max(rates, default=math.inf)

    def is_slow(self) -> bool:
        """Whether a worker that writes as many live snapshots as it can writes them in vain."""
        return self.rate() <= SLOW_RATE

    def read(self, store: RunStore, run: Run, newest_step: int) -> Update | None:
        """Read what is new, in a thread; None if nothing is."""
        shown = self.snapshot["step"] if self.snapshot else -1
        wants_connections = any(watch.wish.connections for watch in tuple(self.viewers.values()))
        may_wait = run.state is State.RUNNING and self.connections  # for the next snapshot
        if wants_connections and self.connections_step != shown and not may_wait:
            shown = -1
        if run == self.run and newest_step in (-1, shown):
            return None
        header, tiles, connections = None, b"", b""
        if snapshot := store.newest_snapshot(self.run_id, shown):
            sizes = run.spec.sizes
            header = wire.snapshot_header(snapshot, sizes)
            tiles = wire.pack_first_layer(snapshot.parameters, sizes)
            due = time.monotonic() > self._connections_packed + CONNECTIONS_INTERVAL
            if wants_connections and (due or not may_wait):
                connections = wire.pack_connections(snapshot.parameters, sizes)
                self._connections_packed = time.monotonic()
        return Update(
            run,
            store.current_setting(self.run_id, "lr"),
            store.current_setting(self.run_id, "speed"),
            store.last_obeyed(self.run_id),
            store.points(self.run_id, self.points[-1].step if self.points else -1),
            store.accuracy_estimates(
                self.run_id, self.estimates[-1].step if self.estimates else -1
            ),
            store.epochs(self.run_id, len(self.epochs)),
            header,
            tiles,
            connections,
        )

    def apply(self, update: Update) -> None:
        self.run, self.lr, self.speed = update.run, update.lr, update.speed
        self.last_obeyed = update.last_obeyed
        self.points += update.points
        self.estimates += update.estimates
        self.epochs += update.epochs
        if update.snapshot:
            self.snapshot, self.tiles = update.snapshot, update.tiles
        if update.snapshot and update.connections:
            self.connections, self.connections_step = update.connections, update.snapshot["step"]
        self.version += 1

    def interval(self) -> float:
        """Seconds until the next poll: few while the run trains or is about to, and no fewer than
        the viewers have a use for. There may be many runs that have ended, or are far back in the
        queue."""
        run = self.run
        if not (run and run.state.active and run.queue_position <= NEXT_IN_LINE):
            return SLOW_INTERVAL
        if run.state is State.PAUSED or run.queue_position or not self._has_active_viewer():
            return IDLE_INTERVAL
        return min(IDLE_INTERVAL, max(ACTIVE_INTERVAL, 0.5 / self.rate()))

    def _has_active_viewer(self) -> bool:
        """A hidden tab stays connected but acknowledges nothing; it keeps no worker busy."""
        recent = time.monotonic() - WATCH_SECONDS
        return any(viewer.last_active > recent for viewer in tuple(self.viewers))


class Watch:
    """One viewer of a channel: what it wants, and what it has already."""

    def __init__(self, channel: Channel) -> None:
        self.channel = channel
        self.wish = Wish()
        self.ended: Ended | None = None
        self.is_drawn = True  # the last message
        self.next_send = 0.0  # before then, the viewer wants no message
        self._is_first = True  # the next message
        self._version = 0  # of the channel: sent already
        self._points = self._estimates = self._epochs = 0  # likewise
        self._snapshot: dict[str, Any] | None = None
        self._connections = b""

    def change(self, wish: Wish) -> None:
        """Take a new wish; the next message, with what it adds, is sent soon."""
        if wish.tiles != self.wish.tiles:
            self._snapshot = None
        self.wish = wish
        self._version = 0
        self.next_send = self.channel.next_poll = 0.0

    def end(self, ended: Ended) -> None:
        self.ended = ended
        self.next_send = 0.0

    @property
    def has_news(self) -> bool:
        return bool(self.ended) or (self.is_drawn and self.channel.version > self._version)

    def next_message(self) -> bytes:
        """The run as it is now, without what the viewer has already."""
        channel, wish, run = self.channel, self.wish, self.channel.run
        assert run
        points = channel.points[self._points :] if wish.points else []
        estimates = channel.estimates[self._estimates :]
        snapshot, tiles, connections = None, b"", None
        if channel.snapshot and channel.snapshot is not self._snapshot:
            neurons = channel.snapshot["neurons"]
            count = neurons if wish.tiles is None else min(neurons, wish.tiles)
            snapshot = channel.snapshot | {"neurons": count}
            tiles = wire.first_tiles(channel.tiles, neurons, count)
        if wish.connections and channel.connections is not self._connections:
            connections = wire.connection_counts(run.spec.sizes)
        message = wire.pack_message(
            {
                "run": channel.run_id,
                "first": self._is_first,
                "state": run.state,
                "message": channel.outage
                or " ".join(filter(None, (run.message, advice(run, channel.epochs)))),
                "epoch": run.epoch,
                "epochs": run.spec.epochs,
                "step": run.step,
                "total_steps": run.total_steps,
                "samples_seen": run.samples_seen,
                "seconds": run.seconds,
                "test_accuracy": run.test_accuracy,
                "lr": channel.lr,
                "speed": channel.speed,
                "last_obeyed": channel.last_obeyed,
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
                "new_epochs": channel.epochs[self._epochs :],
                "snapshot": snapshot,
                "connections": connections,
                "sizes": run.spec.sizes,
            },
            tiles,
            channel.connections if connections else b"",
        )
        self.is_drawn = self._is_first = False
        self._version = channel.version
        self.next_send = time.monotonic() + (1 / wish.rate if wish.rate else 0)
        self._estimates, self._epochs = len(channel.estimates), len(channel.epochs)
        self._snapshot = channel.snapshot
        if wish.points:
            self._points = len(channel.points)
        if connections:
            self._connections = channel.connections
        return message


class Viewer:
    """A page that watches runs."""

    def __init__(self, socket: WebSocket) -> None:
        self.socket = socket
        self.visitor, self.client = visitor_of(socket.cookies), client_of(socket)
        self.watches: dict[str, Watch] = {}  # by the run's id
        self.changed = asyncio.Event()  # there may be something to send
        self.requests = asyncio.Queue[dict[str, Any]](MAX_REQUESTS)
        self.last_active = time.monotonic()  # when it came, or last sent something

    async def send(self) -> None:
        """Send what is new about any run, that which waits longest first."""
        while True:
            self.changed.clear()
            waiting = [watch for watch in self.watches.values() if watch.has_news]
            watch = min(waiting, key=lambda each: each.next_send, default=None)
            wait = watch.next_send - time.monotonic() if watch else None
            if not watch or (wait and wait > 0):
                with suppress(TimeoutError):
                    async with asyncio.timeout(wait):
                        await self.changed.wait()
            elif watch.ended:
                run_id, (key, message) = watch.channel.run_id, watch.ended
                del self.watches[run_id]
                await self.socket.send_json({"run": run_id, key: message})
            else:
                began = time.thread_time()  # a busy machine costs nobody more
                packed = watch.next_message()
                await budget.spend(self.client, time.thread_time() - began)
                await self.socket.send_bytes(packed)


class Hub:
    """The WebSocket endpoint, with one channel for each run that is watched."""

    def __init__(self, store: Callable[[], RunStore]) -> None:
        self._store = store
        self._viewers: set[Viewer] = set()
        self._channels: dict[str, Channel] = {}
        self._polling: asyncio.Task[None] | None = None
        self._poll_now = asyncio.Event()

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        if len(self._viewers) >= MAX_VIEWERS:
            reason = f"Viewer limit reached: {MAX_VIEWERS} pages are open. Retrying…"
            await socket.close(VIEWER_LIMIT, reason)
            return
        viewer = Viewer(socket)
        self._viewers.add(viewer)
        # Receiving all the time notices a closed tab even when there is nothing to send.
        tasks = [
            asyncio.create_task(each)
            for each in (viewer.send(), self._receive(viewer), self._respond(viewer))
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            self._viewers.discard(viewer)
            for run_id in tuple(viewer.watches):
                self._unwatch(viewer, run_id)

    async def _receive(self, viewer: Viewer) -> None:
        """Take wishes, acknowledgments and requests until the viewer leaves."""
        async for text in viewer.socket.iter_text():
            viewer.last_active = time.monotonic()
            if len(text) > MAX_LENGTH:
                await viewer.socket.close(TOO_LONG)
                return
            try:
                received = wire.unpack_text(text)
                if wire.WATCH in received:
                    wish = wire.unpack_wish(received)
                    await budget.spend(viewer.client, FIRST_READ_SECONDS)
                    self._watch(viewer, received[wire.WATCH], wish)
            except ValueError:
                message = "The server did not understand this request. Reload the page."
                await viewer.socket.send_json({"id": None, "error": message})
                continue
            if wire.UNWATCH in received:
                self._unwatch(viewer, received[wire.UNWATCH])
            elif watch := viewer.watches.get(received.get(wire.DRAWN, "")):
                watch.is_drawn = True
                viewer.changed.set()
            elif "request" in received:
                await viewer.requests.put(received)

    async def _respond(self, viewer: Viewer) -> None:
        """Carry out the viewer's requests in order, while it sends other things."""
        while True:
            received = await viewer.requests.get()
            if received["request"] != wire.RANDOM_IMAGE:
                await budget.spend(viewer.client, COMMAND_SECONDS)
            try:
                response = await budget.run(
                    viewer.client, _response_to, received, self._store, viewer.visitor
                )
            except TooMuch as error:
                response = {"error": str(error)}
            await viewer.socket.send_json({"id": received["id"]} | response)
            if channel := self._channels.get(received["run"]):  # something may have changed
                channel.next_poll = 0.0
                self._poll_now.set()

    def _watch(self, viewer: Viewer, run_id: str, wish: Wish) -> None:
        watch = viewer.watches.get(run_id)
        if not watch and len(viewer.watches) >= MAX_RUNS:
            watch = viewer.watches[run_id] = Watch(Channel(run_id))
            watch.end(Ended("problem", TOO_MANY_RUNS))
        elif not watch:
            channel = self._channels.setdefault(run_id, Channel(run_id))
            watch = viewer.watches[run_id] = channel.viewers[viewer] = Watch(channel)
        watch.change(wish)
        viewer.changed.set()
        self._poll_now.set()
        if self._channels and (not self._polling or self._polling.done()):
            self._polling = asyncio.create_task(self._poll())

    def _unwatch(self, viewer: Viewer, run_id: str) -> None:
        watch = viewer.watches.pop(run_id, None)
        if not watch:
            return
        watch.channel.viewers.pop(viewer, None)
        if not watch.channel.viewers and self._channels.get(run_id) is watch.channel:
            del self._channels[run_id]

    async def _poll(self) -> None:
        """Poll the store for all watched runs that are due, and let their viewers know of news."""
        while self._channels:
            self._poll_now.clear()
            now = time.monotonic()
            if due := [each for each in self._channels.values() if each.next_poll <= now]:
                for channel in due:
                    channel.next_poll = now + IDLE_INTERVAL
                try:
                    found = await asyncio.to_thread(_read, self._store(), due)
                except (SQLAlchemyError, UserError) as error:  # busy, or it cannot be opened
                    log.warning("The store did not answer: %s", error)
                    self._set_outage(OUTAGE)
                    await asyncio.sleep(RETRY_SECONDS)
                    continue
                self._set_outage("")
                self._apply(due, found)
            next_poll = min((each.next_poll for each in self._channels.values()), default=0.0)
            with suppress(TimeoutError):
                async with asyncio.timeout(max(0.0, next_poll - time.monotonic())):
                    await self._poll_now.wait()

    def _set_outage(self, message: str) -> None:
        for channel in self._channels.values():
            if channel.run and channel.run.state.active and channel.outage != message:
                channel.outage = message
                channel.version += 1
                for viewer in channel.viewers:
                    viewer.changed.set()

    def _apply(self, due: Sequence[Channel], found: dict[Channel, Update | Ended]) -> None:
        for channel in due:
            news = found.get(channel)
            if isinstance(news, Ended):
                for watch in channel.viewers.values():
                    watch.end(news)
                if self._channels.get(channel.run_id) is channel:
                    del self._channels[channel.run_id]
            elif news:
                channel.apply(news)
            if news:
                for viewer in channel.viewers:
                    viewer.changed.set()
            if channel.next_poll:  # no new wish has come meanwhile
                # At multiples of the interval, so that one query is for all that are due.
                interval = channel.interval()
                channel.next_poll = (time.monotonic() // interval + 1) * interval


def _read(store: RunStore, channels: Sequence[Channel]) -> dict[Channel, Update | Ended]:
    """What is new of these runs, in a thread. Raises SQLAlchemyError."""
    found: dict[Channel, Update | Ended] = {}
    present = store.present([channel.run_id for channel in channels])
    runs = {key: run for key, (run, _) in present.items() if isinstance(run, Run)}
    renewed = [
        each for each in channels if each.run_id in runs and each.wants_renewal(runs[each.run_id])
    ]
    if slow := [each.run_id for each in renewed if each.is_slow()]:
        store.request_live_snapshot(slow)
    if fast := [each.run_id for each in renewed if not each.is_slow()]:
        store.watch(fast, WATCH_SECONDS)
    for channel in renewed:
        channel.renewed()
    for channel in channels:
        run, newest_step = present.get(channel.run_id, (None, -1))
        if not run:
            message = f"There is no run {channel.run_id!r}. It may have been deleted."
            found[channel] = Ended("gone", message)
            continue
        if isinstance(run, UserError):
            found[channel] = Ended("problem", str(run))
            continue
        try:
            if update := channel.read(store, run, newest_step):
                found[channel] = update
        except SQLAlchemyError:
            raise
        except DamagedError as error:
            found[channel] = Ended("problem", str(error))
        except UserError:  # the snapshot was deleted just now; the next poll finds another
            pass
        except Exception:
            log.exception("Run %s can no longer be followed.", channel.run_id)
            found[channel] = Ended("problem", BROKEN)
    return found


def _response_to(
    received: dict[str, Any], open_store: Callable[[], RunStore], visitor: Visitor
) -> dict[str, Any]:
    """Carry out a visitor's request → the response without its id."""
    run_id, request = received["run"], received["request"]
    try:
        store = open_store()
        if request == wire.RANDOM_IMAGE:
            return _random_image(store, run_id)
        if request not in (*COMMAND_KINDS, wire.RESUME_RACE):
            return {"error": f"There is no command {request!r}."}
        run = store.run(run_id)
        if not visitor.may_control(run):
            who = "the visitor who started this run, or the server's owner,"
            return {"error": f"Only {who} may {PHRASES.get(request, request)} it."}
        if request in ("resume", wire.RESUME_RACE) and visitor.started(run):
            runs_api.limit_active(store, visitor.id, [run_id])
        if request == wire.RESUME_RACE:
            resume_race(store, run_id)
            return {"command": None}
        return {"command": send_command(store, run_id, request, received.get("value"))}
    except FieldError as error:
        return {"error": error.rule, "field": error.field}
    except (UserError, runs_api.Rejected) as error:
        return {"error": str(error)}
    except SQLAlchemyError as error:
        log.warning("Could not %s run %s: %s", request, run_id, error)
        reason = outage.for_visitors(error)
        return {"error": f"Nothing was changed. {reason} Then try again."}
    except OSError as error:
        log.warning("Could not %s run %s: %s", request, run_id, error)
        return {"error": "No worker could be started. Try again."}


def _random_image(store: RunStore, run_id: str) -> dict[str, Any]:
    """A random test image of the run's dataset."""
    spec = store.run(run_id).spec
    test = sources.load_splits(spec.dataset, spec.validation_size, spec.seed).test
    row = secrets.randbelow(len(test))
    image = base64.b64encode(test.images[row].tobytes()).decode()
    return {"image": image, "label": int(test.labels[row])}


hub = Hub(shared_store.store)
route = WebSocketRoute("/live", hub.endpoint)
