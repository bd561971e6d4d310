"""The Train page, acted on by a person."""

from __future__ import annotations

import time

from playwright.sync_api import Page, expect

from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from nn.runs.store import RunStore, State
from tests.browser.app import STEP, start, step


def open_train(page: Page, url: str, epochs: int = 40) -> None:
    """The Train page with a run long enough to act on."""
    page.goto(url)
    page.get_by_label("Epochs", exact=True).fill(str(epochs))
    page.get_by_label("Epochs", exact=True).press("Enter")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def state(page: Page, name: str) -> None:
    """Wait for a state to be shown."""
    expect(page.locator(".state")).to_have_text(name, timeout=15_000)


def test_start_makes_the_wall_and_the_curve_move(page: Page, server) -> None:
    open_train(page, server.url)
    assert step(page) == 0  # the untrained noise
    start(page)
    state(page, "Learning")
    before = step(page)
    page.wait_for_function(f"{STEP} > {before + 20}")
    page.wait_for_function("Number(document.querySelector('.plot').dataset.points) > 20")
    falling = page.evaluate("document.querySelector('.plot').data[1].y")
    assert falling[-1] < 0.8 * falling[0]


def test_pause_resume_and_stop_do_what_they_say(page: Page, server) -> None:
    open_train(page, server.url)
    start(page)
    state(page, "Learning")
    page.get_by_role("button", name="Pause").click()
    state(page, "Paused")
    time.sleep(0.3)  # a frame may still be on its way
    held = step(page)
    time.sleep(0.5)
    assert step(page) == held
    page.get_by_role("button", name="Resume").click()
    state(page, "Learning")
    page.wait_for_function(f"{STEP} > {held}")
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    [run] = RunStore(server.store).runs()
    assert run.state is State.STOPPED
    page.get_by_role("button", name="Resume").click()  # a stopped run goes on from its checkpoint
    page.wait_for_function(f"{STEP} > {run.step}", timeout=15_000)
    state(page, "Learning")
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")


def test_a_reload_goes_on_watching_and_so_does_a_restarted_server(page: Page, server) -> None:
    open_train(page, server.url, epochs=200)
    start(page)
    state(page, "Learning")
    page.reload()
    page.wait_for_function(f"{STEP} > 0", timeout=15_000)
    server.stop()
    expect(page.locator(".sentence")).to_contain_text("connection to Digitscope is lost")
    seen = step(page)
    server.start()
    page.wait_for_function(f"{STEP} > {seen}", timeout=30_000)
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")


def test_a_run_of_the_command_line_is_watched_and_stopped_here(page: Page, server) -> None:
    training = server.nn("train", "--epochs", "500", "--name", "from the shell")
    store = RunStore(server.store)
    while not store.runs():
        time.sleep(0.1)
    page.goto(server.url)  # it opens with the run under way
    page.wait_for_function(f"{STEP} > 0", timeout=20_000)
    before = step(page)
    page.wait_for_function(f"{STEP} > {before}")
    state(page, "Learning")
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")
    assert training.wait(10) == 0


def test_settings_that_make_no_network_are_explained_and_nothing_starts(page: Page, server) -> None:
    page.goto(server.url)
    page.get_by_label("Hidden layers", exact=True).fill("128, many")
    page.get_by_label("Hidden layers", exact=True).press("Enter")
    expect(page.get_by_text("hidden must be layer widths")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_disabled()


def test_an_unknown_run_in_the_address_is_explained(page: Page, server) -> None:
    page.goto(f"{server.url}/?run=nonesuch")
    expect(page.get_by_text("There is no run 'nonesuch'")).to_be_visible()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()


def test_a_preset_fills_in_the_settings(page: Page, server) -> None:
    page.goto(server.url)
    page.get_by_label("Preset", exact=True).click()
    page.get_by_text("sigmoid-40-40", exact=True).click()
    epochs = str(PRESETS["sigmoid-40-40"].spec.epochs)
    expect(page.get_by_label("Hidden layers", exact=True)).to_have_value("40, 40")
    expect(page.get_by_label("Epochs", exact=True)).to_have_value(epochs)


def test_names_are_shown_as_they_are(page: Page, server) -> None:
    RunStore(server.store).create(RunSpec(), "a *b* ![x](http://localhost:1/p.png) $x^2$ :smile:")
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(server.url)
    expect(page.get_by_text("a *b* ![x](http://localhost:1/p.png) $x^2$ :smile:")).to_be_visible()
    assert not any("p.png" in url for url in asked)


def test_settings_stay_while_the_visitor_is_on_another_page(page: Page, server) -> None:
    open_train(page, server.url, epochs=41)
    page.get_by_role("link", name="Draw").click()
    expect(page.get_by_text("No network has finished learning yet")).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("41")


def test_a_new_run_can_be_prepared_while_another_learns(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    state(page, "Learning")
    page.get_by_role("button", name="New run").click()
    expect(page.get_by_role("button", name="Start")).to_be_enabled()
    page.wait_for_function(f"{STEP} == 0")
    page.reload()  # nothing in the address: the run under way comes back
    page.wait_for_function(f"{STEP} > 0")


def test_the_curves_of_a_second_run_fill_axes_of_their_own(page: Page, server) -> None:
    open_train(page, server.url, epochs=1)
    for number in (1, 2):
        page.get_by_role("button", name="Start").click()
        while len(runs := RunStore(server.store).runs()) < number:
            page.wait_for_timeout(20)
        page.wait_for_function(
            "run => { const { dataset } = document.querySelector('.plot');"
            " return dataset.run === run && dataset.epochs == 1; }",
            arg=runs[0].id,
        )
        state(page, "Finished")
        samples, (low, high) = page.evaluate(
            "(() => { const plot = document.querySelector('.plot'); "
            "return [plot.data[1].x.at(-1), plot._fullLayout.xaxis.range]; })()"
        )
        assert low <= 0 and samples <= high <= 1.2 * samples
