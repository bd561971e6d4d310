"""The Draw page in a real browser beside the server: from the lifted pen to the answer drawn."""

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

# The first message after the pen is lifted is the canvas's; the answer is drawn in the frame in
# which the bars say so.
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
STILL = "document.querySelector('[data-testid=stApp]').dataset.testScriptState === 'notRunning'"


def run(report: Report) -> None:
    """A stroke's wait at an idle server and beside a training run, what the canvas waits before it
    posts, a picture's time, and that of many uploaded ones."""
    without_page(report)
    path = find_chromium()
    if not path:
        report.say("The page is measured in Chromium, and none was found.")
        return
    with tempfile.TemporaryDirectory() as home, chromium(path) as browser:
        server = Server(Path(home))
        server.start()
        try:
            page = browser.new_page(viewport={"width": 1280, "height": 800})
            page.add_init_script(WATCH)
            hand = Hand(page, server.url)
            waits = answers(hand, report)
            report.at_most("ms from pen lifted to answer, median", statistics.median(waits), 150)
            report.at_most("ms from pen lifted to answer, worst", max(waits), 400)
            with training(server, RunStore(server.store)):
                waits = answers(hand, report)
            case = "ms from pen lifted to answer beside a training run, median"
            report.at_most(case, statistics.median(waits), 400)
        finally:
            server.stop()
            server.clear()


def answers(hand: Hand, report: Report) -> list[float]:
    """Real strokes, each when the page has come to rest → milliseconds until each is answered."""
    page, waits, posts = hand.page, [], []
    for _, drawing in people(STROKES):
        for count, path in enumerate(hand.positions(drawing), 1):
            page.wait_for_function(STILL)
            hand.stroke(path)
            hand.wait_for_prediction(count)
            page.wait_for_function("stroke.drawn")
            stroke = page.evaluate("stroke")
            posts.append(stroke["posted"] - stroke["lifted"])
            waits.append(stroke["drawn"] - stroke["lifted"])
        hand.clear()
        if len(waits) >= STROKES:
            break
    spread = statistics.quantiles(waits, n=10)
    report.say(
        f"{len(waits)} strokes: of {statistics.median(waits):.0f} ms the canvas itself waits "
        f"{statistics.median(posts):.0f}; a tenth takes under {spread[0]:.0f}, a tenth over "
        f"{spread[-1]:.0f}, the worst {max(waits):.0f}"
    )
    return waits


def without_page(report: Report) -> None:
    """What the server does with one picture, and with many files."""
    drawings = [render(strokes).resize((SIDE, SIDE)) for _, strokes in people(UPLOADS)]
    pretrained.predict(preprocess(drawings[0]))  # warm
    took = []
    for drawing in drawings[:STROKES]:
        began = time.perf_counter()
        pretrained.predict(preprocess(drawing))
        took.append(1000 * (time.perf_counter() - began))
    report.at_most(f"ms to preprocess and read {SIDE} × {SIDE}", statistics.median(took), 10)
    files = []
    for drawing in drawings:
        file = io.BytesIO()
        drawing.save(file, "PNG")
        files.append(file.getvalue())
    began = time.perf_counter()
    for data in files:
        seen = upload.look("digit.png", data).seen
        assert seen
        pretrained.predict(seen)
    took_all = time.perf_counter() - began
    report.at_most(f"seconds to read {len(files)} uploaded pictures", took_all, 2)
