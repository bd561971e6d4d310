"""What browsers send, for tests.bench.fuzz: requests through the routes and the middleware, texts
of the sockets, and the parameters of each page's URL through the whole page."""

from __future__ import annotations

import asyncio
import base64
import json
import os
from collections.abc import Callable
from functools import cache, partial
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl, quote, quote_from_bytes, unquote_to_bytes

import h11
from starlette.applications import Starlette
from starlette.middleware import Middleware
from streamlit import config
from streamlit.components.v2.component_manager import BidiComponentManager
from streamlit.testing.v1 import AppTest

from nn import PIXELS
from nn.data.dataset import Dataset
from nn.data.formats import any_format
from nn.data.synthetic import handwriting
from nn.runs.spec import RunSpec
from nn.runs.store.run import Run
from nn.runs.worker import process
from nn.runs.worker.loop import work
from pages.common import state
from pages.server import (
    assets,
    budget,
    guard,
    hub,
    live_prediction,
    old_links,
    owner,
    routes,
    shared_store,
    visitor_cookie,
    wire,
)
from pages.server.visitor import Visitor

Target = Callable[[bytes], object]
TARGETS = dict[str, tuple[list[bytes], Target]]

PAGES = Path(routes.__file__).parents[1]
VISITOR = "a-visitor"
VISITOR_ID = visitor_cookie.visitor_id({visitor_cookie.COOKIE: VISITOR})
HEADERS = (
    f"host: localhost:8501\norigin: http://localhost:8501\n"
    f"cookie: {visitor_cookie.COOKIE}={VISITOR}"
).encode()


def targets(folder: Path, images: Dataset) -> TARGETS:
    """folder: where files may be written; images: at least ten, to train a run on."""
    os.environ["DIGITSCOPE_HOME"] = str(folder / "home")
    os.environ.pop("DIGITSCOPE_STORE", None)
    # All of them take long to make, where there is no MNIST to use instead.
    handwriting.TRAIN_SIZE, handwriting.TEST_SIZE = 6000, 500
    process.launch = lambda run_id: None  # type: ignore[assignment]
    process.launch_queued = lambda store: None  # type: ignore[assignment]
    run = _trained(folder, images)
    return _requests(run) | _texts(run) | _links(run)


def _trained(folder: Path, images: Dataset) -> Run:
    any_format.write(images, folder / "run.npz")
    spec = RunSpec(hidden=(3,), dataset=str(folder / "run.npz"), epochs=2, validation_size=0)
    store = shared_store.store()
    run = store.create(spec, "first", owner=VISITOR_ID)
    for _ in work(store, run.id):
        pass
    return store.run(run.id)


# Requests. One target is of whole requests: "METHOD TARGET", a line for each header, an empty line,
# the body. The others leave the headers, without which the server looks at nothing else.


def _requests(run: Run) -> TARGETS:
    app = Starlette(
        routes=routes.ROUTES,
        middleware=[
            Middleware(guard.Guard, ["*.example.org"]),
            Middleware(old_links.OldLinks),
            Middleware(budget.Charge),
            Middleware(visitor_cookie.VisitorCookie),
        ],
    )
    settings = {"hidden": "8, 4", "lr": 0.1, "epochs": 3, "optimizer": "adam", "dataset": "mnist"}
    press = {"version": assets.VERSION, "key": "0123456789"}

    def body(**content: Any) -> bytes:
        return json.dumps(press | content).encode()

    members = [settings | {"lr": lr} for lr in (0.1, 1)]
    bodies = {
        "/runs": [
            body(settings=settings),
            body(settings=settings, key="9876543210"),
            body(restart=run.id, key="another-key"),
        ],
        "/groups": [
            body(kind="race", members=members, options={"free": True}),
            body(kind="grid", members=members, options={}, key="another-key"),
        ],
    }
    links = {
        "/snapshots": [
            f"/snapshots/{run.id}?after=-1&until=9&skip=0",
            f"/snapshots/{run.id}?after=0&until=99&skip=1&tiles=2",
        ],
        "/curves": [f"/curves?runs={run.id},{run.id}&points=20"],
        "/owner": [owner.PATH + owner.token()],
        "old link": [
            "/train?act=ReLU&loss=cross-entropy&epochs=3",
            "/neurons?run=first&mode=change%20since%20start&only=neither",
            "/?hidden=40%2C20&init=U%5B%E2%88%921%2C%201%5D",
        ],
    }
    found: TARGETS = {}
    whole = []
    for path, seeds in bodies.items():
        head = b"\n".join([f"POST {path}".encode(), HEADERS, b"", b""])
        found[f"POST {path}"] = seeds, partial(_request, app, head)
        whole += [head + seed for seed in seeds]
    for name, targets in links.items():
        seeds = [f"GET {target}".encode() for target in targets]
        found[f"GET {name}"] = seeds, lambda data: _request(app, data, b"\n" + HEADERS)
        whole += [seed + b"\n" + HEADERS for seed in seeds]
    return found | {"request": (whole, partial(_request, app))}


def _request(app: Starlette, *parts: bytes) -> int:
    """→ the status of the response; 0 for what the server's parser rejects. Raises what the app
    raises, and AssertionError for a status of 500 and above."""
    head, _, body = b"".join(parts).partition(b"\n\n")
    first, *lines = head.split(b"\n")
    method, _, target = first.partition(b" ")
    path, _, query = target.partition(b"?")
    path = quote_from_bytes(path, safe="/%:@!$&'()*+,;=~-._").encode()
    headers = [line.partition(b": ")[::2] for line in lines]
    try:
        line = path + (b"?" + query if query else b"")
        parsed = h11.Request(
            method=method, target=quote(line, safe=_VISIBLE), headers=headers, http_version="1.0"
        )
    except h11.LocalProtocolError:
        return 0
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "scheme": "http",
        "method": parsed.method.decode().upper(), "root_path": "", "raw_path": path,
        "path": unquote_to_bytes(path).decode(errors="replace"), "query_string": query,
        "headers": list(parsed.headers), "client": ("127.0.0.1", 5000),
        "server": ("localhost", 8501),
    }  # fmt: skip
    sent: list[Any] = []
    bodies = [{"type": "http.request", "body": body, "more_body": False}]

    async def receive() -> Any:
        return bodies.pop() if bodies else {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    budget.budget._accounts.clear()  # as if nothing had been asked before
    asyncio.run(app(scope, receive, send))
    status = int(sent[0]["status"])
    assert status < 500, sent
    return status


_VISIBLE = "".join(map(chr, range(0x21, 0x7F)))


# Texts of the sockets.


def _texts(run: Run) -> TARGETS:
    requests: list[tuple[str, object]] = [
        ("lr", 0.5), ("speed", 10), ("step", 3), ("pause", None), ("resume", None),
        ("resume_race", None), ("random_image", None), ("stop", None),
    ]  # fmt: skip
    seeds = [{"id": 1, "run": run.id, "request": name, "value": value} for name, value in requests]
    wishes = [{"watch": run.id, "rate": 1.5, "tiles": 7, "connections": True}, {"drawn": run.id}]
    images = [{"input": base64.b64encode(bytes(PIXELS)).decode()}]
    predict = {"id": 1, "images": images, "models": [[run.id, 0], [run.id, None]]}
    return {
        "socket": ([json.dumps(each).encode() for each in [*seeds, *wishes]], _socket_text),
        "prediction of a run": ([json.dumps(predict).encode()], _prediction),
    }


def _socket_text(data: bytes) -> None:
    """As pages.server.hub takes it."""
    try:
        received = wire.unpack_text(data.decode("utf-8", "replace"))
        wish = wire.unpack_wish(received)
    except ValueError:
        return
    store = shared_store.store()
    if wire.WATCH in received:
        channel = hub.Channel(received[wire.WATCH])
        for update in hub._read(store, [channel]).values():
            if isinstance(update, hub.Update):
                channel.apply(update)
                watch = hub.Watch(channel)
                watch.change(wish)
                watch.next_message()
    elif "request" in received:
        response = hub._response_to(received, lambda: store, Visitor(VISITOR_ID, False))
        json.dumps({"id": received["id"]} | response)


def _prediction(data: bytes) -> str:
    return live_prediction.respond(data.decode("utf-8", "replace"))


# Links: the parameters of a page's URL, as a browser writes them.


def _links(run: Run) -> TARGETS:
    seeds = {
        "train": [
            f"run={run.id}&step=1&simple=1",
            "preset=sigmoid-30&hidden=40,20&epochs=5&lr=0.5&optimizer=adam&dropout=0.5&seed=7",
        ],
        "compare": [f"runs={run.id},{run.id}&images=500"],
        "race": ["vary=lr&values=0.01,0.1,3&free=1&epochs=2", f"group={run.id}"],
        "grid": [
            "columns=hidden&column_values=8/16,8&rows=lr&row_values=0.1,0.2&epochs=1",
            f"group={run.id}",
        ],
        "sweep": ["sweep=new&lr=0.1", f"sweep={run.id}"],
        "neurons": [f"run={run.id}&layer=1&neuron=2&mode=initial&sort=similarity&step=2"],
        "draw": [f"run={run.id}&step=2&first=first&second=pretrained&digit=3"],
        "mistakes": [f"run={run.id}&step=2"],
    }
    config.set_option("client.showErrorDetails", "full")
    state.visitor = lambda: Visitor("me", False)  # type: ignore[assignment]
    return {
        f"page {name}": ([link.encode() for link in links], partial(_open, name))
        for name, links in seeds.items()
    }


def _open(page: str, data: bytes) -> None:
    """Open a page in a new session. Raises AssertionError for what would end in a traceback."""
    app = AppTest.from_function(_page, kwargs={"path": str(PAGES / page / "page.py"), "name": page})
    app.default_timeout = 60
    app._bidi_component_manager = _components()
    query = data.decode("utf-8", "replace")
    for name, value in parse_qsl(query, keep_blank_values=True, errors="replace"):
        app.query_params[name] = value
    app.run()
    faults = [each for each in app.exception if each.proto.type != "UserError"]
    assert not faults, [(each.value, each.stack_trace) for each in faults]


@cache
def _components() -> BidiComponentManager:
    """One for all sessions: it looks at every installed package, which takes ten times
    as long as a page."""
    manager = BidiComponentManager()
    manager.discover_and_register_components(start_file_watching=False)
    return manager


def _page(path: str, name: str) -> None:
    """As pages.shell."""
    import runpy

    from pages.common import state

    state.keep_first_link(name)
    state.restore()
    runpy.run_path(path)
