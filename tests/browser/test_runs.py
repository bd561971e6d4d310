"""Runs of many visitors: the server's owner, links to copy, the offer to watch, the run table."""

from __future__ import annotations

import re
from urllib.parse import parse_qsl, urlsplit

import pytest
from playwright.sync_api import Page, expect

from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore, State
from tests.browser.app import (
    PATIENCE,
    STEP,
    Server,
    copied,
    create_queued,
    paint,
    rerun,
    start,
    step,
    wait_for,
    wait_until,
)
from tests.browser.conftest import DESKTOP
from tests.browser.test_train import open_train, state, watch

SETTINGS = "&hidden=16"


def owner_link(server: Server) -> str:
    """As the server printed it when it started last."""
    printed = re.findall(r"Owner link .*: (http\S+)", (server.home / "server.log").read_text())
    return printed[-1]


def copy(page: Page, link: str) -> str:
    """Copy a link of the Share menu → its URL"""
    page.get_by_role("button", name="Share", exact=True).click()
    url = copied(page, page.get_by_role("button", name=f"Copy link to this {link}").click)
    expect(page.get_by_role("status").filter(has_text="Copied")).to_have_count(1)
    page.keyboard.press("Escape")
    return url


@pytest.fixture
def newcomer(open_page):
    return open_page()


@pytest.mark.slow
def test_the_owner_stops_renames_and_deletes_what_others_started(page: Page, server) -> None:
    store = RunStore(server.store)
    training = server.nn("train", "--epochs", "500", "--name", "from the shell", "--hidden", "8")
    wait_until(page, store.runs)
    assert owner_link(server).startswith(f"{server.url}/owner/")
    page.goto(owner_link(server))
    assert page.url == f"{server.url}/"
    expect(page.get_by_text("Untrained", exact=True)).to_be_visible()  # it is not his own run
    watch(page, "from the shell")
    state(page, "Training")
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    page.get_by_role("button", name="Stop").click()
    state(page, "Stopped")
    assert training.wait(PATIENCE) == 0
    page.get_by_text("Recorded runs").click()
    page.get_by_label("Name of the run in view").fill("renamed")
    page.get_by_label("Name of the run in view").press("Enter")
    wait_until(page, lambda: store.runs()[0].name == "renamed")
    page.get_by_role("button", name="Delete this run").click()
    page.get_by_role("button", name="Delete 1 run", exact=True).click()
    wait_until(page, lambda: not store.runs())


@pytest.mark.slow
def test_a_link_with_another_token_makes_nobody_the_owner(page: Page, server) -> None:
    create_queued(RunStore(server.store), RunSpec(), "from the shell")
    assert page.goto(f"{server.url}/owner/guessed").status == 403
    page.goto(server.url)
    watch(page, "from the shell")
    expect(page.locator(".reason")).to_contain_text("started by the command line")
    expect(page.get_by_role("button", name="Stop")).to_be_hidden()


@pytest.mark.slow
def test_a_link_on_another_site_leads_a_visitor_to_his_own_runs(page: Page, server) -> None:
    open_train(page, server.url, epochs=1, more=SETTINGS)
    start(page)
    state(page, "Finished")
    page.route(
        "http://school.example/",
        lambda route: route.fulfill(
            body=f"<a href='{server.url}'>Digitscope</a>", content_type="text/html"
        ),
    )
    page.goto("http://school.example/")
    page.get_by_text("Digitscope").click()
    state(page, "Finished")  # he is greeted by it, as its owner
    page.get_by_role("button", name="Restart").wait_for()


@pytest.mark.slow
@pytest.mark.parametrize("more", ["", SETTINGS])
def test_a_link_to_an_experiment_shows_its_settings_untrained_to_visitors_with_runs_too(
    page: Page, newcomer: Page, server, more
) -> None:
    open_train(newcomer, server.url, epochs=1, more=SETTINGS)
    start(newcomer)
    state(newcomer, "Finished")
    page.goto(f"{server.url}/?preset=fast{more}" if more else server.url)
    expect(page.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    before_start = copy(page, "experiment")
    parameters = dict(parse_qsl(urlsplit(before_start).query))
    assert parameters["preset"] == ("fast" if more else "standard") and "run" not in parameters
    start(page)
    assert copy(page, "experiment") == before_start  # that of the run in view, now
    server.stop_runs()
    wait_until(page, lambda: not server.active())
    newcomer.goto(before_start)
    expect(newcomer.get_by_text("Untrained", exact=True)).to_be_visible()
    expect(newcomer.get_by_role("button", name="Start", exact=True)).to_be_enabled()
    start(newcomer)
    specs = [run.spec for run in RunStore(server.store).runs()]
    assert specs[0] == specs[1] != specs[2]


# Timers end 2 s later than they should, as on a busy machine; `ended` counts those of 200 ms, after
# which a component that is no longer on the page ends.
LATE_TIMERS = """(() => {
  const onTime = window.setTimeout;
  window.ended = 0;
  window.setTimeout = (action, delay, ...args) =>
    onTime((...args) => {
      action(...args);
      if (delay === 200) window.ended += 1;
    }, delay && delay + 2000, ...args);
})()"""


@pytest.mark.slow
def test_a_snapshot_in_view_stays_when_the_page_left_ends_late(page: Page, server, record) -> None:
    run = record("shown")
    step_shown = RunStore(server.store).snapshot_steps(run.id)[5]
    page.add_init_script(LATE_TIMERS)
    page.goto(f"{server.url}/?run={run.id}&step={step_shown}")
    wait_for(page, f"{STEP} == {step_shown}")
    before = page.evaluate("ended")
    page.get_by_role("link", name="Neurons").click()
    page.wait_for_url("**/neurons?*")
    wait_for(page, f"ended >= {before} + 5")  # the Train page's components
    wait_for(page, f"{STEP} >= 0")
    paint(page, 2)
    assert step(page) == step_shown


@pytest.mark.slow
def test_a_link_to_a_run_opens_it_with_the_snapshot_in_view(
    page: Page, newcomer: Page, server, record
) -> None:
    run = record("shown")
    page.goto(f"{server.url}/?run={run.id}")
    timeline = page.get_by_role("slider", name="Snapshot")
    expect(timeline).to_have_attribute("data-snapshots", re.compile("[1-9]"))
    assert copy(page, "run") == f"{server.url}/?run={run.id}"
    newest = step(page)
    for _ in range(5):
        timeline.press("ArrowLeft")
    wait_for(page, f"0 < {STEP} && {STEP} < {newest}")
    shown = step(page)
    link = copy(page, "run")
    assert link == f"{server.url}/?run={run.id}&step={shown}"
    page.wait_for_url(f"**step={shown}*")  # a reload, too, shows it
    newcomer.goto(link)
    wait_for(newcomer, f"{STEP} == {shown}")
    newcomer.get_by_role("link", name="Neurons").click()
    wait_for(newcomer, f"{STEP} == {shown}")


@pytest.mark.slow
def test_without_a_clipboard_the_link_is_there_to_be_copied(page: Page, server) -> None:
    """As on http pages of another computer."""
    page.add_init_script(
        "Object.defineProperty(navigator, 'clipboard', { value: undefined });"
        "document.execCommand = () => window.commandWorks ?? false;"
    )
    open_train(page, server.url, more=SETTINGS)
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Copy link to this experiment").click()
    field = page.get_by_label("Copy this link:")
    expect(field).to_have_value(re.compile(r"\?preset=standard&hidden=16"))
    selected = field.evaluate("field => [field.selectionStart, field.selectionEnd]")
    assert selected == [0, len(field.input_value())]
    expect(page.get_by_role("button", name="Copied", exact=True)).to_have_count(0)
    page.evaluate("window.commandWorks = true")
    page.get_by_role("button", name="Copy link to this experiment").click()
    expect(page.get_by_role("button", name="Copied", exact=True)).to_be_visible()
    expect(field).to_be_hidden()


POSITIONS = """() => ["h1, h2", "canvas", "[name=start]", "[name=share]"].map((selector) => {
  const roots = [document, ...[...document.querySelectorAll("*")].flatMap(e => e.shadowRoot ?? [])];
  const found = roots.map((root) => root.querySelector(selector)).find(Boolean);
  const { x, y, width, height } = found.getBoundingClientRect();
  return [x, y, width, height].join();
})"""


@pytest.mark.slow
@pytest.mark.parametrize("size", [DESKTOP, (390, 844)])
def test_others_runs_are_offered_as_they_begin_and_end_and_nothing_moves(
    open_page, server, size
) -> None:
    page, store = open_page(size), RunStore(server.store)
    open_train(page, server.url, more=SETTINGS)
    offer = page.get_by_role("button", name="training: watch")
    expect(offer).to_be_hidden()
    positions = page.evaluate(POSITIONS)
    runs = [create_queued(store, RunSpec(), f"number {number}") for number in range(3)]
    expect(offer).to_have_text(re.compile("3 runs are training: watch"))
    assert page.evaluate(POSITIONS) == positions
    offer.click()
    expect(page.get_by_role("button", name="number 1")).to_be_in_viewport(ratio=1)
    store.rename(runs[1].id, "renamed")
    expect(page.get_by_role("button", name="renamed")).to_contain_text("784-128-10, queued")
    for run in runs[1:]:
        store.cancel(run.id)
    expect(offer).to_have_text(re.compile("1 run is training: watch"))
    page.keyboard.press("Escape")
    expect(page.get_by_role("button", name="number 0")).to_be_hidden()
    store.cancel(runs[0].id)
    expect(offer).to_be_hidden()
    assert page.evaluate(POSITIONS) == positions


@pytest.mark.slow
def test_ones_own_run_is_not_offered_and_another_is_when_it_is_not_in_view(
    page: Page, newcomer: Page, server
) -> None:
    open_train(page, server.url, epochs=300, more=SETTINGS)
    start(page)
    create_queued(RunStore(server.store), RunSpec(), "another's")
    newcomer.goto(server.url)
    offer = newcomer.get_by_role("button", name="training: watch")
    expect(offer).to_have_text(re.compile("2 runs are training: watch"))
    watch(newcomer, "another's")
    expect(newcomer.locator(".about")).to_contain_text("another's")
    expect(offer).to_have_text(re.compile("1 run is training: watch"))
    expect(page.get_by_role("button", name="training: watch")).to_be_hidden()
    page.get_by_role("button", name="New run").click()
    expect(page.get_by_role("button", name="training: watch")).to_have_text(
        re.compile("1 run is training: watch")
    )


@pytest.mark.slow
def test_the_page_asks_for_no_list_of_runs_and_runs_no_script_while_it_offers(
    page: Page, server
) -> None:
    open_train(page, server.url, more=SETTINGS)
    store = RunStore(server.store)
    run = create_queued(store, RunSpec(), "first")
    expect(page.get_by_role("button", name="training: watch")).to_be_visible()
    sent: list[str] = []
    session = page.context.new_cdp_session(page)
    session.send("Network.enable")
    session.on("Network.webSocketFrameSent", lambda event: sent.append(event["requestId"]))
    page.on("request", lambda request: sent.append(request.url))
    page.wait_for_timeout(6000)  # the query that this replaces came every five seconds
    store.rename(run.id, "second")
    page.get_by_role("button", name="training: watch").click()
    expect(page.get_by_role("button", name="second")).to_be_visible()
    assert not sent


def click_row(page: Page, row: int, x: int = 20) -> None:
    """Click in a row of the run table; x = 20: its check box."""
    table = page.get_by_test_id("stDataFrame").locator(".dvn-scroller")
    table.click(position={"x": x, "y": 35 + 17 + 35 * row})


@pytest.mark.slow
def test_many_runs_are_deleted_at_once_after_a_confirmation_that_counts_them(
    page: Page, server
) -> None:
    open_train(page, server.url, epochs=1, more=SETTINGS)
    store = RunStore(server.store)
    start(page)
    state(page, "Finished")
    [first] = store.runs()
    others = [
        create_queued(store, first.spec, f"number {number}", owner=first.owner)
        for number in range(3)
    ]
    for run in others[:2]:
        store.cancel(run.id)
    create_queued(store, RunSpec(), "another's")
    page.get_by_text("Recorded runs").click()
    page.get_by_text("5 runs. Click one to open it").wait_for()
    for row in range(5):
        with rerun(page):
            click_row(page, row)
    page.get_by_role("button", name="Delete 5 runs").click()
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("Delete 3 runs?")
    expect(dialog).to_contain_text("cannot be undone")
    expect(dialog).to_contain_text("1 run cannot be deleted: somebody else started it")
    expect(dialog).to_contain_text("1 run cannot be deleted: it is still active")
    dialog.get_by_role("button", name="Cancel").click()
    expect(dialog).to_be_hidden()
    assert len(store.runs()) == 5
    page.get_by_role("button", name="Delete 5 runs").click()
    dialog.get_by_role("button", name="Delete 3 runs", exact=True).click()
    page.get_by_text("2 runs. Click one to open it").wait_for()
    assert {run.name for run in store.runs()} == {"number 2", "another's"}
    expect(page.get_by_text("Untrained", exact=True)).to_be_visible()  # the one in view is gone
    assert "run=" not in page.url


@pytest.mark.slow
def test_a_selection_stays_with_its_runs_when_others_begin(page: Page, server, record) -> None:
    kept, chosen = record("kept"), record("chosen")
    page.goto(owner_link(server))
    page.get_by_text("Recorded runs").click()
    page.get_by_text("2 runs. Click one to open it").wait_for()
    with rerun(page):
        click_row(page, 0)
    store = RunStore(server.store)
    new = create_queued(store, RunSpec(), "new")
    with rerun(page):
        page.get_by_text("Fast", exact=True).click()
    page.get_by_role("button", name="Delete 1 run…").click()
    expect(page.get_by_role("dialog")).to_contain_text("chosen")
    page.get_by_role("button", name="Delete 1 run", exact=True).click()
    wait_until(page, lambda: len(store.runs()) == 2)
    assert {run.id for run in store.runs()} == {kept.id, new.id} != {chosen.id}


@pytest.mark.slow
def test_a_click_opens_a_run_and_every_setting_can_be_a_column(page: Page, server, record) -> None:
    run = record("opened", lr=0.03)
    record("newer")
    page.goto(server.url)
    page.get_by_text("Recorded runs").click()
    page.get_by_text("2 runs. Click one to open it").wait_for()
    click_row(page, 1, x=150)
    page.wait_for_url(f"**run={run.id}*")
    expect(page.locator(".about")).to_contain_text("opened")
    page.get_by_role("button", name="Columns", exact=True).click()
    with rerun(page):
        page.get_by_label("Columns of the table").fill("Learning rate")
        page.get_by_role("option", name="Learning rate", exact=True).click()
    page.keyboard.press("Escape")  # the options
    page.keyboard.press("Escape")  # the popover
    table = page.get_by_test_id("stDataFrame")
    # The canvas has a table for screen readers, which Playwright finds without roles.
    expect(table.locator("th", has_text="Learning rate")).to_be_attached()
    expect(table.locator("td", has_text="0.03")).to_be_attached()
    assert RunStore(server.store).run(run.id).state is State.FINISHED
