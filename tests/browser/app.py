"""A real server and a real browser, for tests and benchmarks that act like a user."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from base64 import b64decode
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from axe_playwright_python.sync_playwright import Axe
from google.protobuf.message import DecodeError
from playwright.sync_api import Browser, Error, Page, sync_playwright
from sqlalchemy import delete, insert, select, update
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store import clock, queue, schema
from nn.runs.store.store import Run, RunStore
from nn.runs.worker.process import send_command

ROOT = Path(__file__).parents[2]
PATIENCE = 60  # seconds until what a test waits for is missing: a test machine may be very busy
FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]


WORKER = """
import sys
from nn.runs.store.store import RunStore
from nn.runs.worker import main
from nn.runs.worker.race import train_taken
store = RunStore()
for _ in train_taken(store, *sys.argv[1:]):
    pass
main.drain_queue(store)
"""


class Server:
    """``streamlit run app.py`` with a separate store. It can be stopped and started again.

    base: "" or "/BASE", the path below which it serves."""

    def __init__(self, home: Path, base: str = "") -> None:
        with socket.socket() as free:
            free.bind(("localhost", 0))
            self.port = free.getsockname()[1]
        self.base = base
        self.url = f"http://localhost:{self.port}{base}"
        self.home = home
        self.root = ROOT  # of the program
        self.store = f"sqlite:///{home / 'store.sqlite3'}"
        self.environment = os.environ | {"DIGITSCOPE_STORE": self.store}
        self.process: subprocess.Popen[bytes] | None = None

    def start(self, seconds: float = PATIENCE) -> None:
        """Start the server, unless it is running, and wait until it responds.

        seconds: after which it is ended. Raises AssertionError with its log then."""
        if self.process and self.process.poll() is None:
            return
        command = ["-X", "faulthandler", "-m", "streamlit", "run", "app.py"]
        options = ["--server.headless", "true", "--server.port", str(self.port),
                   "--server.baseUrlPath", self.base]  # fmt: skip
        with open(self.home / "server.log", "ab") as log:
            self.process = subprocess.Popen(
                [sys.executable, *command, *options],
                cwd=self.root, env=self.environment, stdout=log, stderr=log,
            )  # fmt: skip
        give_up = time.monotonic() + seconds
        while time.monotonic() < give_up:
            try:
                urllib.request.urlopen(f"{self.url}/_stcore/health", timeout=1).close()
                return
            except OSError:
                time.sleep(0.1)
        self.process.kill()
        raise AssertionError((self.home / "server.log").read_text())

    def stop(self) -> None:
        self.process.terminate()
        try:
            self.process.wait(PATIENCE)
        except subprocess.TimeoutExpired:
            self.process.send_signal(signal.SIGABRT)  # faulthandler logs each thread's stack
            self.process.wait()
            raise AssertionError((self.home / "server.log").read_text()) from None

    def clear(self) -> None:
        """Delete all drawings and runs. This ends their workers, which outlive the server by
        design."""
        store = RunStore(self.store)
        for run in store.runs():
            store.delete(run.id)
        with store.writing() as connection:
            connection.execute(delete(schema.my_digits))

    def stop_runs(self) -> None:
        """Stop all active runs, as their owners do."""
        store = RunStore(self.store)
        for run in store.active_runs():
            send_command(store, run.id, "stop")

    def active(self) -> bool:
        """Whether any run is active."""
        return any(run.state.active for run in RunStore(self.store).runs())

    def worker(self, **spec: object) -> subprocess.Popen[bytes]:
        """Start a worker on a new run, as the page does."""
        spec = {"dataset": sources.default_dataset()} | spec
        return self.launch(RunStore(self.store).create(RunSpec(**spec)).id)

    def launch(self, run_id: str) -> subprocess.Popen[bytes]:
        """Start a worker on a queued run, which no other may take; it goes on with the other queued
        runs."""
        store = RunStore(self.store)
        with store.writing() as connection:
            lease = queue.take(connection, run_id) or ""
        store.engine.dispose()
        return subprocess.Popen(
            [sys.executable, "-c", WORKER, run_id, lease],
            cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip

    def nn(self, *arguments: str) -> subprocess.Popen[bytes]:
        """Start the command line on the same store."""
        return subprocess.Popen(
            [sys.executable, "-m", "nn", *arguments],
            cwd=ROOT, env=self.environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip


def create_queued(store: RunStore, spec: RunSpec, name: str = "", owner: str = "") -> Run:
    """A run that stays queued: as if it had been queued just now, all the time. The server would
    take any other that nobody starts a worker for."""
    run = store.create(spec, name, owner=owner)
    with store.writing() as connection:
        this = schema.runs.c.id == run.id
        connection.execute(update(schema.runs).where(this).values(heartbeat=clock.now() + 1000))
    return run


def copy_run(source: RunStore, run_id: str, target: RunStore, name: str = "") -> Run:
    """Copy a run with everything recorded about it to another store, as a new run."""
    made = target.create(source.run(run_id).spec, name)
    new = {"id": made.id, "name": made.name, "created": made.created}
    [row] = source.rows(select(schema.runs).where(schema.runs.c.id == run_id))
    with target.writing() as connection:
        this = schema.runs.c.id == made.id
        connection.execute(update(schema.runs).where(this).values(dict(row._mapping) | new))
        for table in schema.metadata.sorted_tables:
            if "run" in table.c:
                rows = source.rows(select(table).where(table.c.run == run_id))
                for row in rows:
                    values = dict(row._mapping) | {"run": made.id}
                    values.pop("id", None)
                    connection.execute(insert(table).values(values))
    return target.run(made.id)


def wait_until(page: Page, condition: Callable[[], object], seconds: float = PATIENCE) -> None:
    """Poll, while the page keeps running, until ``condition`` holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"The condition does not hold after {seconds} s."
        page.wait_for_timeout(20)


def wait_for(page: Page, expression: str, arg: object = None, seconds: float = PATIENCE) -> None:
    """Poll until a JavaScript expression, or function of ``arg``, is true in the page. Playwright's
    own wait_for_function needs a page that may evaluate strings, which ours may not."""

    def is_true() -> bool:
        try:
            return bool(page.evaluate(expression, arg))
        except Error as error:
            if "Execution context was destroyed" in error.message:  # another page is loading
                return False
            raise

    wait_until(page, is_true, seconds)


@contextmanager
def rerun(page: Page) -> Iterator[None]:
    """Wait until the script run that the block causes has finished, by Streamlit's own message: the
    state that the page shows may change and change back between two frames."""
    finished = []

    def receive(event: dict[str, Any]) -> None:
        message = ForwardMsg()
        with suppress(DecodeError, ValueError):  # of the stream of a run
            message.ParseFromString(b64decode(event["response"]["payloadData"]))
            if message.WhichOneof("type") == "script_finished":
                finished.append(message)

    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameReceived", receive)
    yield
    wait_until(page, lambda: finished)
    session.detach()
    paint(page, 2)


def copied(page: Page, click: Callable[[], object]) -> str:
    """→ the text that the click puts into the clipboard."""
    page.evaluate("navigator.clipboard.writeText('')")
    click()
    wait_until(page, lambda: page.evaluate("navigator.clipboard.readText()"))
    return str(page.evaluate("navigator.clipboard.readText()"))


def paint(page: Page, count: int) -> None:
    """Let the browser draw ``count`` frames."""
    page.evaluate(
        """async (count) => {
          for (; count; count--) await new Promise(requestAnimationFrame);
        }""",
        count,
    )


BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def find_chromium(names: Sequence[str] = BROWSERS) -> str | None:
    """The path of the first of these programs that is installed."""
    return next((found for found in map(shutil.which, names) if found), None)


@contextmanager
def chromium(path: str) -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=FLAGS)
        yield browser
        browser.close()


# JavaScript for the canvas of the weight wall; components live in shadow roots.
WALL = (
    "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector("
    "'canvas[role=img]')).find(Boolean)"
)
STEP = f"Number({WALL}?.dataset.step ?? -1)"  # −1 before the first frame
FRAMES = f"Number({WALL}?.dataset.frames ?? 0)"  # drawn so far


def step(page: Page) -> int:
    """The step that the wall shows, once it shows one."""
    wait_for(page, f"{STEP} >= 0")
    return int(page.evaluate(STEP))


def start(page: Page) -> None:
    """Press Start and wait for the first changed tile."""
    page.get_by_role("button", name="Start", exact=True).click()
    wait_for(page, f"{STEP} > 0")


def heap(page: Page) -> float:
    """Bytes of the page's JavaScript heap, after garbage collection."""
    devtools = page.context.new_cdp_session(page)
    devtools.send("HeapProfiler.collectGarbage")
    devtools.send("Performance.enable")
    metrics = devtools.send("Performance.getMetrics")["metrics"]
    devtools.detach()
    return next(metric["value"] for metric in metrics if metric["name"] == "JSHeapUsedSize")


def serious(page: Page) -> list[str]:
    """The accessibility violations that axe rates serious or critical."""
    found = Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"]
    ]


def accessibility_faults(page: Page) -> list[str]:
    """What axe finds in our components, and what it rates serious or critical elsewhere."""
    return [
        f"{fault['id']}: {node['html'][:200]}"
        for fault in Axe().run(page).response["violations"]
        for node in fault["nodes"]
        if fault["impact"] in ("serious", "critical")
        or isinstance(node["target"][0], list)  # in a shadow root
    ]
