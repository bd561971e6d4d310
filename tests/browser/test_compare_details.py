"""What the Compare page shows below its curves, acted on by a person."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Locator, Page, expect

from nn.data import mnist
from nn.runs.spec import RunSpec
from nn.runs.store.store import Run, RunStore, State
from tests.browser.app import PATIENCE, create_queued, rerun, serious, wait_until
from tests.browser.hand import Hand, pen_path

PHONE = (390, 844)


def open_compare(page: Page, server, runs: list[Run], tab: str = "Weight walls") -> None:
    page.goto(f"{server.url}/compare?runs={','.join(run.id for run in runs)}")
    found = page.get_by_role("tab", name=tab)
    found.click()
    expect(found).to_have_attribute("aria-selected", "true")


def timeline(page: Page) -> Locator:
    """Once the snapshots of all runs have arrived."""
    found = page.get_by_role("slider", name="Images seen")
    expect(found).to_have_attribute("data-stops", re.compile(r"\d\d"))
    expect(found).to_have_attribute("aria-busy", "false")
    return found


def walls(page: Page) -> Locator:
    return page.locator("figure canvas[data-images]")


def images_seen(page: Page) -> list[int]:
    return [int(wall.get_attribute("data-images") or -1) for wall in walls(page).all()]


@pytest.fixture
def two_runs(record) -> list[Run]:
    """The second sees a fifth of the images that the first sees."""
    return [
        record("longer", batch_size=50),
        record("shorter", batch_size=50, hidden=(10,), train_size=3200, epochs=1),
    ]


def test_walls_are_shown_at_equal_images_seen_under_one_timeline(page, server, two_runs) -> None:
    open_compare(page, server, two_runs)
    long, short = (run.samples_seen for run in two_runs)
    assert long > 3 * short
    slider = timeline(page)
    expect(walls(page)).to_have_count(2)
    figure = page.get_by_role("figure", name="shorter")
    expect(figure).to_contain_text("Hidden layers 10")
    wait_until(page, lambda: images_seen(page) == [long, short])
    ended = page.get_by_text(f"Finished after {short:,} images")
    expect(ended).to_be_visible()
    slider.press("Home")
    expect(page.locator("figure").get_by_text("Before training")).to_have_count(2)
    wait_until(page, lambda: images_seen(page) == [0, 0])
    expect(ended).to_be_hidden()
    both_train = 0
    for _ in range(500):  # to where the shorter run has ended
        slider.press("ArrowRight")
        first, second = images_seen(page)
        if first > short:
            break
        both_train += 1
        # The last snapshot of each up to then: kept ones follow each other within a factor of two.
        assert min(first, second) >= max(first, second) / 2, (first, second)
    assert both_train > 5
    expect(ended).to_be_visible()
    wait_until(page, lambda: images_seen(page)[1] == short)


@pytest.mark.slow
def test_a_copied_link_shows_the_walls_at_the_same_images_seen(page, server, two_runs) -> None:
    open_compare(page, server, two_runs)
    slider = timeline(page)
    slider.press("Home")
    for _ in range(8):
        slider.press("ArrowRight")
    position = slider.get_attribute("aria-valuetext") or ""
    page.wait_for_url(f"**images={re.sub(r'[^0-9]', '', position)}*")
    shown, link = images_seen(page), page.url
    assert 0 < shown[0] < two_runs[0].samples_seen
    page.goto("about:blank")
    page.goto(link)
    expect(timeline(page)).to_have_attribute("aria-valuetext", position)
    wait_until(page, lambda: images_seen(page) == shown)
    page.get_by_role("link", name="Train").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_visible()
    page.get_by_role("link", name="Compare").click()
    page.wait_for_url("**images=*")
    expect(timeline(page)).to_have_attribute("aria-valuetext", position)
    slider.press("End")
    page.wait_for_url(lambda url: "images=" not in url)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_walls_line_up_where_their_captions_have_unequal_heights(
    open_page, server, record, size
) -> None:
    page = open_page(size)
    long = "a run with a name of so many words that it takes several lines, above its wall"
    open_compare(page, server, [record("short"), record(long, lr=0.02)])
    expect(walls(page)).to_have_count(2)
    heights = page.locator("figure .name").evaluate_all("(all) => all.map((x) => x.clientHeight)")
    assert heights[0] == heights[1] > 30  # several lines
    tops = walls(page).evaluate_all("(all) => all.map((x) => x.getBoundingClientRect().top)")
    assert tops[0] == tops[1]
    for tab in page.get_by_role("tab").all():
        box = tab.bounding_box()
        assert box["x"] >= 0 and box["x"] + box["width"] <= size[0], tab.inner_text()


@pytest.mark.slow
def test_the_walls_play_from_the_start_to_the_end(page, server, two_runs) -> None:
    open_compare(page, server, two_runs)
    timeline(page)
    end = two_runs[0].samples_seen
    speed = page.get_by_role("slider", name="Playback speed")
    speed.press("Home")
    page.get_by_role("button", name="Play").click()
    wait_until(page, lambda: 0 < images_seen(page)[0] < end)
    page.get_by_role("button", name="Pause").click()
    paused = images_seen(page)
    assert paused[0] < end
    speed.press("End")
    assert images_seen(page) == paused
    page.get_by_role("button", name="Play").click()
    expect(page.get_by_role("button", name="Play")).to_be_visible()
    wait_until(page, lambda: images_seen(page)[0] == end)


@pytest.mark.slow
def test_the_walls_of_runs_in_training_are_live(page, server) -> None:
    workers = [server.worker(epochs=100, hidden=(8,), lr=lr) for lr in (0.1, 0.01)]
    try:
        store = RunStore(server.store)
        wait_until(page, lambda: all(run.samples_seen for run in store.runs()))
        open_compare(page, server, store.runs())
        expect(walls(page)).to_have_count(2)
        before = images_seen(page)
        wait_until(
            page,
            lambda: all(now > then for now, then in zip(images_seen(page), before, strict=True)),
        )
        expect(page.get_by_text(re.compile("images, live$"))).to_be_visible()
        slider = timeline(page)
        slider.press("Home")
        # The first stop may be the other run's: a wall waits for its own snapshots.
        wait_until(page, lambda: images_seen(page) == [0, 0])
    finally:
        for worker in workers:
            worker.kill()
            worker.wait()


@pytest.mark.slow
def test_a_run_that_diverged_says_so_in_every_section(page, server, record) -> None:
    spec = {"hidden": (64, 64, 64), "activation": "leaky_relu", "initializer": "normal"}
    server.worker(**spec, lr=1000.0).wait(PATIENCE)
    store = RunStore(server.store)
    [diverged] = store.runs()
    assert diverged.state is State.DIVERGED
    open_compare(page, server, [record("trained"), diverged])
    expect(walls(page)).to_have_count(2)
    text = f"Diverged after {diverged.samples_seen:,} images"
    expect(page.locator("figure").get_by_text(text)).to_be_visible()
    page.get_by_role("tab", name="Draw", exact=True).click()
    expect(page.locator(".bar-rows")).to_have_count(2)


def cell(page: Page, actual: int, predicted: int) -> Locator:
    """In each matrix."""
    return page.get_by_role("button", name=f"actual {actual}, predicted {predicted}:")


@pytest.mark.slow
def test_confusion_matrices_have_a_difference_and_a_cell_leads_to_its_images(
    page, server, two_runs
) -> None:
    open_compare(page, server, two_runs, "Confusion matrices")
    tables = page.get_by_role("table", name=re.compile("confusion matri", re.IGNORECASE))
    expect(tables).to_have_count(3)
    numbers = [
        [int(text.replace(",", "").replace("−", "-") or 0) for text in cells]
        for cells in (tables.nth(i).get_by_role("button").all_inner_texts() for i in range(3))
    ]
    first, second, difference = numbers
    assert sum(first) == sum(second) == 4000
    assert difference == [b - a for a, b in zip(first, second, strict=True)] and any(difference)
    cell(page, 3, 3).first.click()
    texts = [f"{matrix[33]} images of 3, correct" for matrix in (first, second)]
    for text in texts:
        expect(page.get_by_text(text)).to_be_visible()
    page.locator(".thumbnail").first.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text("Predicted 3, correct").first).to_be_visible()
    expect(dialog.locator(".bar-rows")).to_have_count(2)
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()
    cell(page, 3, 3).last.click()
    expect(page.get_by_text(texts[0])).to_be_hidden()


@pytest.mark.slow
def test_a_run_with_another_test_set_is_named_and_left_out(page, server, record) -> None:
    if not mnist.find():
        pytest.skip("needs MNIST")
    runs = [record("a"), record("b", lr=0.02), record("of MNIST", dataset="mnist", epochs=1)]
    open_compare(page, server, runs, "Confusion matrices")
    expect(
        page.get_by_text("Left out: of MNIST (another test set: MNIST test set).")
    ).to_be_visible()
    expect(page.get_by_role("table", name="Difference")).to_be_visible()


@pytest.mark.slow
def test_calibration_of_all_runs_is_in_one_chart(page, server, two_runs) -> None:
    open_compare(page, server, two_runs, "Calibration")
    chart = page.get_by_role("figure", name=re.compile(r"longer \d+\.\d, shorter \d+\.\d\.$"))
    expect(chart.locator(".scatterlayer .trace")).to_have_count(3)  # with the diagonal
    expect(page.get_by_text("Expected calibration error (ECE)")).to_be_visible()


@pytest.mark.slow
def test_images_that_only_one_run_classifies_correctly_are_shown_and_counted(
    page, server, two_runs
) -> None:
    open_compare(page, server, two_runs, "Disagreement")
    found = page.get_by_text(re.compile("alone is right on"))
    expect(found).to_be_visible()
    first, second, both = (
        int(count.replace(",", "")) for count in re.findall(r"on ([\d,]+)", found.inner_text())
    )
    accuracies = [run.test_accuracy or 0 for run in two_runs]
    # Of the snapshots, whose weights are rounded to 16 bits.
    assert abs((4000 - second - both) / 4000 - accuracies[0]) < 0.003
    assert abs((4000 - first - both) / 4000 - accuracies[1]) < 0.003
    expect(page.get_by_text(re.compile("by chance in less than 1 of 1,000,000"))).to_be_visible()
    expect(page.get_by_text(f"{first:,} images, as shorter classifies them")).to_be_visible()
    expect(page.locator(".thumbnail")).to_have_count(min(first, 20) + min(second, 20))
    assert first > 20
    page.get_by_role("button", name=f"Show {min(20, first - 20)} more").first.click()
    expect(page.locator(".thumbnail")).to_have_count(min(first, 40) + min(second, 20))
    page.locator(".thumbnail").first.click()
    dialog = page.get_by_role("dialog")
    expect(dialog.get_by_text(re.compile(r"Predicted \d, correct"))).to_have_count(1)
    expect(dialog.get_by_text(re.compile(r"Predicted \d, incorrect"))).to_have_count(1)
    with rerun(page):
        page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    choice = page.get_by_role("combobox", name="First run")
    choice.scroll_into_view_if_needed()  # a list closes when the page is scrolled
    choice.click()
    page.get_by_role("option", name="shorter").click()
    expect(page.get_by_text("shorter alone is right on")).to_be_visible()


@pytest.mark.slow
def test_one_run_alone_or_an_untrained_one_is_explained(page, server, record) -> None:
    waiting = create_queued(RunStore(server.store), RunSpec(dataset="strokes"), "waiting")
    open_compare(page, server, [record("alone"), waiting], "Disagreement")
    expect(page.get_by_text("Left out: waiting (not trained yet).")).to_be_visible()
    expect(page.get_by_text("Compare at least two trained runs")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize(("size", "finger"), [((1280, 900), False), (PHONE, True)])
def test_every_compared_run_classifies_the_drawing_while_the_pen_moves(
    open_page, server, two_runs, size, finger
) -> None:
    page = open_page(size, finger)
    hand = Hand(page, server.url, finger)
    open_compare(page, server, two_runs, "Draw")
    hand.wait_for_prediction(0)
    expect(page.get_by_text("Draw a digit to see how its probabilities changed")).to_be_visible()
    bars = page.locator(".bar-rows")
    expect(bars).to_have_count(2)
    seven = pen_path(7)
    paths = hand.positions(seven)
    if not finger:  # the pen is down: no script has run
        page.mouse.move(*paths[0][0])
        page.mouse.down()
        for position in paths[0]:
            page.mouse.move(*position)
        for i in range(2):
            expect(bars.nth(i).locator(".largest")).to_have_count(1)
        expect(page.get_by_text("Probabilities of the ten digits")).to_have_count(0)
        page.mouse.up()
        hand.wait_for_prediction(1)
        hand.clear()
    hand.draw(seven)
    names = page.get_by_role("figure", name=re.compile("Probabilities of the ten digits"))
    expect(names).to_have_count(2)
    expect(names.first).to_have_accessible_name(re.compile("After 30,000 images"))
    expect(names.last).to_have_accessible_name(re.compile("After 3,200 images"))
    for i in range(2):
        expect(bars.nth(i)).to_have_attribute("data-strokes", "2")
    assert not serious(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
    hand.clear()
    expect(names).to_have_count(0)


@pytest.mark.slow
@pytest.mark.parametrize("size", [(1280, 800), PHONE])
def test_no_section_has_a_serious_accessibility_problem(open_page, server, two_runs, size) -> None:
    page = open_page(size)
    sections = {
        "Weight walls": walls(page).nth(1),
        "Confusion matrices": page.get_by_role("table", name="Difference"),
        "Calibration": page.get_by_role("figure", name="Calibration chart"),
        "Disagreement": page.locator(".thumbnail").first,
    }
    for tab, shown in sections.items():
        open_compare(page, server, two_runs, tab)
        expect(shown).to_be_visible()
        assert not serious(page), tab
        assert page.evaluate("document.documentElement.scrollWidth") <= size[0]
