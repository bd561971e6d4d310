"""The Compare page: which runs are compared, their curves and differences."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from playwright.sync_api import Locator, Page, expect

from nn.runs.spec import RunSpec
from nn.runs.store import schema
from nn.runs.store.store import Run, RunStore
from tests.browser.app import (
    PATIENCE,
    accessibility_faults,
    create_queued,
    rerun,
    wait_for,
    wait_until,
)
from tests.browser.test_runs import click_row
from tests.browser.test_stories import Clicks

RATES = (0.01, 0.03, 0.1, 0.3)


def chart(page: Page) -> Locator:
    return page.locator(".compare-curves .plot")


def legend(page: Page) -> Locator:
    return page.locator(".compare-curves .legend button")


def check(page: Page, name: str) -> Locator:
    """The checkbox of a row of the table of runs."""
    return page.get_by_role("checkbox", name=f"Compare {name}", exact=True)


def differences(page: Page) -> Locator:
    return page.get_by_role("table", name="Differences and results")


def column(page: Page, number: int) -> list[str]:
    """The texts of a run's column of the difference table; 0: of the headings of the rows."""
    rows = differences(page).locator("tbody tr")
    cells = rows.locator(f":nth-child({number + 1})")
    return cells.all_inner_texts()


def open_compare(page: Page, url: str, runs: list[Run]) -> None:
    """Open the link that compares the runs, and wait for their curves."""
    page.goto(f"{url}/compare?runs={','.join(run.id for run in runs)}")
    expect(chart(page)).to_have_attribute("data-runs", str(len(runs)))


@pytest.mark.slow
def test_the_best_of_twelve_runs_and_what_differs_are_three_clicks_from_train(
    page: Page, server, record: Callable
) -> None:
    click = Clicks()
    for rate in RATES:
        for seed in range(3):
            record(f"rate {rate} seed {seed}", lr=rate, seed=seed, hidden=(8,), epochs=1)
    runs = RunStore(server.store).runs()
    medians = {
        rate: sorted(run.test_accuracy or 0 for run in runs if run.spec.lr == rate)[1]
        for rate in RATES
    }
    best = max(RATES, key=lambda rate: medians[rate])
    page.goto(server.url)
    click(page.get_by_role("link", name="Compare"))
    click(page.get_by_role("button", name="Compare the newest 12 runs"))
    summary = page.get_by_text("was best")
    expect(summary).to_contain_text(f"Learning rate {best:g} was best")
    expect(summary).to_contain_text(f"{100 * medians[best]:.2f}")
    expect(summary).to_contain_text("differ in the learning rate and the seed")
    expect(differences(page).locator("thead th")).to_have_count(12)
    assert column(page, 0)[:3] == ["Learning rate", "Seed", "State"]
    assert click.count <= 3


@pytest.mark.slow
def test_a_link_keeps_its_order_and_names_the_runs_that_are_gone(
    page: Page, server, record: Callable
) -> None:
    runs = [record(f"run {rate}", lr=rate) for rate in RATES[:3]]
    store = RunStore(server.store)
    store.delete(runs[1].id)
    unreadable = create_queued(store, RunSpec())
    with store.writing() as connection:
        where = schema.runs.c.id == unreadable.id
        connection.execute(schema.runs.update().where(where).values(spec="{"))
    ids = [runs[2].id, runs[1].id, unreadable.id, runs[0].id]
    page.goto(f"{server.url}/compare?runs={','.join(ids)}")
    expect(chart(page)).to_have_attribute("data-runs", "2")
    expect(page.get_by_role("alert")).to_contain_text(
        f"2 runs are left out: they were deleted, or cannot be read ({runs[1].id}, "
        f"{unreadable.id})."
    )
    expect(differences(page).locator("thead th")).to_have_text(["run 0.1", "run 0.01"])
    assert column(page, 1)[:2] == ["0.1", "Finished"]
    assert column(page, 0)[0] == "Learning rate"
    page.get_by_role("link", name="Train").click()
    page.get_by_role("link", name="Compare").click()
    expect(legend(page)).to_have_count(2)
    page.wait_for_url("**runs=*")
    store.delete(unreadable.id)


@pytest.mark.slow
def test_pointing_at_a_run_lifts_its_line_everywhere(page: Page, server, record: Callable) -> None:
    open_compare(page, server.url, [record(f"run {rate}", lr=rate) for rate in RATES])
    legend(page).nth(1).hover()
    expect(chart(page)).to_have_attribute("data-lifted", "run 0.03")
    expect(differences(page).locator("thead .lifted")).to_have_text("run 0.03")
    differences(page).locator("tbody tr").first.locator("td").nth(2).hover()
    expect(chart(page)).to_have_attribute("data-lifted", "run 0.1")
    page.get_by_role("heading", name="Compare").hover()
    expect(chart(page)).to_have_attribute("data-lifted", "")
    legend(page).nth(3).focus()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(legend(page).nth(3)).to_have_attribute("aria-pressed", "true")
    expect(chart(page)).to_have_attribute("data-lifted", "run 0.3")


@pytest.mark.slow
def test_seeds_are_a_band_or_a_line_each(page: Page, server, record: Callable) -> None:
    runs = [record(f"seed {seed}", seed=seed, hidden=(8,), epochs=1) for seed in range(4)]
    open_compare(page, server.url, runs)
    expect(page.get_by_text("The median test accuracy of 4 seeds is")).to_be_visible()
    expect(page.get_by_text("These runs differ in the seed alone.")).to_be_visible()
    expect(chart(page)).to_have_attribute(
        "data-lines", "8"
    )  # others, band, median; of the estimates without others
    first = "document.querySelector('.compare-curves .plot').data" \
        ".find(({ line }) => line.dash === 'dot').y[0]"  # fmt: skip
    assert page.evaluate(first) < 0.4  # before the first epoch has ended
    expect(page.get_by_text("Dotted: estimated on a few hundred images")).to_be_visible()
    page.get_by_label("Every seed").check()
    expect(chart(page)).to_have_attribute("data-lines", "14")
    page.get_by_role("combobox", name="x-axis").select_option("seconds")
    expect(chart(page).locator(".xtitle, .x2title")).to_have_text("seconds of training")
    page.get_by_label("Logarithmic loss").check()
    page.get_by_role("combobox", name="Accuracy").select_option("train")
    expect(chart(page)).to_have_attribute("aria-label", re.compile("of 4 runs. Highest test acc"))


@pytest.mark.slow
def test_a_run_that_diverges_leaves_the_others_their_range_and_is_named(
    page: Page, server, record: Callable
) -> None:
    sound, wild = record("sound"), record("wild", lr=0.5)
    store, points = RunStore(server.store), schema.points
    with store.writing() as connection:
        last = schema.runs.c.id == wild.id
        connection.execute(schema.runs.update().where(last).values(state="diverged"))
        later = (points.c.run == wild.id) & (points.c.step > 5)
        connection.execute(points.update().where(later).values(smoothed_loss=1e6))
    open_compare(page, server.url, [sound, wild])
    expect(chart(page).get_by_text("wild leaves the chart at the top.")).to_be_visible()
    expect(chart(page)).to_have_attribute("aria-label", re.compile("wild leaves the chart"))
    top = "document.querySelector('.compare-curves .plot')._fullLayout.yaxis.range[1]"
    assert 2 < page.evaluate(top) < 6
    page.get_by_label("Logarithmic loss").check()
    expect(chart(page).get_by_text("wild leaves")).to_have_count(0)


@pytest.mark.slow
def test_a_run_in_training_moves_the_curves_and_ends_in_the_table(
    page: Page, server, record: Callable
) -> None:
    finished = record("finished", hidden=(16,))
    store = RunStore(server.store)
    training = server.nn("train", "--epochs", "500", "--hidden", "16", "--name", "live")
    wait_until(page, lambda: len(store.runs()) == 2 and store.runs()[0].step)
    live = store.runs()[0]
    open_compare(page, server.url, [finished, live])
    points = "(name) => document.querySelector('.compare-curves .plot').data" \
        ".find((trace) => trace.name === name).x.at(-1)"  # fmt: skip
    first = page.evaluate(points, "live")
    wait_for(page, f"({points})('live') > {first}")
    assert column(page, 2)[column(page, 0).index("State")] in ("Running", "Queued")
    store.command(live.id, "stop")
    expect(differences(page).get_by_text("Stopped")).to_be_visible()
    assert training.wait(PATIENCE) == 0


@pytest.mark.slow
def test_runs_are_filtered_grouped_and_checked_in_the_table(
    page: Page, server, record: Callable
) -> None:
    for rate in RATES[:2]:
        for seed in range(2):
            record(f"rate {rate} seed {seed}", lr=rate, seed=seed, hidden=(8,), epochs=1)
    page.goto(f"{server.url}/compare")
    page.get_by_text("4 runs; 0 compared.").wait_for()
    check(page, "rate 0.03 seed 1").check()
    page.wait_for_url("**runs=*")
    expect(chart(page)).to_have_attribute("data-runs", "1")
    page.get_by_label("Filter", exact=True).fill("0.01 seed")
    page.keyboard.press("Enter")
    page.get_by_text("2 of 4 runs; 1 compared.").wait_for()
    check(page, "rate 0.01 seed 0").check()
    expect(differences(page).locator("thead th")).to_have_text(
        ["rate 0.03 seed 1", "rate 0.01 seed 0"]  # the hidden one stays
    )
    page.get_by_label("Filter", exact=True).fill("")
    page.keyboard.press("Enter")
    page.get_by_text("4 runs; 2 compared.").wait_for()
    page.get_by_role("button", name="Compare none").click()
    page.get_by_text("4 runs; 0 compared.").wait_for()
    with rerun(page):
        page.get_by_label("Group by").fill("Learning rate")
        page.get_by_role("option", name="Learning rate", exact=True).click()
    table = page.get_by_role("table", name="Recorded runs")
    expect(table.get_by_role("button", name="Median test accuracy")).to_be_visible()
    check(page, "0.01").check()
    expect(legend(page)).to_have_count(1)
    expect(differences(page).locator("thead th")).to_have_text(
        ["rate 0.01 seed 1", "rate 0.01 seed 0"]
    )


@pytest.mark.slow
def test_a_checked_run_is_drawn_and_an_unchecked_one_goes_before_the_script_knows(
    page: Page, server, record: Callable
) -> None:
    runs = [record(f"rate {rate}", lr=rate) for rate in RATES]
    seed = record("another seed", lr=RATES[0], seed=1)
    open_compare(page, server.url, runs[:2])
    page.get_by_text("Choose runs").click()
    expect(check(page, "rate 0.01")).to_be_checked()
    # Whatever the page sends to the script from now on is lost.
    page.evaluate("WebSocket.prototype.send = () => {}")
    check(page, "rate 0.1").check()
    expect(chart(page)).to_have_attribute("data-runs", "3")
    expect(legend(page)).to_have_count(3)
    colors = (
        legend(page)
        .locator(".swatch")
        .evaluate_all("(all) => all.map((swatch) => swatch.style.background)")
    )
    assert len(set(colors)) == 3
    check(page, "another seed").check()
    expect(chart(page)).to_have_attribute("data-runs", "4")
    expect(legend(page)).to_have_count(3)  # it joins the line of its configuration
    check(page, "rate 0.03").uncheck()
    expect(chart(page)).to_have_attribute("data-runs", "3")
    expect(legend(page).locator(".name")).to_have_text(["rate 0.01", "rate 0.1"])
    page.goto(f"{server.url}/compare?runs={runs[0].id},{seed.id}")
    expect(legend(page)).to_have_count(1)


@pytest.mark.slow
def test_the_table_is_sorted_lifts_runs_and_is_one_stop_of_the_tab_key(
    page: Page, server, record: Callable
) -> None:
    runs = [record(f"rate {rate}", lr=rate) for rate in RATES]
    open_compare(page, server.url, runs[:2])
    page.get_by_text("Choose runs").click()
    table = page.get_by_role("table", name="Recorded runs")
    names = table.locator("tbody td:nth-child(2)")
    expect(names).to_have_text([f"rate {rate}" for rate in reversed(RATES)])
    table.get_by_role("button", name="Test accuracy").click()
    accuracies = table.locator("tbody td:nth-child(4)").all_inner_texts()
    assert accuracies == sorted(accuracies, reverse=True) and len(accuracies) == 4
    table.get_by_role("button", name="Name").click()
    expect(names).to_have_text([f"rate {rate}" for rate in RATES])
    names.nth(1).hover()
    expect(chart(page)).to_have_attribute("data-lifted", "rate 0.03")
    table.get_by_role("button").last.focus()
    page.keyboard.press("Tab")
    expect(check(page, "rate 0.01")).to_be_focused()
    for _ in range(2):
        page.keyboard.press("ArrowDown")
    with rerun(page):
        page.keyboard.press("Space")
    expect(differences(page).locator("thead th")).to_have_text(
        ["rate 0.01", "rate 0.03", "rate 0.1"]
    )
    expect(check(page, "rate 0.1")).to_be_focused()
    with rerun(page):
        check(page, "rate 0.3").click(modifiers=["Shift"])
    expect(legend(page)).to_have_count(4)


@pytest.mark.slow
def test_compare_is_reached_from_a_run_from_the_run_table_and_from_draw(
    page: Page, server, record: Callable
) -> None:
    first, second = record("first"), record("second", lr=0.03)
    page.goto(f"{server.url}/?run={first.id}")
    page.get_by_role("button", name="Compare with…").click()
    page.wait_for_url(f"**/compare?**runs={first.id}*")
    expect(page.get_by_text("Check another run")).to_be_visible()
    page.goto(f"{server.url}/?run={first.id}")
    page.get_by_text("Recorded runs").click()
    page.get_by_text("2 runs. Click one to open it").wait_for()
    for row in range(2):
        with rerun(page):
            click_row(page, row)
    page.get_by_role("button", name="Compare 2 runs").click()
    expect(page.get_by_text("These runs differ in the learning rate alone.")).to_be_visible()
    page.goto(f"{server.url}/draw?first={first.id}&second={second.id}")
    page.get_by_text("Compare two models").click()
    page.get_by_role("button", name="Compare these runs").click()
    expect(legend(page)).to_have_count(2)


def test_without_runs_the_page_says_what_to_do(page: Page, server) -> None:
    page.goto(f"{server.url}/compare")
    expect(page.get_by_text("No runs yet. Train a network")).to_be_visible()
    assert not accessibility_faults(page)


@pytest.mark.slow
@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1280, 800), (390, 844)])
def test_the_page_is_accessible_and_fits_a_phone(
    open_page, server, record: Callable, size, theme
) -> None:
    page = open_page(size, theme=theme)
    open_compare(page, server.url, [record(f"run {rate}", lr=rate) for rate in RATES])
    page.get_by_text("Choose runs").click()
    page.get_by_text("4 runs; 4 compared.").wait_for()
    assert not accessibility_faults(page)
    width = "document.querySelector('[data-testid=stMain]').scrollWidth"
    assert page.evaluate(width) <= size[0]
    color = "(swatch) => getComputedStyle(swatch).backgroundColor"
    in_legend = legend(page).locator(".swatch").evaluate_all(f"(all) => all.map({color})")
    heads = differences(page).locator("thead .swatch")
    assert heads.evaluate_all(f"(all) => all.map({color})") == in_legend
    assert len(set(in_legend)) == 4
