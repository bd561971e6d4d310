"""The Train page, used as a visitor uses it."""

from __future__ import annotations

import os
import re
import shutil
import signal
import time
from dataclasses import replace

import pytest
from playwright.sync_api import Page, Route, expect
from sqlalchemy import update

from nn.runs.presets import PRESETS
from nn.runs.spec import RunSpec
from nn.runs.store import schema
from nn.runs.store.store import RunStore, State
from nn.support.paths import log
from tests.browser.app import (
    FRAMES,
    PATIENCE,
    ROOT,
    STEP,
    Server,
    create_queued,
    heap,
    paint,
    serious,
    start,
    step,
    wait_for,
    wait_until,
)

# A function that finds a button of a component, to press it without the pointer.
BUTTON = (
    "(name => [...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector("
    "`button[name=${name}]`)).find(Boolean))"
)
# The wall has shown the same step for half a second.
SETTLED = f"""() => {{
  const now = performance.now(), step = {STEP};
  if (window.lastStep !== step) [window.lastStep, window.lastChange] = [step, now];
  return now - window.lastChange > 500;
}}"""


def open_train(page: Page, url: str, epochs: int = 40, more: str = "") -> None:
    """Open the Train page with settings from a link; 40 epochs leave time to press buttons."""
    page.goto(f"{url}/?epochs={epochs}{more}")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()


def state(page: Page, name: str) -> None:
    """Wait for a state to be shown."""
    expect(page.locator(".state")).to_have_text(name)


def watch(page: Page, name: str) -> None:
    """View another's run, which is offered."""
    page.get_by_role("button", name="training: watch").click()
    page.get_by_role("button", name=name).click()


def paused(page: Page, server: Server) -> int:
    """Wait until the newest run is paused and the wall shows where → the step."""
    store = RunStore(server.store)
    wait_until(page, lambda: store.runs()[0].state is State.PAUSED)
    held = store.runs()[0].step
    wait_for(page, f"{STEP} === {held}")
    return held


def test_start_makes_the_wall_and_the_curve_move(page: Page, server) -> None:
    open_train(page, server.url)
    assert step(page) == 0  # the untrained noise
    start(page)
    state(page, "Training")
    before = step(page)
    wait_for(page, f"{STEP} > {before + 20}")
    wait_for(page, "Number(document.querySelector('.plot')?.dataset.points) > 20")
    falling = page.evaluate("document.querySelector('.plot').data[1].y")
    assert falling[-1] < 0.8 * falling[0]


def test_pause_resume_and_stop_work(page: Page, server) -> None:
    open_train(page, server.url)
    start(page)
    state(page, "Training")
    page.get_by_role("button", name="Pause").click()
    state(page, "Paused")
    held = paused(page, server)
    paint(page, 30)
    assert step(page) == held == RunStore(server.store).runs()[0].step
    page.get_by_role("button", name="Resume").click()
    state(page, "Training")
    wait_for(page, f"{STEP} > {held}")
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    [run] = RunStore(server.store).runs()
    assert run.state is State.STOPPED
    page.get_by_role("button", name="Resume").click()  # a stopped run resumes from its checkpoint
    wait_for(page, f"{STEP} > {run.step}")
    state(page, "Training")
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")


@pytest.mark.slow
def test_training_is_shown_again_after_a_reload_and_after_a_server_restart(
    page: Page, server
) -> None:
    open_train(page, server.url, epochs=200)
    start(page)
    state(page, "Training")
    page.reload()
    wait_for(page, f"{STEP} > 0")
    server.stop()
    expect(page.locator(".message")).to_contain_text("Connection to Digitscope lost")
    seen = step(page)
    server.start()
    wait_for(page, f"{STEP} > {seen}")
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")


@pytest.mark.slow
def test_a_run_started_on_the_command_line_is_shown_live_and_stopped_there(
    page: Page, server
) -> None:
    training = server.nn("train", "--epochs", "500", "--name", "from the shell")
    store = RunStore(server.store)
    wait_until(page, store.runs)
    page.goto(server.url)
    watch(page, "from the shell")
    wait_for(page, f"{STEP} > 0")
    before = step(page)
    wait_for(page, f"{STEP} > {before}")
    state(page, "Training")
    expect(page.get_by_text("from the shell: 784 · 128 · 10")).to_contain_text("command line")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()
    expect(page.locator(".reason")).to_contain_text("started by the command line")
    assert server.nn("stop", "from the shell").wait(PATIENCE) == 0
    state(page, "Stopped")
    assert training.wait(PATIENCE) == 0


@pytest.mark.slow
def test_another_visitor_can_watch_a_run_but_not_stop_it(page: Page, open_page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    other = open_page()
    other.goto(page.url)  # the link of the run in view
    wait_for(other, f"{STEP} > 0")
    before = step(other)
    wait_for(other, f"{STEP} > {before}")
    expect(other.locator(".about")).to_contain_text("by another visitor")
    expect(other.get_by_role("button", name="Stop")).to_be_hidden()
    expect(other.locator(".reason")).to_contain_text("but not pause or stop it")
    other.get_by_role("button", name="Start", exact=True).click()  # they may start their own
    wait_until(other, lambda: len(RunStore(server.store).runs()) == 2)
    expect(other.get_by_role("button", name="Stop")).to_be_enabled()
    other.get_by_role("button", name="Stop").click()
    state(other, "Stopped")
    expect(page.get_by_role("button", name="Stop")).to_be_enabled()
    wait_for(page, f"{STEP} > {step(page)}")


@pytest.mark.slow
def test_a_newcomer_is_greeted_by_an_untrained_network(page: Page, open_page, server) -> None:
    open_train(page, server.url, epochs=1)
    start(page)
    state(page, "Finished")
    newcomer = open_page()
    newcomer.goto(server.url)
    expect(newcomer.get_by_text("Untrained", exact=True)).to_be_visible()
    expect(newcomer.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    expect(newcomer.get_by_role("button", name="training: watch")).to_be_hidden()
    page.goto(server.url)  # who trained it finds it again
    state(page, "Finished")


@pytest.mark.slow
def test_a_run_that_has_ended_leads_on(page: Page, server) -> None:
    open_train(page, server.url, epochs=1)
    start(page)
    state(page, "Finished")
    [run] = RunStore(server.store).runs()
    page.get_by_role("button", name="Train again with one thing changed").click()
    expect(page.get_by_text("Untrained", exact=True)).to_be_visible()
    expect(page.locator(".plot[data-run]")).to_have_count(0)  # its curves are gone
    page.get_by_text("Training", exact=True).click()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("1")
    page.goto(f"{server.url}/?run={run.id}")
    page.get_by_role("button", name="See its mistakes").click()
    page.wait_for_url(f"**/mistakes?*run={run.id}*")
    page.goto(f"{server.url}/?run={run.id}")
    page.get_by_role("button", name="Draw a digit for your model").click()
    page.wait_for_url("**/draw?*")
    expect(page.get_by_label("Model", exact=True)).to_have_value(re.compile(run.name))


@pytest.mark.slow
def test_a_paused_run_advances_by_one_batch_or_one_epoch(page: Page, server) -> None:
    open_train(page, server.url)
    start(page)
    page.get_by_role("button", name="Pause").click()
    state(page, "Paused")
    held = paused(page, server)
    page.get_by_role("button", name="One batch").click()
    wait_for(page, f"{STEP} == {held + 1}")
    page.get_by_role("button", name="One epoch").click()
    state(page, "Paused")
    [run] = RunStore(server.store).runs()
    per_epoch = run.total_steps // 40
    wait_for(page, f"{STEP} > 0 && {STEP} % {per_epoch} == 0")


@pytest.mark.slow
def test_learning_rate_and_speed_can_be_changed_during_training(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    store = RunStore(server.store)
    [run] = store.runs()
    page.get_by_role("spinbutton", name="Learning rate").fill("0.025")
    page.get_by_role("spinbutton", name="Learning rate").press("Enter")
    wait_until(page, lambda: store.current_setting(run.id, "lr") == 0.025)
    page.get_by_role("slider", name="Speed", exact=True).focus()
    page.keyboard.press("Home")  # one batch a second
    wait_until(page, lambda: store.current_setting(run.id, "speed") == 1)
    wait_for(page, SETTLED)
    before = step(page)
    wait_for(page, f"{STEP} > {before}")  # all that was trained before has arrived
    before, begun = step(page), time.monotonic()
    wait_for(page, f"{STEP} >= {before} + 3")
    assert time.monotonic() - begun >= 2
    page.reload()  # the control shows what the worker has acknowledged
    speed = page.get_by_role("slider", name="Speed", exact=True)
    expect(speed).to_have_attribute("aria-valuetext", "1 per second")
    before = step(page)
    speed.focus()
    page.keyboard.press("End")
    wait_for(page, f"{STEP} > {before + 100}")
    expect(speed).to_have_attribute("aria-valuetext", "full speed")


@pytest.mark.slow
def test_keyboard_shortcuts_work_except_while_typing(page: Page, server) -> None:
    open_train(page, server.url)
    page.get_by_text("Network", exact=True).click()
    field = page.get_by_label("Hidden layers", exact=True)
    field.press("s")
    field.fill("32")
    field.press("Enter")
    page.get_by_role("heading", name="Train").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    assert not RunStore(server.store).runs()
    page.keyboard.press("s")
    state(page, "Training")
    assert [run.spec.hidden for run in RunStore(server.store).runs()] == [(32,)]
    page.keyboard.press("p")
    state(page, "Paused")
    page.keyboard.press("p")
    state(page, "Training")
    page.keyboard.press("x")
    state(page, "Stopped")


@pytest.mark.slow
def test_a_killed_worker_is_noticed_and_its_run_can_be_resumed(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    wait_for(page, "Number(document.querySelector('.plot')?.dataset.epochs) > 0")
    [run] = RunStore(server.store).runs()
    worker = re.search(r"trained by process (\d+)", log(run.id).read_text())
    assert worker
    os.kill(int(worker[1]), signal.SIGKILL)
    state(page, "Interrupted")
    expect(page.locator(".message")).to_contain_text("worker of this run vanished")
    interrupted_at = step(page)
    page.get_by_role("button", name="Resume").click()
    state(page, "Training")
    wait_for(page, f"{STEP} > {interrupted_at}")


@pytest.mark.slow
def test_a_failed_run_says_why_and_can_be_resumed(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    wait_for(page, "Number(document.querySelector('.plot')?.dataset.epochs) > 0")
    server.stop_runs()
    wait_until(page, lambda: not server.active())  # its worker has written its last
    message = "The disk is full. Delete runs, then resume this one."
    with RunStore(server.store).writing() as connection:
        connection.execute(update(schema.runs).values(state=State.FAILED, message=message))
    state(page, "Failed")
    expect(page.locator(".message")).to_contain_text(message)
    failed_at = step(page)
    page.get_by_role("button", name="Resume").click()
    state(page, "Training")
    wait_for(page, f"{STEP} > {failed_at}")
    server.stop_runs()


@pytest.mark.slow
def test_a_finished_run_reports_its_result_and_can_be_restarted(page: Page, server) -> None:
    open_train(page, server.url, epochs=1)
    start(page)
    state(page, "Finished")
    expect(page.locator(".message")).to_contain_text("Best after epoch 1")
    page.get_by_role("button", name="Restart").click()
    store = RunStore(server.store)
    wait_until(page, lambda: [run.state for run in store.runs()] == 2 * [State.FINISHED])
    one, two = store.runs()
    assert (one.spec, one.test_accuracy) == (two.spec, two.test_accuracy)


@pytest.mark.slow
def test_the_timeline_of_a_finished_run_moves_wall_and_curves(page: Page, server) -> None:
    open_train(page, server.url, epochs=1)
    start(page)
    state(page, "Finished")
    end = step(page)
    timeline = page.get_by_role("slider", name="Snapshot")
    expect(timeline).to_have_attribute("data-snapshots", re.compile("[1-9]"))  # they have loaded
    timeline.press("ArrowLeft")
    wait_for(page, f"0 < {STEP} && {STEP} < {end}")
    expect(page.locator(".marker")).to_be_visible()
    timeline.press("End")
    wait_for(page, f"{STEP} == {end}")
    expect(page.locator(".marker")).to_be_hidden()


@pytest.mark.slow
def test_a_key_pressed_before_the_snapshots_have_come_counts(page: Page, server, record) -> None:
    run = record("recorded")
    held: list[Route] = []
    page.route("**/snapshots/*", lambda route: held.append(route))
    page.goto(f"{server.url}/?run={run.id}")
    wait_until(page, lambda: held)
    assert step(page) == run.step
    timeline = page.get_by_role("slider", name="Snapshot")
    expect(timeline).to_be_visible()
    timeline.press("Home")
    held[0].continue_()
    page.unroute("**/snapshots/*")
    wait_for(page, f"{STEP} === 0")


@pytest.mark.slow
def test_simple_mode_shows_only_start_and_stop(page: Page, server) -> None:
    open_train(page, server.url, more="&hidden=16&simple=1")
    expect(page.get_by_text("Preset", exact=True)).to_be_hidden()
    start(page)
    state(page, "Training")
    for hidden in ("[name=rate]", "[name=along]", "[name=scale]"):
        expect(page.locator(hidden)).to_be_hidden()
    assert RunStore(server.store).runs()[0].spec.hidden == (16,)
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")


@pytest.mark.slow
def test_the_run_in_view_stays_selected_across_pages(page: Page, server) -> None:
    open_train(page, server.url, epochs=1)
    start(page)
    run = RunStore(server.store).runs()[0].id
    page.get_by_role("link", name="Draw").click()
    page.wait_for_url(f"**/draw?run={run}")
    page.get_by_role("link", name="Train", exact=True).click()
    page.wait_for_url(f"**/?*run={run}*")


@pytest.mark.slow
def test_axe_finds_no_serious_accessibility_problem(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    assert not serious(page)
    start(page)
    expect(page.locator(".status .spoken")).to_contain_text("Training")
    assert not serious(page)


@pytest.mark.slow
def test_browser_memory_does_not_grow_during_training(page: Page, server) -> None:
    """The benchmark runs longer; here a leak of one frame per message would add 15 MB."""
    open_train(page, server.url, epochs=1000)
    start(page)
    wait_for(page, f"{FRAMES} >= 50")
    early = heap(page)
    wait_for(page, f"{FRAMES} >= 200")
    assert heap(page) < early + 5e6


def test_an_impossible_setting_is_marked_at_its_field_and_start_says_which(
    page: Page, server
) -> None:
    page.goto(f"{server.url}/?hidden=128,%20many")
    message = "Hidden layers must be layer widths such as 128 or 128, 64; got '128, many'."
    expect(page.get_by_test_id("stAlert")).to_have_text(message)  # its group has been opened
    expect(page.locator(".reason")).to_have_text(message)
    begin = page.get_by_role("button", name="Start", exact=True)
    begin.click()
    paint(page, 30)
    expect(page.locator(".reason")).to_have_text(message)
    assert not RunStore(server.store).runs()
    page.get_by_label("Hidden layers", exact=True).fill("128")
    begin.click()  # at once
    state(page, "Training")
    expect(page.locator(".reason")).to_be_hidden()
    expect(page.get_by_label("Hidden layers", exact=True)).to_be_visible()  # still open


@pytest.mark.slow
def test_a_number_out_of_range_starts_nothing_and_start_says_which(page: Page, server) -> None:
    """Streamlit keeps it to itself: the script does not know it."""
    open_train(page, server.url)
    page.get_by_text("Training", exact=True).click()
    page.get_by_label("Epochs", exact=True).fill("99999")
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".reason")).to_have_text(
        "Epochs must be a whole number from 1 to 10,000; got 99999."
    )
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    assert not RunStore(server.store).runs()


@pytest.mark.slow
@pytest.mark.parametrize("how", ["click", "key", "script"])
def test_a_value_typed_just_now_counts(page: Page, server, how: str) -> None:
    open_train(page, server.url)
    for group in ("Network", "Training"):
        page.get_by_text(group, exact=True).click()
    page.get_by_label("Hidden layers", exact=True).fill("24, 12")
    page.get_by_label("Epochs", exact=True).fill("77")
    page.get_by_test_id("stSidebar").get_by_label("Learning rate", exact=True).fill("0.0625")
    if how == "click":
        page.get_by_role("button", name="Start", exact=True).click()
    elif how == "key":
        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("s")
    else:  # the field keeps the focus, and Streamlit learns nothing
        page.evaluate(f"{BUTTON}('start').click()")
    wait_until(page, lambda: RunStore(server.store).runs())
    [run] = RunStore(server.store).runs()
    assert (run.spec.hidden, run.spec.epochs, run.spec.lr) == ((24, 12), 77, 0.0625)
    state(page, "Training")


@pytest.mark.slow
def test_a_preset_chosen_just_now_counts(page: Page, server) -> None:
    page.goto(server.url)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    preset = PRESETS["sigmoid-40-40"]
    page.get_by_text(preset.title, exact=True).click()
    page.evaluate(f"{BUTTON}('start').click()")
    wait_until(page, lambda: RunStore(server.store).runs())
    [run] = RunStore(server.store).runs()
    assert run.spec == replace(preset.spec, dataset=run.spec.dataset)


def test_thirty_rapid_presses_start_one_run(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    page.evaluate(
        f"""async () => {{
          const press = () => document.body.dispatchEvent(
              new KeyboardEvent('keydown', {{ key: 's', bubbles: true, composed: true }}));
          for (let n = 0; n < 15; n++) {{
            {BUTTON}('start').click();
            press();
            await new Promise((resolve) => setTimeout(resolve, n * 4));
          }}
        }}"""
    )
    state(page, "Training")
    assert len(RunStore(server.store).runs()) == 1


@pytest.mark.slow
def test_a_press_whose_response_is_lost_can_be_repeated_and_starts_one_run(
    page: Page, server
) -> None:
    open_train(page, server.url, epochs=300)

    def lose(route: Route) -> None:
        route.fetch()
        route.abort()

    page.route("**/runs", lose)
    page.get_by_role("button", name="Start", exact=True).click()
    expect(page.locator(".reason")).to_contain_text("Digitscope does not answer.")
    store = RunStore(server.store)
    [run] = store.runs()
    page.unroute("**/runs")
    page.get_by_role("button", name="Start", exact=True).click()
    state(page, "Training")
    assert f"run={run.id}" in page.url
    assert [each.id for each in store.runs()] == [run.id]


@pytest.mark.slow
def test_a_run_is_shown_though_the_server_was_restarted_before_the_page_followed(
    page: Page, server
) -> None:
    open_train(page, server.url, epochs=300)

    def restart(route: Route) -> None:
        response = route.fetch()
        server.stop()
        route.fulfill(response=response)

    page.route("**/runs", restart)
    page.get_by_role("button", name="Start", exact=True).click()
    wait_until(page, lambda: server.process.poll() is not None)
    server.start()
    wait_for(page, f"{STEP} > 0")
    state(page, "Training")
    [run] = RunStore(server.store).runs()
    assert f"run={run.id}" in page.url


@pytest.mark.slow
def test_the_curves_are_drawn_though_their_library_did_not_load_at_first(
    page: Page, server
) -> None:
    lost: list[str] = []

    def lose_once(route: Route) -> None:
        if lost:
            route.continue_()
        else:
            lost.append(route.request.url)
            route.abort()

    page.route("**/bundle/plotly*.js", lose_once)
    open_train(page, server.url)
    expect(page.locator(".js-plotly-plot")).to_be_visible()
    assert lost


@pytest.mark.slow
def test_a_rejected_command_says_why_next_to_its_button(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    with RunStore(server.store).writing() as connection:
        connection.execute(update(schema.runs).values(owner="somebody else"))
    page.get_by_role("button", name="Pause").click()
    expect(page.locator(".reason")).to_have_text(
        "Only the visitor who started this run, or the server's owner, may pause it."
    )
    expect(page.get_by_role("button", name="Pause")).to_be_enabled()
    assert not RunStore(server.store).commands(RunStore(server.store).runs()[0].id)


@pytest.mark.slow
def test_a_learning_rate_that_is_not_allowed_is_rejected(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    rate = page.locator("[name=rate]")
    rate.fill("0")
    rate.press("Enter")
    expect(page.locator(".reason")).to_have_text("Learning rate must be above 0; got 0.")
    expect(rate).to_have_value("0.1")


@pytest.mark.slow
def test_buttons_that_need_the_connection_say_that_it_is_lost(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    server.stop()
    expect(page.locator(".reason")).to_have_text("Connection lost. Reconnecting…")
    for name in ("Pause", "Stop"):
        expect(page.get_by_role("button", name=name, exact=True)).to_be_disabled()
    server.start()
    expect(page.get_by_role("button", name="Pause")).to_be_enabled()
    expect(page.locator(".reason")).to_be_hidden()


@pytest.mark.slow
def test_learning_rate_and_speed_are_the_same_for_every_viewer(page: Page, server) -> None:
    open_train(page, server.url, epochs=1000)
    start(page)
    other = page.context.new_page()  # of the same visitor
    other.goto(page.url)
    for setter, watcher, rate, key, speed in (
        (page, other, "0.05", "Home", "1 per second"),
        (other, page, "0.025", "ArrowRight", "2 per second"),
    ):
        setter.locator("[name=rate]").fill(rate)
        setter.locator("[name=rate]").press("Enter")
        slider = setter.get_by_role("slider", name="Speed", exact=True)
        slider.focus()
        slider.press(key)
        for each in (setter, watcher):
            expect(each.locator("[name=rate]")).to_have_value(rate)
            expect(each.get_by_role("slider", name="Speed", exact=True)).to_have_attribute(
                "aria-valuetext", speed
            )
    other.close()


@pytest.mark.slow
def test_a_paused_run_has_one_speed_control(page: Page, server) -> None:
    open_train(page, server.url)
    start(page)
    expect(page.get_by_role("slider", name="peed")).to_have_count(1)
    page.get_by_role("button", name="Pause").click()
    state(page, "Paused")
    expect(page.get_by_role("slider", name="Playback speed")).to_be_visible()
    expect(page.get_by_role("slider", name="peed")).to_have_count(1)


@pytest.mark.slow
def test_an_old_tab_reloads_after_an_update_of_the_server(page: Page, server, tmp_path) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    loads: list[str] = []
    page.on("load", lambda each: loads.append(each.url))
    for name in ("pages", "assets", ".streamlit"):
        shutil.copytree(ROOT / name, tmp_path / name)
    shutil.copy(ROOT / "app.py", tmp_path)
    (tmp_path / "nn").symlink_to(ROOT / "nn")
    with open(tmp_path / "assets/lib/numbers.js", "a") as file:
        file.write("// A change.\n")
    server.stop()
    server.root = tmp_path
    try:
        server.start()
        expect(page.locator(".digitscope-updated")).to_have_text(
            "Digitscope was updated. Reloading…"
        )
        wait_until(page, lambda: loads)
        state(page, "Training")
        page.get_by_role("button", name="Stop").click()
        state(page, "Stopped")
        assert len(loads) == 1
    finally:
        server.stop()
        server.root = ROOT
        server.start()


@pytest.mark.slow
def test_what_a_link_says_wrongly_is_named(page: Page, server) -> None:
    page.goto(f"{server.url}/?epochs=1e999&seed=inf&optimizer=magic&lr=-1&preset=none")
    for wrong in ("epochs=1e999", "seed=inf", "optimizer=magic", "lr=-1", "preset=none"):
        expect(page.get_by_text(f"In the link, {wrong} must be")).to_be_visible()
    start(page)
    expect(page.get_by_text("In the link")).to_have_count(0)


def test_an_unknown_run_in_the_url_gets_a_message(page: Page, server) -> None:
    page.goto(f"{server.url}/?run=nonesuch")
    expect(page.get_by_text("There is no run 'nonesuch'")).to_be_visible()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()


@pytest.mark.slow
def test_a_preset_fills_in_the_settings_and_a_link_carries_them(page: Page, server) -> None:
    page.goto(server.url)
    page.get_by_text(PRESETS["sigmoid-40-40"].title, exact=True).click()
    for group in ("Network", "Training"):
        page.get_by_text(group, exact=True).click()
    epochs = str(PRESETS["sigmoid-40-40"].spec.epochs)
    expect(page.get_by_label("Hidden layers", exact=True)).to_have_value("40, 40")
    expect(page.get_by_label("Epochs", exact=True)).to_have_value(epochs)
    page.get_by_label("Hidden layers", exact=True).fill("20, 10")
    page.get_by_label("Hidden layers", exact=True).press("Enter")
    page.wait_for_url("**hidden=20*")
    link = page.url
    create_queued(RunStore(server.store), RunSpec())
    page.goto(link)  # shows these settings, not the newest run
    assert "run=" not in page.url
    page.get_by_text("Network", exact=True).click()
    expect(page.get_by_label("Hidden layers", exact=True)).to_have_value("20, 10")
    page.get_by_text("Training", exact=True).click()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value(epochs)


@pytest.mark.slow
def test_run_names_are_not_interpreted_as_markdown(page: Page, server) -> None:
    create_queued(
        RunStore(server.store), RunSpec(), "a *b* ![x](http://localhost:1/p.png) $x^2$ :smile:"
    )
    requests: list[str] = []
    page.on("request", lambda request: requests.append(request.url))
    page.goto(server.url)
    watch(page, "a *b* ![x](http://localhost:1/p.png) $x^2$ :smile:")
    about = page.locator(".about")
    expect(about).to_contain_text("a *b* ![x](http://localhost:1/p.png) $x^2$ :smile:")
    assert requests and not any("p.png" in url for url in requests)


@pytest.mark.slow
def test_settings_are_kept_while_visiting_another_page(page: Page, server) -> None:
    open_train(page, server.url, epochs=41)
    page.get_by_role("link", name="Draw").click()
    expect(page.get_by_role("heading", name="Draw a digit")).to_be_visible()
    page.get_by_role("link", name="Train", exact=True).click()
    page.get_by_text("Training", exact=True).click()
    expect(page.get_by_label("Epochs", exact=True)).to_have_value("41")


@pytest.mark.slow
def test_a_new_run_can_be_configured_while_another_trains(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    state(page, "Training")
    page.get_by_role("button", name="New run").click()
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    wait_for(page, f"{STEP} == 0")
    page.goto(server.url)  # without a run in the URL, the active run is shown
    wait_for(page, f"{STEP} > 0")


@pytest.mark.slow
def test_the_accuracy_climbs_before_the_first_epoch_ends(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    page.get_by_role("button", name="Start", exact=True).click()
    wait_for(page, "Number(document.querySelector('.plot')?.dataset.estimates) >= 12")
    curves = page.evaluate(
        "document.querySelector('.plot').data.map(({ name, y }) => [name, [...y]])"
    )
    [(name, accuracies)] = [curve for curve in curves if "estimate" in curve[0]]
    assert name == "validation, estimate ± 2 points"
    assert accuracies[0] < 0.3 < max(accuracies)
    low, high = page.evaluate("document.querySelector('.plot')._fullLayout.yaxis2.range")
    assert (low, round(high)) == (0, 1)
    page.get_by_role("button", name="Stop").click()


@pytest.mark.slow
def test_a_logarithmic_axis_is_kept_for_the_next_visit(page: Page, server) -> None:
    open_train(page, server.url, epochs=1)
    start(page)
    state(page, "Finished")
    page.get_by_label("Logarithmic x-axis").check()
    is_log = "document.querySelector('.plot')?._fullLayout?.xaxis.type === 'log'"
    wait_for(page, is_log)
    page.reload()
    wait_for(page, is_log)
    expect(page.get_by_label("Logarithmic x-axis")).to_be_checked()


@pytest.mark.slow
def test_the_curve_of_a_run_that_diverges_leaves_its_axis(page: Page, server) -> None:
    page.goto(f"{server.url}/?preset=too-fast")
    page.get_by_role("button", name="Start", exact=True).click()
    state(page, "Diverged")
    wait_for(
        page, "document.querySelector('.plot')?._fullLayout?.annotations?.[0]?.text === 'diverged'"
    )
    smoothed, high = page.evaluate(
        "(() => { const plot = document.querySelector('.plot'); "
        "return [plot.data[1].y.at(-1), plot._fullLayout.yaxis.range[1]]; })()"
    )
    assert smoothed > 1e5 and high < 100


@pytest.mark.slow
def test_the_axes_fit_the_curves_of_a_second_run(page: Page, server) -> None:
    open_train(page, server.url, epochs=1)
    for number in (1, 2):
        page.get_by_role("button", name="Start", exact=True).click()
        wait_until(page, lambda number=number: len(RunStore(server.store).runs()) == number)
        runs = RunStore(server.store).runs()
        wait_for(
            page,
            "run => { const shown = document.querySelector('.plot')?.dataset;"
            " return shown?.run === run && shown.epochs == 1; }",
            arg=runs[0].id,
        )
        state(page, "Finished")
        samples_seen, (low, high) = page.evaluate(
            "(() => { const plot = document.querySelector('.plot'); "
            "return [plot.data[1].x.at(-1), plot._fullLayout.xaxis.range]; })()"
        )
        assert low <= 0 and samples_seen <= high <= 1.2 * samples_seen
