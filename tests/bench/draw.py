"""The Draw page in a real browser on the same machine: latency from the pen to the bars."""

from __future__ import annotations

import io
import statistics
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
from playwright.sync_api import TimeoutError

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic.render_strokes import render
from nn.models import pretrained
from nn.runs.store.store import RunStore
from pages.draw import upload
from tests.bench.report import Report
from tests.bench.viewers import training
from tests.browser.app import Server, chromium, find_chromium, wait_for
from tests.browser.hand import Hand, people

STROKES, UPLOADS, SIDE = 50, 200, 600
MOVED = 10  # drawings whose first stroke is drawn slowly
LOADED_STROKES, MAX_STROKES = 200, 4

# Times of what happens in the page, in milliseconds: pointer moves while the pen is down, drawings
# sent and shown (in the frame in which the bars have them), pens lifted, and script runs ended.
WATCH = """window.log = { moves: [], sent: [], shown: [], lifted: [], explained: [] };
const send = WebSocket.prototype.send, ids = new Map();
WebSocket.prototype.send = function (data) {
  if (typeof data === "string" && data.includes('"png"')) {
    log.sent.push([performance.now(), JSON.parse(data).id]);
  }
  return send.call(this, data);
};
let isDown = false;
addEventListener("pointerdown", () => { isDown = true; }, true);
addEventListener("pointermove", () => { if (isDown) log.moves.push(performance.now()); }, true);
addEventListener("pointerup", () => { isDown = false; log.lifted.push(performance.now()); }, true);
function watch() {
  const host = [...document.querySelectorAll("*")].find(
    (each) => each.shadowRoot?.querySelector(".bar-rows"));
  const app = document.querySelector("[data-testid=stApp]");
  if (!host || !app) return setTimeout(watch, 50);
  const bars = host.shadowRoot.querySelector(".bar-rows");
  new MutationObserver(() => {
    const { drawing, strokes } = bars.dataset;
    requestAnimationFrame(() =>
      log.shown.push([performance.now(), Number(drawing), Number(strokes)]));
  }).observe(bars, { attributeFilter: ["data-drawing"] });
  new MutationObserver(() => {
    if (app.dataset.testScriptState === "notRunning") log.explained.push(performance.now());
  }).observe(app, { attributeFilter: ["data-test-script-state"] });
}
watch();"""
IDLE = "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"
CLEAR_LOG = "for (const each of Object.values(log)) each.length = 0"


def run(report: Report) -> None:
    """Latency of the bars during a stroke, also beside a training run, and after it; strokes under
    load; and the time to classify one image and many uploaded images."""
    without_page(report)
    path = find_chromium()
    if not path:
        report.say("The page is measured in Chromium, which was not found.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.start()
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.add_init_script(WATCH)
            hand = Hand(page, server.url)
            wait_for(page, IDLE)
            during_strokes(hand, report, "", 60)
            after_strokes(hand, report)
            with training(server, RunStore(server.store)):
                during_strokes(hand, report, " during a training run", 120)
            under_load(hand, report)
        finally:
            server.stop()
            server.clear()


def during_strokes(hand: Hand, report: Report, when: str, limit: float) -> None:
    """Slow strokes: the time from each pointer move to the first bars asked for after it."""
    page = hand.page
    waits, rates = [], []
    for _, drawing in people(MOVED):
        [path, *_] = hand.positions(drawing)
        page.evaluate(CLEAR_LOG)
        page.mouse.move(*path[0])
        page.mouse.down()
        for (x, y), (to_x, to_y) in pairwise(path):
            for share in np.linspace(0, 1, 8):
                page.mouse.move(x + share * (to_x - x), y + share * (to_y - y))
        page.mouse.up()
        hand.wait_for_prediction(1)
        log = page.evaluate("log")
        sent = [(at, id) for at, id in log["sent"] if at <= log["moves"][-1]]
        shown = {id: at for at, id, _ in log["shown"]}
        for move in log["moves"]:
            first = next((shown[id] for at, id in sent if at >= move and id in shown), None)
            waits += [first - move] if first else []
        rates.append(1000 * len(sent) / (log["moves"][-1] - log["moves"][0]))
        wait_for(page, IDLE)
        hand.clear()
        wait_for(page, IDLE)
    report.at_most(f"ms from pointer move to bars{when}, median", statistics.median(waits), limit)
    report.at_least(f"bars a second while drawing{when}, median", statistics.median(rates), 12)


def after_strokes(hand: Hand, report: Report) -> None:
    """People's strokes, each when the page is idle: milliseconds from pen up to the bars of the
    finished stroke, and to the end of the script run that explains it."""
    page, waits, explained = hand.page, [], []
    for _, drawing in people(STROKES):
        for count, path in enumerate(hand.positions(drawing), 1):
            wait_for(page, IDLE)
            page.evaluate(CLEAR_LOG)
            hand.stroke(path)
            wait_for(
                page,
                "count => log.shown.some(([, , n]) => n === count)"
                " && log.explained.some((at) => at > log.lifted[0])",
                arg=count,
            )
            log = page.evaluate("log")
            [lifted] = log["lifted"]
            waits.append(next(at for at, _, n in log["shown"] if n == count) - lifted)
            explained.append(next(at for at in log["explained"] if at > lifted) - lifted)
        hand.clear()
        if len(waits) >= STROKES:
            break
    report.at_most("ms from pen up to the final bars, median", statistics.median(waits), 60)
    report.at_most(f"ms from pen up to the final bars, worst of {len(waits)}", max(waits), 200)
    report.at_most("ms from pen up to the explanation, median", statistics.median(explained), 400)


def under_load(hand: Hand, report: Report) -> None:
    """Strokes one after the other while two busy processes take both cores."""
    page = hand.page
    busy = [subprocess.Popen([sys.executable, "-c", "while True: pass"]) for _ in range(2)]
    lost, ids = 0, []
    try:
        done = 0
        while done < LOADED_STROKES:
            page.evaluate(CLEAR_LOG)
            strokes = people(STROKES)[done % STROKES][1][:MAX_STROKES]
            for path in hand.positions(strokes):
                hand.stroke(path)
            done += len(strokes)
            try:
                hand.wait_for_prediction(len(strokes))
            except TimeoutError:
                lost += 1
            ids += [id for _, id in page.evaluate("log.sent")]
            hand.clear()
    finally:
        for process in busy:
            process.kill()
            process.wait()
    report.at_most(f"of {done} strokes under load without their bars", lost, 0)
    report.at_most("drawings sent twice", len(ids) - len(set(ids)), 0)


def without_page(report: Report) -> None:
    """Time that the server takes for one image and for many files, without a browser."""
    drawings = [render(strokes).resize((SIDE, SIDE)) for _, strokes in people(UPLOADS)]
    pretrained.predict(preprocess(drawings[0]))  # warm up
    times = []
    for drawing in drawings[:STROKES]:
        began = time.perf_counter()
        pretrained.predict(preprocess(drawing))
        times.append(1000 * (time.perf_counter() - began))
    report.at_most(
        f"ms to preprocess and classify {SIDE} × {SIDE} pixels", statistics.median(times), 10
    )
    files = []
    for drawing in drawings:
        file = io.BytesIO()
        drawing.save(file, "PNG")
        files.append(file.getvalue())
    began = time.perf_counter()
    for data in files:
        preprocessed = upload.prepare("digit.png", data).preprocessed
        assert preprocessed
        pretrained.predict(preprocessed)
    total = time.perf_counter() - began
    report.at_most(f"seconds to classify {len(files)} uploaded images", total, 2)
