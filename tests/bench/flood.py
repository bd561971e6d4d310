"""Floods by one visitor: ``python -m tests.bench.flood KIND URL RUN``, until it is killed.

RUN: a run of the visitor that trains. What the server answers is read and forgotten.
"""

from __future__ import annotations

import asyncio
import http.client
import json
import os
import sys
from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from pages.server import assets
from pages.server.visitor_cookie import COOKIE
from tests.bench.pupil import DRAWINGS, SETTINGS, canvas

VISITOR = "flood"
CLIENTS = 5
COMMANDS = 5960  # as many as once held a worker for a minute
CONNECTIONS = 500


class Flood:
    def __init__(self, url: str, run_id: str) -> None:
        self.address, self.run_id = url.partition("://")[2], run_id
        self.headers = {"Origin": url, "Cookie": f"{COOKIE}={VISITOR}"}

    async def test_images(self) -> None:
        await self._ask("live", {"id": 1, "run": self.run_id, "request": "random_image"})

    async def predictions(self) -> None:
        image = {"png": canvas(DRAWINGS[0][1], 1.0)}
        models = [["", 0], [self.run_id, None]]
        await self._ask("predict", {"id": 1, "images": 4 * [image], "models": models})

    async def speed_commands(self) -> None:
        async with connect(
            f"ws://{self.address}/live", additional_headers=self.headers, ping_interval=None
        ) as socket:
            received = asyncio.create_task(_read(socket))
            for number in range(COMMANDS):
                request = {"id": number, "run": self.run_id, "request": "speed"}
                await socket.send(json.dumps(request | {"value": 100 + number % 100}))
            await received

    async def watches(self) -> None:
        """All of a run, without end."""

        async def one() -> None:
            async with connect(
                f"ws://{self.address}/live", additional_headers=self.headers, ping_interval=None
            ) as socket:
                while True:
                    await socket.send(json.dumps({"watch": self.run_id}))
                    while isinstance(await socket.recv(), str):
                        pass
                    await socket.send(json.dumps({"drawn": self.run_id}))
                    await socket.send(json.dumps({"unwatch": self.run_id}))

        await asyncio.gather(*(one() for _ in range(CLIENTS)))

    async def runs(self) -> None:
        number = 0

        def body() -> str:
            nonlocal number
            number += 1
            key = f"{os.getpid()}-flood-{number}"
            return json.dumps({"version": assets.VERSION, "key": key, "settings": SETTINGS})

        await self._request("POST", "/runs", body)

    async def histories(self) -> None:
        await self._request("GET", f"/snapshots/{self.run_id}", str)

    async def pages(self) -> None:
        await self._request("GET", "/", str)

    async def connections(self) -> None:
        async def one() -> None:
            async with connect(
                f"ws://{self.address}/live", additional_headers=self.headers
            ) as socket:
                await socket.send(json.dumps({"watch": self.run_id}))
                await _read(socket)

        await asyncio.gather(*(_forever(one) for _ in range(CONNECTIONS)))

    async def _ask(self, path: str, request: dict[str, object]) -> None:
        async def one() -> None:
            async with connect(
                f"ws://{self.address}/{path}", additional_headers=self.headers, ping_interval=None
            ) as socket:
                while True:
                    await socket.send(json.dumps(request))
                    await socket.recv()

        await asyncio.gather(*(one() for _ in range(CLIENTS)))

    async def _request(self, method: str, path: str, body: Callable[[], str]) -> None:
        host = urlsplit(f"//{self.address}")

        def one() -> None:
            while True:
                connection = http.client.HTTPConnection(host.hostname or "", host.port)
                connection.request(method, path, body(), self.headers)
                connection.getresponse().read()
                connection.close()

        await asyncio.gather(*(asyncio.to_thread(one) for _ in range(CLIENTS)))


KINDS = ("test_images", "predictions", "speed_commands", "watches", "runs", "histories", "pages",
         "connections")  # fmt: skip


async def _read(socket: object) -> None:
    try:
        async for _ in socket:  # type: ignore[attr-defined]
            pass
    except ConnectionClosed:
        pass


async def _forever(one: Callable[[], Awaitable[None]]) -> None:
    while True:
        try:
            await one()
        except (OSError, ConnectionClosed):
            await asyncio.sleep(0.5)


if __name__ == "__main__":
    os.nice(19)  # it shall take no computing time from the server itself
    asyncio.run(getattr(Flood(*sys.argv[2:]), sys.argv[1])())
