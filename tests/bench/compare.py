"""The Compare page in a browser, with 1,000 recorded runs: seconds from a click to what it shows.

The runs are made up, with as many points and epochs as a run of five epochs of MNIST records.
"""

from __future__ import annotations

import random
import statistics
import tempfile
from pathlib import Path

from playwright.sync_api import Locator, Page
from sqlalchemy import insert

from nn.runs.spec import RunSpec
from nn.runs.store import schema
from nn.runs.store.run import State
from nn.runs.store.store import RunStore
from nn.runs.worker.snapshot_schedule import curve_steps
from tests.bench.report import Report
from tests.browser.app import Server, chromium, find_chromium, wait_for

RUNS, EPOCHS, IMAGES, BATCH_SIZE = 1000, 5, 55_000, 64
ROUNDS = 5
STEPS = EPOCHS * (IMAGES // BATCH_SIZE)

# The milliseconds from the next click until something is shown and drawn. The page itself waits for
# both: a call from outside would come later.
WATCH = """(isShown) => {
  let clicked;
  addEventListener('click', () => clicked ??= performance.now(), true);
  window.drawn = new Promise((resolve) => {
    const look = () => {
      if (!clicked || !eval(isShown)) requestAnimationFrame(look);
      else requestAnimationFrame(() => resolve(performance.now() - clicked));
    };
    look();
  });
}"""
TABLE = (
    "[...document.querySelectorAll('*')]"
    ".some(element => element.shadowRoot?.querySelector('.runs tbody tr'))"
)


def curves_of(count: int) -> str:
    return f"document.querySelector('.compare-curves .plot')?.dataset.runs === '{count}'"


def run(report: Report) -> None:
    path = find_chromium()
    if not path:
        report.say("The page is measured in Chromium, which was not found.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        fill(RunStore(server.store))
        server.start()
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 900})
            measure(page, server, report)
            page.context.close()
        finally:
            server.stop()


def fill(store: RunStore) -> None:
    """Record runs of different settings and seeds, and curves that fall."""
    rng = random.Random(0)
    steps = sorted(curve_steps(STEPS))
    for number in range(RUNS):
        lr = (0.001, 0.003, 0.01, 0.03, 0.1, 0.3)[number % 6]
        spec = RunSpec(
            hidden=((32,), (64,), (128,), (64, 32))[number // 6 % 4],
            optimizer=("sgd", "adam", "rmsprop")[number // 24 % 3],
            lr=lr,
            seed=number // 72,
        )
        made, accuracy = store.create(spec, f"run {number}"), rng.uniform(0.9, 0.98)
        with store.writing() as connection:
            this = schema.runs.c.id == made.id
            values = {
                "state": State.FINISHED, "total_steps": STEPS, "step": STEPS, "seconds": 4.0,
                "samples_seen": EPOCHS * IMAGES, "epoch": EPOCHS, "test_accuracy": accuracy,
            }  # fmt: skip
            connection.execute(schema.runs.update().where(this).values(values))
            points = [
                {
                    "run": made.id, "step": step, "samples_seen": step * BATCH_SIZE,
                    "loss": 0.1, "smoothed_loss": 0.1 + 2 / (1 + lr * step) + rng.uniform(0, 0.02),
                }
                for step in steps
            ]  # fmt: skip
            connection.execute(insert(schema.points), points)
            epochs = [
                {
                    "run": made.id, "epoch": epoch, "step": epoch * STEPS // EPOCHS,
                    "samples_seen": epoch * IMAGES, "train_loss": 0.1, "val_loss": 0.1,
                    "val_accuracy": accuracy, "test_accuracy": accuracy - 0.1 / epoch**2 + 0.004,
                    "images_per_second": 1e5, "seconds": 0.8 * epoch, "train_accuracy": accuracy,
                }
                for epoch in range(1, EPOCHS + 1)
            ]  # fmt: skip
            connection.execute(insert(schema.epochs), epochs)


def measure(page: Page, server: Server, report: Report) -> None:
    table, curves, both, added, every = [], [], [], [], []
    for _ in range(ROUNDS):
        page.goto(server.url)
        page.get_by_role("button", name="Start", exact=True).wait_for()
        page.wait_for_timeout(2000)  # whatever loads late
        table.append(seconds(page, page.get_by_role("link", name="Compare"), TABLE))
        page.wait_for_timeout(1000)
        offer = page.get_by_role("button", name="Compare the newest 12 runs")
        curves.append(seconds(page, offer, curves_of(12)))
        page.wait_for_timeout(1000)
        one = page.get_by_role("checkbox", name=f"Compare run {RUNS - 15}", exact=True)
        added.append(seconds(page, one, curves_of(13)))
        page.wait_for_timeout(1000)
        page.get_by_role("link", name="Train").click()
        page.get_by_role("button", name="Start", exact=True).wait_for()
        page.wait_for_timeout(2000)
        both.append(seconds(page, page.get_by_role("link", name="Compare"), curves_of(13)))
        page.get_by_text("Choose runs").click()
        wait_for(page, TABLE)
        page.wait_for_timeout(1000)
        all_runs = page.get_by_role("checkbox", name="Compare all runs")
        every.append(seconds(page, all_runs, curves_of(RUNS)))
    for case, found, limit in (
        ("the table of 1,000 runs", table, 1.5),
        ("the curves of 12 of 1,000 runs", curves, 1.5),
        ("the same from another page", both, 1.5),
        ("one more run", added, 0.3),
        ("the curves of all 1,000 runs", every, 5.0),
    ):
        report.at_most(f"seconds from a click to {case}, median", statistics.median(found), limit)


def seconds(page: Page, target: Locator, is_shown: str) -> float:
    page.evaluate(WATCH, is_shown)
    target.click()
    return float(page.evaluate("drawn")) / 1000
