"""The Mistakes page, acted on by a person."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import numpy as np
import pytest
from playwright.sync_api import Locator, Page, expect

from nn.data.formats import any_format
from nn.data.synthetic import handwriting
from nn.runs import my_digits
from nn.runs.my_digits import Labeled
from nn.runs.spec import RunSpec
from nn.runs.store.checksum import checksum
from nn.runs.store.store import Run, RunStore
from pages.server import visitor_cookie
from tests.browser.app import PATIENCE, Server, create_queued, serious, wait_until

ACCURACY = re.compile(r"^\d+\.\d+ % accuracy$")


def open_mistakes(page: Page, server: Server, run: Run, more: str = "") -> None:
    page.goto(f"{server.url}/mistakes?run={run.id}{more}")
    expect(headline(page)).to_be_visible()


def headline(page: Page) -> Locator:
    return page.get_by_role("heading", name=ACCURACY)


def timeline(page: Page) -> Locator:
    """Once the run's snapshots have arrived."""
    found = page.get_by_role("slider", name="Snapshot")
    expect(found).to_have_attribute("data-snapshots", re.compile("[1-9]"))
    return found


def cards(page: Page) -> Locator:
    return page.locator(".thumbnail")


def choose(page: Page, label: str, option: str) -> None:
    """Without the mouse."""
    page.get_by_role("combobox", name=label).press("ArrowDown")
    page.get_by_role("option", name=option, exact=True).click()


def cell(page: Page, actual: int, predicted: int) -> Locator:
    """A button of the matrix."""
    return page.get_by_role("button", name=f"actual {actual}, predicted {predicted}:")


def test_the_page_shows_the_selected_snapshot_and_a_link_reproduces_it(
    page, server, record
) -> None:
    run = record("a run")
    open_mistakes(page, server, run)
    end = headline(page).inner_text()
    slider = timeline(page)
    slider.press("Home")
    page.wait_for_url("**step=0*")
    expect(headline(page)).not_to_have_text(end)
    expect(page.get_by_text(f"Newest snapshot: {end}")).to_be_visible()
    begin = headline(page).inner_text()
    page.reload()
    expect(headline(page)).to_have_text(begin)
    expect(slider).to_have_attribute("aria-valuetext", "before training")
    slider.press("End")
    expect(headline(page)).to_have_text(end)
    expect(page).not_to_have_url(re.compile("step="))


def test_a_click_on_a_cell_shows_its_images_and_so_do_the_lists(page, server, record) -> None:
    open_mistakes(page, server, record("a run"))
    expect(cards(page).first).to_be_visible()
    cell(page, 3, 3).click()
    expect(page.get_by_text(re.compile(r"images? of 3, correct$"))).to_be_visible()
    expect(cards(page).first).to_contain_text("3, predicted 3")
    page.get_by_role("button", name="Show all errors").click()
    expect(page.get_by_text(re.compile(r"images?, misclassified$"))).to_be_visible()
    choose(page, "Actual", "7")
    pressed = page.get_by_role("button", pressed=True)
    expect(pressed).to_have_count(10)  # the row
    choose(page, "Predicted", "7")
    expect(page.get_by_text(re.compile(r"images? of 7, correct$"))).to_be_visible()
    expect(cards(page).first).to_contain_text("7, predicted 7")
    cell(page, 3, 3).click()
    expect(page.get_by_text(re.compile(r"images? of 3, correct$"))).to_be_visible()
    expect(pressed).to_have_count(1)
    cell(page, 3, 3).click()
    expect(page.get_by_text(re.compile(r"images?, misclassified$"))).to_be_visible()


@pytest.mark.slow
def test_the_matrix_is_a_table_for_the_keyboard(page, server, record) -> None:
    open_mistakes(page, server, record("a run"))
    table = page.get_by_role("table", name="Confusion matrix")
    expect(table.get_by_role("rowheader")).to_have_text([str(digit) for digit in range(10)])
    expect(table.get_by_role("columnheader")).to_have_text(
        ["predicted", "actual", *(str(digit) for digit in range(10))]
    )
    counts = [
        int(text.replace(",", "") or 0) for text in table.get_by_role("button").all_inner_texts()
    ]
    assert len(counts) == 100 and sum(counts) == 4000
    assert table.locator("button:not([tabindex='-1'])").count() == 1  # one stop of the Tab key
    cell(page, 0, 0).focus()
    for key in ("ArrowDown", "ArrowDown", "ArrowRight", "ArrowRight"):
        page.keyboard.press(key)
    expect(cell(page, 2, 2)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_text(re.compile(r"images? of 2, correct$"))).to_be_visible()
    expect(cell(page, 2, 2)).to_be_focused()


@pytest.mark.slow
def test_one_shortcut_opens_a_random_image_and_another_a_random_error(page, server, record) -> None:
    run = record("a run")
    open_mistakes(page, server, run)
    expect(cards(page).first).to_be_visible()
    page.keyboard.press("w")
    dialog = page.get_by_role("dialog")
    expect(dialog).to_contain_text("incorrect")
    expect(dialog.locator(".bar-rows > div")).to_have_count(10)
    link = dialog.get_by_role("link", name="Open on Draw, with attribution").get_attribute("href")
    row = re.search(r"Image ([\d,]+) of", dialog.inner_text())
    assert row and link
    number = row[1].replace(",", "")
    assert link.endswith(f"draw?digit={number}&run={run.id}&step={run.step}")
    page.keyboard.press("d")
    expect(dialog).not_to_contain_text(f"Image {row[1]} of")
    page.keyboard.press("Escape")
    expect(dialog).to_be_hidden()


@pytest.mark.slow
def test_an_image_of_the_gallery_opens_with_the_keyboard(page, server, record) -> None:
    open_mistakes(page, server, record("a run"))
    card = cards(page).nth(1)
    title = card.locator("b").inner_text()
    truth, answer = re.findall(r"\d", title)
    card.press("Enter")
    dialog = page.get_by_role("dialog")
    expect(dialog.locator(".bar-rows .actual b")).to_have_text(truth)
    expect(dialog.locator(".bar-rows .predicted b")).to_have_text(answer)


@pytest.mark.slow
def test_uploaded_images_are_classified_and_a_damaged_file_is_explained(
    page, server, tmp_path, record
) -> None:
    open_mistakes(page, server, record("a run"))
    images = handwriting.load()[1][:30]
    any_format.write(images, tmp_path / "mine.npz")
    (tmp_path / "broken.npz").write_bytes(b"no archive")
    choose(page, "Test set", "Your own images…")
    files = page.locator("input[type=file]")
    files.set_input_files(tmp_path / "broken.npz")
    expect(page.get_by_text("broken.npz is not a valid .npz file")).to_be_visible()
    page.get_by_role("button", name=re.compile("Remove")).click()
    files.set_input_files(tmp_path / "mine.npz")
    expect(page.get_by_text(re.compile(r"of 30 images correct \(mine.npz\)"))).to_be_visible()
    page.keyboard.press("d")
    expect(page.get_by_role("dialog")).to_contain_text("of mine.npz")
    expect(page.get_by_role("dialog").get_by_role("link")).to_have_count(0)


@pytest.mark.slow
def test_my_digits_are_a_test_set_like_any_other(page, server, record) -> None:
    run = record("a run")
    page.context.add_cookies([{"name": visitor_cookie.COOKIE, "value": "me", "url": server.url}])
    drawn = handwriting.make(3, seed=5)
    my_digits.add(
        RunStore(server.store),
        visitor_cookie.visitor_id({visitor_cookie.COOKIE: "me"}),
        [Labeled(int(drawn.labels[n]), drawn.images[n], []) for n in range(3)],
    )
    open_mistakes(page, server, run)
    choose(page, "Test set", "My digits, from the Draw page")
    expect(page.get_by_text("of 3 images correct (My digits)")).to_be_visible()


@pytest.mark.slow
def test_the_matrix_and_the_curves_are_exported(page, server, record) -> None:
    run = record("a run")
    open_mistakes(page, server, run)
    summary = page.get_by_text(re.compile("of 4,000 images")).inner_text()
    correct = int(summary.split()[0].replace(",", ""))
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Confusion matrix (.csv)").click()
    assert saved.value.suggested_filename == "a-run-confusion.csv"
    head, *rows = csv.reader(Path(saved.value.path()).read_text().splitlines())
    assert head == ["actual", *(f"predicted {digit}" for digit in range(10))]
    counts = np.array(rows).astype(int)[:, 1:]
    assert (counts.sum(), counts.trace()) == (4000, correct)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Curves (.csv)").click()
    assert saved.value.suggested_filename == "a-run.csv"
    with page.expect_download() as saved:
        page.get_by_role("button", name="Report (.html)").click()
    assert "a run" in Path(saved.value.path()).read_text()


@pytest.mark.slow
def test_the_hardest_images_are_found_on_request(page, server, record) -> None:
    open_mistakes(page, server, record("a run"))
    page.get_by_role("tab", name="Hardest images").click()
    expect(cards(page)).to_have_count(0)
    page.get_by_role("button", name="Find the hardest images").click()
    expect(page.get_by_text(re.compile("were forgotten at least once"))).to_be_visible()
    expect(cards(page).first).to_contain_text("predicted")
    page.get_by_text("Forgotten most often", exact=True).click()
    expect(cards(page).first).to_contain_text(re.compile(r"forgotten \d+ ×"))


@pytest.mark.slow
def test_axe_finds_no_serious_accessibility_problem_in_any_tab(page, server, record) -> None:
    open_mistakes(page, server, record("a run"))
    expect(cards(page).first).to_be_visible()
    assert not serious(page)
    page.get_by_role("tab", name="Per digit").click()
    expect(page.locator(".per-digit tbody tr")).to_have_count(11)
    assert not serious(page)
    page.get_by_role("tab", name="Calibration").click()
    expect(page.get_by_text(re.compile("expected calibration error"))).to_be_visible()
    assert not serious(page)
    page.keyboard.press("d")
    expect(page.get_by_role("dialog").locator(".bar-rows > div")).to_have_count(10)
    assert not serious(page)


@pytest.mark.slow
@pytest.mark.parametrize("hidden", [(), (1,), (9, 8, 7, 6, 5)])
def test_networks_of_unusual_shapes_have_mistakes_like_any_other(
    page, server, hidden, record
) -> None:
    open_mistakes(page, server, record("a run", hidden=hidden))
    page.get_by_role("tab", name="Per digit").click()
    expect(page.locator(".per-digit tbody tr")).to_have_count(11)


@pytest.mark.slow
def test_without_a_run_the_mistakes_are_those_of_the_pretrained_model(page, server) -> None:
    page.goto(f"{server.url}/mistakes")
    expect(headline(page)).to_be_visible()
    expect(page.get_by_text("The pretrained model has only its final snapshot")).to_be_visible()
    expect(cards(page).first).to_be_visible()
    page.keyboard.press("d")
    link = page.get_by_role("dialog").get_by_role("link").get_attribute("href")
    assert link and re.search(r"draw\?digit=\d+$", link)
    page.keyboard.press("Escape")
    page.get_by_role("tab", name="Per digit").click()
    expect(page.locator(".per-digit tbody tr")).to_have_count(11)
    page.get_by_role("tab", name="Hardest images").click()
    expect(page.get_by_text("This needs the snapshots of a run")).to_be_visible()


@pytest.mark.slow
def test_what_cannot_be_shown_is_explained(page, server, tmp_path, record) -> None:
    store = RunStore(server.store)
    queued = create_queued(store, RunSpec(dataset="strokes"), "waiting")
    page.goto(f"{server.url}/mistakes?run={queued.id}")
    expect(page.get_by_text("Training has not started yet")).to_be_visible()
    store.delete(queued.id)
    any_format.write(handwriting.load()[1][:100], tmp_path / "own.npz")
    gone = record("a run", dataset=str(tmp_path / "own.npz"), batch_size=10)
    (tmp_path / "own.npz").unlink()
    page.goto(f"{server.url}/mistakes?run={gone.id}")
    expect(page.get_by_text("no longer where it was")).to_be_visible()
    choose(page, "Test set", "Test set of the built-in synthetic digits")
    expect(headline(page)).to_be_visible()


@pytest.mark.slow
def test_a_snapshot_at_which_the_network_has_diverged_is_explained(
    page, server, monkeypatch, record
) -> None:
    run = record("a run")
    store = RunStore(server.store)
    step = store.snapshot_steps(run.id)[-1]
    with store.writing() as connection:
        broken = np.full(len(store.snapshot(run.id, step).parameters), np.inf, "<f2").tobytes()
        connection.exec_driver_sql(
            "UPDATE snapshots SET parameters = ?, checksum = ? WHERE run = ? AND step = ?",
            (broken, checksum(broken), run.id, step),
        )
    page.goto(f"{server.url}/mistakes?run={run.id}")
    expect(page.get_by_text("has diverged")).to_be_visible()
    timeline(page).press("ArrowLeft")
    expect(headline(page)).to_be_visible()


@pytest.mark.slow
def test_a_damaged_snapshot_is_said_once(page, server, record) -> None:
    run = record("a run")
    with RunStore(server.store).writing() as connection:
        connection.exec_driver_sql("UPDATE snapshots SET checksum = 1 WHERE run = ?", (run.id,))
    page.goto(f"{server.url}/mistakes?run={run.id}")
    expect(page.get_by_text("is damaged: its checksum")).to_be_visible()  # fails for two
    expect(page.get_by_role("alert")).to_have_count(0)


@pytest.mark.slow
def test_the_page_follows_a_run_that_trains(page, server) -> None:
    process = server.worker(hidden=(16,), epochs=300, lr=0.001, momentum=0.0)
    store = RunStore(server.store)
    run = store.runs()[0]
    wait_until(page, lambda: len(store.snapshot_steps(run.id)) >= 5)
    open_mistakes(page, server, run)
    before = headline(page).inner_text()
    expect(headline(page)).not_to_have_text(before)
    store.command(run.id, "stop")
    assert process.wait(PATIENCE) == 0
