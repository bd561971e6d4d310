"""The Draw page in a real browser on the same machine: latency from pen up to the prediction."""

from __future__ import annotations

import io
import statistics
import tempfile
import time
from pathlib import Path

from nn.data.preprocess.pipeline import preprocess
from nn.data.synthetic.render_strokes import render
from nn.models import pretrained
from nn.runs.store.store import RunStore
from pages.draw import upload
from tests.bench.report import Report
from tests.bench.viewers import training
from tests.browser.app import Server, chromium, find_chromium
from tests.browser.hand import Hand, people

STROKES, UPLOADS, SIDE = 50, 200, 600

# The first message after pen up comes from the canvas. The prediction is drawn in the same frame as
# the event by which the bars announce it.
WATCH = """window.stroke = {};
const send = WebSocket.prototype.send;
WebSocket.prototype.send = function (data) {
  stroke.posted ??= performance.now();
  return send.call(this, data);
};
addEventListener("pointerup", () => { stroke = { lifted: performance.now() }; }, true);
document.addEventListener("digitscope-predicted", () => setTimeout(() => {
  stroke.drawn ??= performance.now();
}));"""
IDLE = "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"


def run(report: Report) -> None:
    """Latency of a stroke on an idle server and during a training run, how long the canvas waits
    before it posts the stroke, and the time to classify one image and many uploaded images."""
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
            waits = latencies(hand, report)
            report.at_most("ms from pen up to prediction, median", statistics.median(waits), 150)
            report.at_most("ms from pen up to prediction, worst", max(waits), 400)
            with training(server, RunStore(server.store)):
                waits = latencies(hand, report)
            case = "ms from pen up to prediction during a training run, median"
            report.at_most(case, statistics.median(waits), 400)
        finally:
            server.stop()
            server.clear()


def latencies(hand: Hand, report: Report) -> list[float]:
    """Draw people's strokes, each when the page is idle → milliseconds to each prediction."""
    page, waits, posts = hand.page, [], []
    for _, drawing in people(STROKES):
        for count, path in enumerate(hand.positions(drawing), 1):
            page.wait_for_function(IDLE)
            hand.stroke(path)
            hand.wait_for_prediction(count)
            page.wait_for_function("stroke.drawn")
            stroke = page.evaluate("stroke")
            posts.append(stroke["posted"] - stroke["lifted"])
            waits.append(stroke["drawn"] - stroke["lifted"])
        hand.clear()
        if len(waits) >= STROKES:
            break
    deciles = statistics.quantiles(waits, n=10)
    report.say(
        f"{len(waits)} strokes: median {statistics.median(waits):.0f} ms, 10th percentile "
        f"{deciles[0]:.0f}, 90th {deciles[-1]:.0f}, worst {max(waits):.0f}; the canvas posts after "
        f"{statistics.median(posts):.0f} ms"
    )
    return waits


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
