"""The live hub: reads each watched run once, packs each frame once, sends it to every viewer.

A message is one binary WebSocket message: the header's length (uint32, little-endian), the header
(JSON, padded with spaces to a multiple of 4), when the header has a ``frame`` its tiles (see
tiles.pack), and when it has ``lines`` those (see net.pack). The viewer draws it and answers with a
text; only then is the next one sent, always the newest: a slow viewer skips frames and slows
nobody. Loss points and epochs are never skipped.
What a viewer asks for is a text of JSON, {"ask": …, "value": …}: a command (see
RunStore.command), or "digit": a test picture sent through the network as it is shown. Answers are
texts of JSON too: {"refusal": sentence} or {"digit": …}.
"""

from __future__ import annotations

import asyncio
import json
import logging
import secrets
import time
from collections.abc import Callable
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from sqlalchemy.exc import SQLAlchemyError
from starlette.routing import WebSocketRoute
from starlette.websockets import WebSocket

from nn.analysis.predictions.activations import node_activations
from nn.data import sources
from nn.errors import UserError
from nn.runs.advice import advice
from nn.runs.store.store import Point, Run, RunStore, State
from nn.runs.worker.process import COMMAND_KINDS, send_command
from pages.server import film, pack_network, pack_tiles, shared_store, visitor

BUSY, IDLE = 1 / 60, 1 / 4  # seconds between two looks into the store: active runs, others
NET_SECONDS = 0.1  # between two frames of which the lines of the net are chosen too
WATCH_SECONDS = 3.0  # a worker goes on writing live frames for so long after the last look
# Close codes: a fault, no more room, too long a question, another site's page, no such run.
FAILED, FULL, TOO_LONG, FOREIGN, GONE = 1011, 1013, 1009, 4403, 4404
MOST_VIEWERS = 500  # of all runs together
LONGEST_QUESTION = 200  # characters

DRAWN = "drawn"  # a viewer's answer to a message

log = logging.getLogger(__name__)


class News(NamedTuple):
    """What one look into the store found."""

    run: Run
    lr: float | None
    speed: float | None
    points: list[Point]
    epochs: list[dict[str, Any]]
    frame: dict[str, Any] | None
    tiles: bytes
    lines: bytes  # empty: those of the frame before are recent enough


class Channel:
    """One watched run: what was last read of it, for all who watch."""

    def __init__(self, store: RunStore, run_id: str) -> None:
        self.store, self.run_id = store, run_id
        self.run: Run | None = None
        self.lr: float | None = None  # given to the worker while it ran
        self.speed: float | None = None  # likewise
        self.points: list[Point] = []
        self.epochs: list[dict[str, Any]] = []
        self.frame: dict[str, Any] | None = None
        self.tiles = self.lines = b""
        self.version = 0
        self.gone = ""  # the sentence when the run is no more
        self.changed = asyncio.Condition()
        self._watch_renewed = self._lines_chosen = 0.0
        self.heard = time.monotonic()  # when a viewer last came or answered

    async def follow(self) -> None:
        """Look into the store again and again, and wake the viewers when there is news."""
        while not self.gone:
            try:
                news = await asyncio.to_thread(self._look)
            except UserError as error:
                self.gone, news = str(error), None
            except SQLAlchemyError as error:  # busy: whoever watches keeps the last frame
                log.warning("The store did not answer: %s", error)
                await asyncio.sleep(1)
                continue
            if news:
                self.run, self.lr, self.speed = news.run, news.lr, news.speed
                self.points += news.points
                self.epochs += news.epochs
                if news.frame:
                    self.frame, self.tiles = news.frame, news.tiles
                    self.lines = news.lines or self.lines
            if news or self.gone:
                self.version += 1
                async with self.changed:
                    self.changed.notify_all()
            moving = self.run and self.run.state in (State.QUEUED, State.RUNNING)
            await asyncio.sleep(BUSY if moving and self._looked_at() else IDLE)

    def _look(self) -> News | None:
        """Read what is new, in a thread of its own; None when nothing is."""
        run = self.store.run(self.run_id)
        renew = time.monotonic() > self._watch_renewed + 1
        if run.state.active and renew and self._looked_at():
            self.store.watch(self.run_id, WATCH_SECONDS)
            self._watch_renewed = time.monotonic()
        frame = self.store.newest_snapshot(self.run_id, self.frame["step"] if self.frame else -1)
        if run == self.run and not frame:
            return None
        shown, packed, lines = None, b"", b""
        if frame:
            sizes = run.spec.sizes
            shown = film.shown(frame, sizes)
            packed = pack_tiles.pack(frame.parameters, sizes)
            due = time.monotonic() > self._lines_chosen + NET_SECONDS
            if due or run.state is not State.RUNNING:
                lines = pack_network.pack(frame.parameters, sizes)
                self._lines_chosen = time.monotonic()
        return News(
            run,
            self.store.current_setting(self.run_id, "lr"),
            self.store.current_setting(self.run_id, "speed"),
            self.store.points(self.run_id, self.points[-1].step if self.points else -1),
            self.store.epochs(self.run_id, len(self.epochs)),
            shown,
            packed,
            lines,
        )

    def _looked_at(self) -> bool:
        """A hidden tab stays connected but answers nothing: for it alone nothing is read."""
        return time.monotonic() < self.heard + WATCH_SECONDS

    def message(
        self, points_from: int, epochs_from: int, tiles_too: bool, lines_too: bool
    ) -> bytes:
        """Everything but the points, epochs, tiles and lines a viewer has already."""
        run, points = self.run, self.points[points_from:]
        assert run
        return film.packed(
            {
                "state": run.state,
                "message": " ".join(filter(None, (run.message, advice(run, self.epochs)))),
                "epoch": run.epoch,
                "epochs": run.spec.epochs,
                "step": run.step,
                "steps": run.total_steps,
                "samples_seen": run.samples_seen,
                "seconds": run.seconds,
                "test_accuracy": run.test_accuracy,
                "lr": self.lr,
                "speed": self.speed,
                "points": {
                    key: [getattr(point, key) for point in points]
                    for key in ("samples_seen", "loss", "smoothed_loss")
                },
                "new_epochs": self.epochs[epochs_from:],
                "frame": self.frame if tiles_too else None,
                "lines": pack_network.shown(run.spec.sizes) if lines_too else None,
                "sizes": run.spec.sizes,
            },
            self.tiles if tiles_too else b"",
            self.lines if lines_too else b"",
        )


class Hub:
    """The WebSocket endpoint, and a channel for each run while somebody watches it."""

    def __init__(self, store: Callable[[], RunStore]) -> None:
        self._store = store
        self._channels: dict[str, tuple[Channel, asyncio.Task[None], set[WebSocket]]] = {}

    async def endpoint(self, socket: WebSocket) -> None:
        await socket.accept()
        if urlsplit(socket.headers.get("origin", "")).netloc != socket.headers.get("host"):
            await socket.close(FOREIGN, "Only Digitscope's own pages may watch.")
            return
        if sum(len(viewers) for _, _, viewers in self._channels.values()) >= MOST_VIEWERS:
            await socket.close(FULL, "Too many are watching. It tries again by itself.")
            return
        run_id = socket.path_params["run"]
        if run_id not in self._channels:
            channel = Channel(self._store(), run_id)
            self._channels[run_id] = channel, asyncio.create_task(channel.follow()), set()
        channel, following, viewers = self._channels[run_id]
        viewers.add(socket)
        channel.heard = time.monotonic()
        answered = asyncio.Event()
        # Hearing all the while, so that a closed tab is noticed even when there is no news.
        tasks = [
            asyncio.create_task(_send(channel, socket, answered)),
            asyncio.create_task(_hear(channel, socket, answered, visitor.of(socket.cookies))),
        ]
        try:
            await asyncio.wait([*tasks, following], return_when=asyncio.FIRST_COMPLETED)
            if following.done() and channel.gone:
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


async def _send(channel: Channel, socket: WebSocket, answered: asyncio.Event) -> None:
    """Send the newest, wait for the answer, and again whenever there is news."""
    seen = points = epochs = 0
    frame, lines = None, b""
    while True:
        async with channel.changed:
            await channel.changed.wait_for(lambda seen=seen: channel.version > seen)
        if channel.gone:
            # The protocol has room for 123 bytes.
            await socket.close(GONE, channel.gone.encode()[:120].decode(errors="ignore"))
            return
        message = channel.message(
            points, epochs, channel.frame is not frame, channel.lines is not lines
        )
        seen, points, epochs = channel.version, len(channel.points), len(channel.epochs)
        frame, lines = channel.frame, channel.lines
        answered.clear()
        await socket.send_bytes(message)
        await answered.wait()


async def _hear(channel: Channel, socket: WebSocket, answered: asyncio.Event, who: str) -> None:
    while True:
        text = await socket.receive_text()
        if len(text) > LONGEST_QUESTION:
            await socket.close(TOO_LONG)
            return
        channel.heard = time.monotonic()
        if text == DRAWN:
            answered.set()
            continue
        answer = await asyncio.to_thread(_answer, channel.store, channel.run_id, text, who)
        if answer:
            await socket.send_text(json.dumps(answer))


def _answer(store: RunStore, run_id: str, text: str, who: str) -> dict[str, Any] | None:
    """Do what a viewer asks for, ``who`` being the visitor; None: there is nothing to say of it."""
    try:
        asked = json.loads(text)
        what, value = asked["ask"], asked.get("value")
    except (ValueError, TypeError, KeyError, AttributeError):
        return {"refusal": "That was no question this page can answer. Reload it."}
    try:
        if what == "digit":
            return {"digit": _digit(store, run_id)}
        if what not in COMMAND_KINDS:
            return {"refusal": f"There is no command {what!r}."}
        if not who or store.run(run_id).owner != who:
            return {"refusal": f"Only who started this run may {what} it."}
        send_command(store, run_id, what, value)
    except UserError as error:
        return {"refusal": str(error)}
    except (SQLAlchemyError, OSError) as error:
        log.warning("Could not %s run %s: %s", what, run_id, error)
        return {"refusal": f"Could not {what}: the store did not answer. Try again."}
    return None


def _digit(store: RunStore, run_id: str) -> dict[str, Any]:
    """A test picture at random, and what every node of the newest frame's network says to it."""
    run, frame = store.run(run_id), store.newest_snapshot(run_id)
    if not frame:
        raise UserError("There is no network to send a digit through yet.")
    spec = run.spec
    test = sources.load(spec.dataset, spec.validation_size, spec.seed).test
    chosen = secrets.randbelow(len(test))
    network = spec.network()
    network.parameters[...] = frame.parameters
    columns = node_activations(network, test.images[chosen])
    return {
        "step": frame.step,
        "truth": int(test.labels[chosen]),
        "columns": [column.round(4).tolist() for column in columns],
    }


hub = Hub(shared_store.store)
route = WebSocketRoute("/live/{run}", hub.endpoint)
