"""What one visitor may take of the server, so that enough is left for all others.

Each visitor has an account of computing time, which fills by a share of each second and from which
each request is paid when it is done. Whoever has used up theirs waits; nobody else does. An
address, from which many may come, has an account of its own, which fills faster. It does not count
for this computer, as which visitors appear behind some proxies.
"""

from __future__ import annotations

import asyncio
import os
from asyncio import sleep
from collections import Counter
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from ipaddress import ip_address, ip_network
from time import monotonic, thread_time
from typing import NamedTuple, ParamSpec, TypeVar

from starlette.datastructures import Headers
from starlette.requests import HTTPConnection, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from nn.errors import UserError
from pages.server import visitor_cookie

# One visitor's bounds, each with its reason.
SHARE = 0.2  # of one core, on average: drawing needs 0.1, a race of four at 30 frames/s 0.1
SAVED_SECONDS = 3.0  # after a pause: opening a page with a long history takes about 1
MESSAGE_SECONDS = 0.0005  # for any request or message, to read it
CONNECT_SECONDS = 0.01  # for a socket, also one that is not accepted
FIRST_READ_SECONDS = 0.03  # more to watch a run, of which everything is read at first: 100 at once
COMMAND_SECONDS = 0.02  # more for a command, which writes to the store: 10 a second
START_SECONDS = 0.2  # more for starting runs: 15 at once, then one a second
AT_ONCE = 2  # requests that are carried out at once
MAX_WAITING = 100  # requests that wait for their turn
MAX_WAIT = 5.0  # seconds until the turn of a request; others are rejected
MAX_SOCKETS = 30  # of one kind: as many pages open at a time
MAX_ACTIVE = 200  # runs that train or wait: as many as the largest sweep of the Sweep page
# One address's: a class may share one.
ADDRESS_TIMES = 8  # computing time, sockets and active runs

VIEWER_LIMIT = 1013  # a WebSocket's close code: "try again later"
TOO_MUCH = "You have asked for a lot at once. Wait a few seconds, then try again."
TOO_MANY_PAGES = (
    f"You have {MAX_SOCKETS} pages of Digitscope open, which is the limit. Close some, then reload."
)
ADDRESS_FULL = "From your address, too many pages are open already. Retrying…"

# Off the event loop, and no more at once than there are cores.
threads = ThreadPoolExecutor(os.cpu_count() or 1, "visitors")

P = ParamSpec("P")
T = TypeVar("T")


class TooMuch(UserError):
    """A visitor's requests come faster than they can be carried out."""

    def __init__(self) -> None:
        super().__init__(TOO_MUCH)


class Client(NamedTuple):
    """Who pays for a request."""

    visitor: str  # an id; of those without a cookie, one for each address
    address: str  # "" for this computer


def client_of(connection: HTTPConnection) -> Client:
    host = connection.client.host if connection.client else ""
    return Client(visitor_cookie.visitor_id(connection.cookies) or f"at {host}", address_of(host))


def address_of(host: str) -> str:
    """What an address is known by: itself, or of IPv6 the network of 2⁶⁴ addresses that one
    customer has; "" for this computer."""
    try:
        address = ip_address(host.partition("%")[0])
    except ValueError:  # a test's, or a proxy's word for it
        return ""
    if address.is_loopback:
        return ""
    return str(address) if address.version == 4 else str(ip_network((address, 64), strict=False))


class Account:
    """The computing time that somebody may use, in seconds; below 0, it is owed."""

    def __init__(self, times: float, now: float) -> None:
        self.share, self.limit = times * SHARE, times * SAVED_SECONDS
        self.saved, self.updated = self.limit, now
        self.waiting = 0
        self.turn = asyncio.Semaphore(AT_ONCE)

    def update(self, now: float) -> None:
        self.saved = min(self.limit, self.saved + self.share * (now - self.updated))
        self.updated = now

    def wait(self, now: float) -> float:
        """Seconds until something is saved."""
        self.update(now)
        return max(0.0, -self.saved / self.share)

    @property
    def is_full(self) -> bool:
        """Whether a new account would be the same."""
        return self.saved >= self.limit and not self.waiting


class Budget:
    """The accounts of all visitors and addresses."""

    def __init__(self) -> None:
        self._accounts: dict[str, Account] = {}
        self._next_pruning = 1000  # accounts

    def wait(self, client: Client) -> float:
        """Seconds until the client may use computing time."""
        return _wait(self._of(client))

    async def spend(self, client: Client, seconds: float) -> None:
        """Wait until the client may use computing time, then charge ``seconds``."""
        accounts = self._of(client)
        await _until_saved(accounts)
        for account in accounts:
            account.saved -= seconds

    async def run(
        self, client: Client, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs
    ) -> T:
        """Call a function in a thread when it is the client's turn, and charge the time that it
        computes. Raises TooMuch when too many calls of the client wait, and what it raises."""
        if self._of(client)[0].waiting >= MAX_WAITING:
            raise TooMuch
        # Whoever hangs up meanwhile pays all the same.
        task = asyncio.create_task(self._run(client, lambda: function(*args, **kwargs)))
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return await asyncio.shield(task)

    async def _run(self, client: Client, function: Callable[[], T]) -> T:
        accounts = self._of(client)
        visitor, used = accounts[0], [0.0]

        def timed() -> T:
            began = thread_time()
            try:
                return function()
            finally:
                used[0] = thread_time() - began

        visitor.waiting += 1
        try:
            async with visitor.turn:
                await _until_saved(accounts)
                return await asyncio.get_running_loop().run_in_executor(threads, timed)
        finally:
            visitor.waiting -= 1
            for account in accounts:
                account.saved -= used[0]

    def _of(self, client: Client) -> list[Account]:
        """The visitor's account, and the address's if it has one, up to date."""
        now = monotonic()
        if len(self._accounts) >= self._next_pruning:
            for account in self._accounts.values():
                account.update(now)
            self._accounts = {key: each for key, each in self._accounts.items() if not each.is_full}
            self._next_pruning = max(1000, 2 * len(self._accounts))
        keys = {client.visitor: 1} | ({client.address: ADDRESS_TIMES} if client.address else {})
        found = []
        for key, times in keys.items():
            account = self._accounts.get(key) or Account(times, now)
            self._accounts[key] = account
            account.update(now)
            found.append(account)
        return found


def _wait(accounts: list[Account]) -> float:
    return max(account.wait(monotonic()) for account in accounts)


async def _until_saved(accounts: list[Account]) -> None:
    while wait := _wait(accounts):
        await sleep(max(wait, 0.001))


class Charge:
    """ASGI middleware that charges every request and every message of a socket, and bounds the
    sockets of a visitor and of an address."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app
        self._sockets: Counter[tuple[str, str]] = Counter()  # by who opened them, and the path

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] not in ("http", "websocket"):
            await self.app(scope, receive, send)
            return
        client = client_of(HTTPConnection(scope))
        if scope["type"] == "http":
            headers = Headers(scope=scope)
            if budget.wait(client) > MAX_WAIT:
                await too_much()(scope, receive, send)
                return
            if "text/html" in headers.get("accept", "") and self._is_full(client.visitor):
                await PlainTextResponse(TOO_MANY_PAGES, 429)(scope, receive, send)
                return
            await budget.spend(client, MESSAGE_SECONDS)
            await self.app(scope, receive, send)
            return

        async def receive_charged() -> Message:
            message = await receive()
            if message["type"] == "websocket.receive":
                await budget.spend(client, MESSAGE_SECONDS)
            return message

        await budget.spend(client, CONNECT_SECONDS)
        visitor, address = (client.visitor, scope["path"]), (client.address, scope["path"])
        reason = ""
        if self._sockets[visitor] >= MAX_SOCKETS:
            reason = TOO_MANY_PAGES
        elif client.address and self._sockets[address] >= ADDRESS_TIMES * MAX_SOCKETS:
            reason = ADDRESS_FULL
        if reason:
            await receive()
            await send({"type": "websocket.accept"})  # or the page would not receive the reason
            await send({"type": "websocket.close", "code": VIEWER_LIMIT, "reason": reason})
            return
        self._sockets.update((visitor, address))
        try:
            await self.app(scope, receive_charged, send)
        finally:
            self._sockets.subtract((visitor, address))
            self._sockets += Counter()  # without those that are 0

    def _is_full(self, visitor: str) -> bool:
        """Whether a new page would get no socket of some kind, and wait for it with no word."""
        return any(
            count >= MAX_SOCKETS for (who, _), count in self._sockets.items() if who == visitor
        )


def too_much() -> Response:
    return JSONResponse({"error": TOO_MUCH}, 429, {"Retry-After": "5"})


budget = Budget()


def charged(respond: Callable[[Request], Response]) -> Callable[[Request], Awaitable[Response]]:
    """A route's endpoint that computes its response in a thread, when it is the client's turn."""

    async def endpoint(request: Request) -> Response:
        try:
            return await budget.run(client_of(request), respond, request)
        except TooMuch:
            return too_much()

    return endpoint
