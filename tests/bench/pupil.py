"""A scripted pupil: fetches the page, starts a run, watches it, and draws digits while it trains.

It uses the server's routes and sockets as a browser does, and shows nothing.
"""

from __future__ import annotations

import asyncio
import base64
import http.client
import io
import json
import random
import re
import struct
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

from websockets.asyncio.client import ClientConnection, connect

from nn.data.synthetic.render_strokes import Strokes, render
from pages.server import assets, drawing
from pages.server.visitor_cookie import COOKIE
from tests.browser.hand import people

SETTINGS = {"hidden": "64", "epochs": 2, "validation_size": 6000}
DIGITS = 5  # that a pupil draws in each round
LOOKS = 8  # images of the canvas that a browser sends while one digit is drawn
PEN_SECONDS = 0.08  # between two of them
THINK_SECONDS = 2.0  # between two actions, on average
WATCH_SECONDS = 90.0  # until the pupil gives up waiting for the end of the run
FRAME_SECONDS = 1 / 30  # that a browser takes to draw a frame


@dataclass
class Seen:
    """What all pupils together have experienced."""

    actions: dict[str, int] = field(default_factory=dict)  # answered, by kind
    failures: list[str] = field(default_factory=list)
    answers: list[float] = field(default_factory=list)  # seconds until a drawing's bars are there
    frames: int = 0

    def answered(self, kind: str) -> None:
        self.actions[kind] = self.actions.get(kind, 0) + 1


class Pupil:
    def __init__(self, url: str, number: int, seen: Seen) -> None:
        self.url, self.seen = url, seen
        self.rng = random.Random(number)
        self.headers: dict[str, str] = {"Origin": url}
        self.run_id = ""

    async def work(self, seconds: float) -> None:
        """Go through rounds until the time is over."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                await self.round(end)
            except Exception as error:
                self.seen.failures.append(f"{type(error).__name__}: {error}"[:300])
            await self.think()

    async def round(self, end: float) -> None:
        await asyncio.to_thread(self.open_page)
        await self.think()
        await asyncio.to_thread(self.start)
        async with connect(self._socket("live"), additional_headers=self.headers) as socket:
            watching = asyncio.create_task(self.watch(socket))
            try:
                await self.draw()
                with suppress(TimeoutError):
                    async with asyncio.timeout(min(WATCH_SECONDS, end - time.monotonic())):
                        await asyncio.shield(watching)
            finally:
                if not watching.done():  # press Stop
                    request = {"id": 1, "run": self.run_id, "request": "stop"}
                    await socket.send(json.dumps(request))
                    await watching

    async def think(self) -> None:
        await asyncio.sleep(self.rng.uniform(0, 2 * THINK_SECONDS))

    def open_page(self) -> None:
        """The page and all that it refers to, with the cookie that comes with it."""
        _, headers, page = self._request("GET", "/")
        if cookie := re.search(rf"{COOKIE}=[^;]+", headers.get("set-cookie", "")):
            self.headers["Cookie"] = cookie[0]
        for path in re.findall(r'(?:src|href)="\./([^"]+)"', page.decode()):
            self._request("GET", f"/{path}")
        self.seen.answered("page opened")

    def start(self) -> None:
        body = {"version": assets.VERSION, "key": f"press-{self.rng.getrandbits(64)}"}
        _, _, answer = self._request("POST", "/runs", body | {"settings": SETTINGS})
        self.run_id = json.loads(answer)["run"]
        self.seen.answered("run started")

    async def watch(self, socket: ClientConnection) -> None:
        """Until the run has ended, and said so."""
        await socket.send(json.dumps({"watch": self.run_id}))
        async for message in socket:
            if isinstance(message, str):
                answer = json.loads(message)
                if "error" in answer and "nothing to stop" not in answer["error"]:
                    raise AssertionError(answer)
                if "id" in answer:
                    self.seen.answered("Stop")
                continue
            [length] = struct.unpack_from("<I", message)
            header = json.loads(message[4 : 4 + length])
            self.seen.frames += 1
            if header["state"] not in ("queued", "running"):
                assert header["state"] in ("finished", "stopped"), header
                self.seen.answered(f"run {header['state']}")
                return
            await asyncio.sleep(FRAME_SECONDS)
            await socket.send(json.dumps({"drawn": self.run_id}))
        raise AssertionError("The server has closed the socket.")

    async def draw(self) -> None:
        """Digits, each with images of the canvas while the pen moves."""
        async with connect(self._socket("predict"), additional_headers=self.headers) as socket:
            for _, strokes in self.rng.sample(DRAWINGS, DIGITS):
                for look in range(1, LOOKS + 1):
                    image = await asyncio.to_thread(canvas, strokes, look / LOOKS)
                    began = time.monotonic()
                    request = {"id": look, "images": [{"png": image}], "models": [["", 0]]}
                    await socket.send(json.dumps(request))
                    answer = json.loads(await socket.recv())
                    self.seen.answers.append(time.monotonic() - began)
                    assert answer["id"] == look and "predictions" in answer["models"][0], answer
                    await asyncio.sleep(PEN_SECONDS)
                self.seen.answered("digit drawn")
                await self.think()

    def _socket(self, path: str) -> str:
        return f"{self.url.replace('http', 'ws')}/{path}"

    def _request(
        self, method: str, path: str, body: Mapping[str, Any] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Raises AssertionError for an error."""
        address = urlsplit(self.url)
        connection = http.client.HTTPConnection(address.hostname or "", address.port, timeout=60)
        try:
            connection.request(method, path, json.dumps(body) if body else None, self.headers)
            response = connection.getresponse()
            data = response.read()
        finally:
            connection.close()
        assert response.status == 200, f"{method} {path}: {response.status} {data[:200]!r}"
        headers = {name.lower(): value for name, value in response.getheaders()}
        return response.status, headers, data


DRAWINGS = people(100)


def canvas(strokes: Strokes, share: float) -> str:
    """The canvas in Base64 when a share of the drawing is there."""
    points = max(2, round(share * sum(map(len, strokes))))
    begun: list[Sequence[tuple[float, float]]] = []
    for path in strokes:
        if points > 0:
            begun.append(path[:points])
            points -= len(path)
    file = io.BytesIO()
    sheet = render(begun).convert("RGB").resize((drawing.SIDE, drawing.SIDE))
    sheet.save(file, "PNG")
    return base64.b64encode(file.getvalue()).decode()
