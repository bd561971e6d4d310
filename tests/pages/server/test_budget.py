"""Budgets: whoever asks for much waits, and nobody else does."""

from __future__ import annotations

import asyncio
import json
import time

import pytest
from starlette.requests import HTTPConnection
from starlette.responses import PlainTextResponse
from starlette.types import Message, Receive, Scope, Send
from starlette.websockets import WebSocket

from pages.server import budget
from pages.server.budget import Account, Budget, Charge, Client, TooMuch, client_of
from pages.server.visitor_cookie import COOKIE, visitor_id

ME, YOU = Client("me", ""), Client("you", "")
CLASS = "192.168.1.7"


class Clock:
    """Time that passes only when somebody sleeps."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        assert seconds > 0
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(budget, "monotonic", clock.monotonic)
    monkeypatch.setattr(budget, "sleep", clock.sleep)
    return clock


def compute(seconds: float) -> None:
    end = time.thread_time() + seconds
    while time.thread_time() < end:
        pass


def test_what_is_saved_may_be_used_at_once_and_then_a_share_of_the_time(clock) -> None:
    async def flood(seconds: float) -> float:
        began = clock.now
        for _ in range(round(seconds / 0.1)):
            await each.spend(ME, 0.1)
        return clock.now - began

    each = Budget()
    assert asyncio.run(flood(budget.SAVED_SECONDS)) == 0
    # A debt of up to one request is allowed, so the last one needs no time of its own.
    assert asyncio.run(flood(30)) == pytest.approx(30 / budget.SHARE, rel=0.02)
    began = clock.now
    asyncio.run(each.spend(YOU, 1))
    assert clock.now == began


def test_an_idle_visitor_saves_no_more_than_the_limit(clock) -> None:
    account = Account(1, clock.now)
    account.saved = -budget.SAVED_SECONDS
    clock.now += 1e6
    account.update(clock.now)
    assert account.saved == budget.SAVED_SECONDS and account.is_full


def test_all_visitors_at_an_address_share_its_larger_account(clock) -> None:
    async def flood(clients: int) -> None:
        for number in range(clients):
            await each.spend(Client(f"pupil {number}", CLASS), 1)

    each, began = Budget(), clock.now
    fits = int(budget.ADDRESS_TIMES * budget.SAVED_SECONDS)
    asyncio.run(flood(fits))
    assert clock.now == began
    asyncio.run(flood(fits))
    assert clock.now > began + 1
    assert each.wait(ME) == 0


def test_a_call_is_charged_with_what_it_computes_not_with_what_it_waits(clock) -> None:
    async def saved() -> tuple[float, float]:
        await each.run(ME, time.sleep, 0.2)
        await each.run(YOU, compute, 0.2)
        return each._of(ME)[0].saved, each._of(YOU)[0].saved

    each = Budget()
    me, you = asyncio.run(saved())
    assert me > budget.SAVED_SECONDS - 0.1 > you


def test_a_call_that_fails_is_charged_and_its_error_arrives(clock) -> None:
    def fail() -> None:
        compute(0.2)
        raise ValueError("no")

    async def call() -> float:
        with pytest.raises(ValueError, match="no"):
            await each.run(ME, fail)
        return each._of(ME)[0].saved

    each = Budget()
    assert asyncio.run(call()) < budget.SAVED_SECONDS - 0.1


def test_whoever_hangs_up_is_charged_all_the_same(clock) -> None:
    async def hang_up() -> float:
        call = asyncio.create_task(each.run(ME, compute, 0.3))
        await asyncio.sleep(0.05)
        call.cancel()
        while each._of(ME)[0].waiting:
            await asyncio.sleep(0.01)
        return each._of(ME)[0].saved

    each = Budget()
    assert asyncio.run(hang_up()) < budget.SAVED_SECONDS - 0.2


def test_a_visitors_calls_beyond_the_limit_are_rejected_and_no_one_elses(monkeypatch) -> None:
    monkeypatch.setattr(budget, "MAX_WAITING", 3)

    async def flood() -> int:
        calls = [asyncio.create_task(each.run(ME, time.sleep, 0.2)) for _ in range(3)]
        await asyncio.sleep(0.05)
        with pytest.raises(TooMuch, match="Wait a few seconds"):
            await each.run(ME, int)
        answer = await each.run(YOU, int, "7")
        await asyncio.gather(*calls)
        await each.run(ME, int)
        return answer

    each = Budget()
    assert asyncio.run(flood()) == 7


def test_no_more_than_the_limit_are_carried_out_at_once() -> None:
    running, peak = 0, 0

    def work() -> None:
        nonlocal running, peak
        running += 1
        peak = max(peak, running)
        time.sleep(0.02)
        running -= 1

    async def flood() -> None:
        await asyncio.gather(*(each.run(ME, work) for _ in range(10)))

    each = Budget()
    asyncio.run(flood())
    assert 1 <= peak <= budget.AT_ONCE


def test_accounts_of_visitors_who_are_gone_are_forgotten(clock) -> None:
    async def come() -> None:
        for number in range(5000):
            await each.spend(Client(f"visitor {number}", ""), 0.001)
            clock.now += 0.01

    each = Budget()
    asyncio.run(each.spend(ME, 100))
    asyncio.run(come())
    assert len(each._accounts) <= 1000
    assert each.wait(ME) > 0  # a debt is not


@pytest.mark.parametrize(
    ("host", "address"),
    [
        ("127.0.0.1", ""), ("::1", ""), ("testclient", ""), (CLASS, CLASS),
        ("2001:db8::1:2:3:4", "2001:db8::/64"), ("2001:db8::9", "2001:db8::/64"),
        ("fe80::1%eth0", "fe80::/64"),
    ],
)  # fmt: skip
def test_an_address_is_a_network_of_one_customer_and_not_this_computer(host, address) -> None:
    scope = {"type": "http", "client": (host, 1), "headers": [(b"cookie", f"{COOKIE}=x".encode())]}
    assert client_of(HTTPConnection(scope)) == Client(visitor_id({COOKIE: "x"}), address)


# The middleware


class Socket:
    """A browser's socket to the app, which answers each text with the same text."""

    def __init__(self, app: Charge, visitor: str, path: str = "/live", host: str = "") -> None:
        self.sent = asyncio.Queue[Message]()
        self.received = asyncio.Queue[Message]()
        self.sent.put_nowait({"type": "websocket.connect"})
        scope = _scope("websocket", visitor, host) | {"path": path}
        self.task = asyncio.create_task(app(scope, self.sent.get, self.received.put))

    async def answer(self) -> str:
        """To a text, or the reason for which the server closes the socket."""
        await self.sent.put({"type": "websocket.receive", "text": "hello"})
        while (message := await self.received.get())["type"] == "websocket.accept":
            pass
        if message["type"] == "websocket.close":
            assert message["code"] == budget.VIEWER_LIMIT
            assert len(message["reason"].encode()) <= 123  # RFC 6455, 5.5
        return str(message.get("text") or message["reason"])

    async def close(self) -> None:
        await self.sent.put({"type": "websocket.disconnect", "code": 1000})
        await self.task


def _scope(kind: str, visitor: str, host: str = "") -> Scope:
    headers = [(b"cookie", f"{COOKIE}={visitor}".encode()), (b"accept", b"text/html,*/*")]
    return {"type": kind, "client": (host, 1), "headers": headers, "path": "/"}


async def echo(scope: Scope, receive: Receive, send: Send) -> None:
    if scope["type"] == "http":
        await PlainTextResponse("here")(scope, receive, send)
        return
    socket = WebSocket(scope, receive, send)
    await socket.accept()
    async for text in socket.iter_text():
        await socket.send_text(text)


def get(app: Charge, visitor: str) -> tuple[int, bytes]:
    """→ the status and the body of a page."""
    return asyncio.run(_get(app, visitor))


async def _get(app: Charge, visitor: str) -> tuple[int, bytes]:
    sent = asyncio.Queue[Message]()
    await app(_scope("http", visitor), asyncio.Queue().get, sent.put)
    status, body = await sent.get(), await sent.get()
    return status["status"], body["body"]


def test_a_visitor_has_so_many_sockets_of_a_kind_and_others_still_get_theirs(monkeypatch) -> None:
    monkeypatch.setattr(budget, "MAX_SOCKETS", 2)

    async def visit() -> None:
        app = Charge(echo)
        first, second = Socket(app, "me"), Socket(app, "me")
        assert [await first.answer(), await second.answer()] == ["hello", "hello"]
        assert await Socket(app, "me").answer() == budget.TOO_MANY_PAGES
        assert await Socket(app, "me", "/other").answer() == "hello"
        assert await Socket(app, "you").answer() == "hello"
        assert await Socket(app, "me").answer() == budget.TOO_MANY_PAGES
        assert await _get(app, "me") == (429, budget.TOO_MANY_PAGES.encode())
        assert await _get(app, "you") == (200, b"here")
        await first.close()
        assert await _get(app, "me") == (200, b"here")
        assert await Socket(app, "me").answer() == "hello"
        assert await second.answer() == "hello"

    asyncio.run(visit())


def test_an_address_has_more_sockets_than_a_visitor(monkeypatch) -> None:
    monkeypatch.setattr(budget, "MAX_SOCKETS", 1)
    monkeypatch.setattr(budget, "ADDRESS_TIMES", 2)

    async def visit() -> None:
        app = Charge(echo)
        sockets = [Socket(app, f"pupil {number}", host=CLASS) for number in range(3)]
        answers = [await each.answer() for each in sockets]
        assert answers == ["hello", "hello", budget.ADDRESS_FULL]
        assert await Socket(app, "pupil 3", host="192.168.1.8").answer() == "hello"

    asyncio.run(visit())


def test_a_visitor_who_owes_much_is_told_so(clock) -> None:
    app = Charge(echo)
    assert get(app, "me") == (200, b"here")
    account = budget.budget._accounts[visitor_id({COOKIE: "me"})]
    account.saved = -(budget.MAX_WAIT + 1) * budget.SHARE
    status, body = get(app, "me")
    assert (status, json.loads(body)) == (429, {"error": budget.TOO_MUCH})
    assert get(app, "you") == (200, b"here")
    clock.now += budget.MAX_WAIT
    assert get(app, "me") == (200, b"here")


def test_messages_of_a_socket_are_charged(clock) -> None:
    async def visit() -> float:
        socket = Socket(Charge(echo), "me")
        for _ in range(3):
            await socket.answer()
        return budget.budget._accounts[visitor_id({COOKIE: "me"})].saved

    saved = budget.SAVED_SECONDS - budget.CONNECT_SECONDS - 3 * budget.MESSAGE_SECONDS
    assert asyncio.run(visit()) == pytest.approx(saved)
