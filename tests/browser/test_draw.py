"""The Draw page: digits written on the real canvas with mouse and finger."""

from __future__ import annotations

import base64
import csv
import io
import json
import re
from itertools import cycle
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from nn.data.synthetic.handwriting import make
from nn.data.synthetic.render_strokes import render
from nn.runs import my_digits
from nn.runs.my_digits import Labeled
from nn.runs.store.store import Run, RunStore
from pages.server import visitor_cookie
from tests.browser.app import rerun, serious
from tests.browser.conftest import DESKTOP
from tests.browser.hand import Hand, pen_path, people

PHONE = (390, 844)
RIGHT, OF = 48, 50  # drawings read


@pytest.fixture
def hand(open_page, server) -> Hand:
    return Hand(open_page(DESKTOP), server.url)


def own_run(record) -> Run:
    return record("my own run", hidden=(32,), batch_size=64)


def test_drawings_of_people_are_read(open_page, server) -> None:
    """In turn with the mouse at a desk and with a finger on a phone."""
    hands = [
        Hand(open_page(DESKTOP), server.url),
        Hand(open_page(PHONE, finger=True), server.url, finger=True),
    ]
    wrong = []
    for (digit, strokes), hand in zip(people(OF), cycle(hands), strict=False):
        hand.write(strokes)
        said = hand.verdict()
        if f" {digit}" not in said.partition(",")[0]:
            wrong.append((digit, said))
        hand.clear()
    assert len(wrong) <= OF - RIGHT, wrong


def test_the_page_stays_where_it_is_under_a_drawing_finger(open_page, server) -> None:
    hand = Hand(open_page(PHONE, True), server.url, True)
    top = "document.querySelector('canvas, .bars') && scrollY + [...document.querySelectorAll('section')].reduce((sum, s) => sum + s.scrollTop, 0)"  # noqa: E501
    before = hand.page.evaluate(top)
    hand.write([[(50, 10), (50, 90)]])
    assert hand.page.evaluate(top) == before


def test_a_blank_paper_and_a_dot_ask_for_a_drawing(hand) -> None:
    assert hand.verdict() == "Draw something"
    expect(hand.page.get_by_text("Write one digit here")).to_be_visible()
    hand.write([[(5, 5)]])
    assert hand.verdict() == "Draw something"


def test_undo_and_clear_by_button_and_key_but_not_while_typing(hand) -> None:
    page = hand.page
    seven = pen_path(7)
    assert len(seven) == 2
    hand.write(seven)
    page.keyboard.press("z")
    hand.answered(1)
    page.keyboard.press("Control+z")
    hand.answered(0)
    expect(page.get_by_role("button", name="Undo")).to_be_disabled()
    hand.write(seven)
    page.get_by_role("button", name="Undo").click()
    hand.answered(1)
    page.get_by_role("tab", name="Pictures").click()
    field = page.get_by_label("Number")
    field.click()
    page.keyboard.press("z")
    page.keyboard.press("Delete")
    hand.stroke(hand.places(seven)[1])
    hand.answered(2)  # had a key acted, it would be the only one
    page.get_by_role("button", name="Clear").click()
    hand.answered(0)
    assert hand.verdict() == "Draw something"


def test_the_pen_writes_as_thick_as_chosen(hand) -> None:
    def ink() -> float:
        return hand.page.evaluate(
            """() => { const root = [...document.querySelectorAll(".st-key-paper *")]
            .find((e) => e.shadowRoot?.querySelector(".dc-root")).shadowRoot;
            const canvas = root.querySelector(".dc-canvas");
            const data = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
            let dark = 0; for (let i = 0; i < data.length; i += 4) dark += data[i] < 128; return dark; }"""  # noqa: E501
        )

    found = []
    for pen in ("Medium", "Thin", "Thick"):
        if not hand.page.get_by_label(pen).is_checked():
            with rerun(hand.page):
                hand.page.get_by_label(pen).check()
        hand.write([[(50, 10), (50, 50), (50, 90)]])
        found.append(ink())
        hand.clear()
    medium, thin, thick = found
    assert thin < 0.7 * medium < 0.49 * thick


def test_evidence_is_shown_for_the_answer_and_for_any_other_digit(hand) -> None:
    hand.write(pen_path(7))
    expect(hand.page.get_by_text("The ink that speaks for a 7")).to_be_visible()
    hand.page.get_by_role("radio", name="2", exact=True).click()
    expect(hand.page.get_by_text("The ink that speaks for a 2")).to_be_visible()
    hand.clear()
    hand.write(pen_path(4))
    expect(hand.page.get_by_text("The ink that speaks for a 4")).to_be_visible()


def test_what_was_taught_is_kept_counted_given_out_and_deleted(hand) -> None:
    page = hand.page
    hand.write(pen_path(7))
    page.get_by_role("button", name="Right", exact=True).click()
    expect(page.get_by_text("Saved as a 7 in My digits").first).to_be_visible()
    hand.clear()
    hand.write(pen_path(4))
    page.get_by_role("button", name="It was a …").click()
    page.get_by_role("radio", name="9", exact=True).last.click()
    expect(page.get_by_text("Saved as a 9 in My digits").first).to_be_visible()
    page.reload()
    page.get_by_role("tab", name="My digits").click()
    expect(page.get_by_text("1 of 2")).to_be_visible()
    with page.expect_download() as download:
        page.get_by_role("button", name="Pen strokes (.json)").click()
    kept = json.loads(Path(download.value.path()).read_text())
    assert [drawing["label"] for drawing in kept] == [7, 9]
    assert len(kept[0]["strokes"]) == len(pen_path(7))
    page.get_by_role("button", name="Delete").click()
    page.get_by_role("button", name="Delete them").click()
    expect(page.get_by_text("Nothing here yet")).to_be_visible()


def test_a_pinned_drawing_is_followed_through_a_run(hand, record) -> None:
    own_run(record)
    hand.page.reload()
    hand.answered(0)
    hand.write(pen_path(7))
    hand.page.get_by_role("button", name="Pin", exact=True).click()
    hand.page.get_by_role("tab", name="Watch it learn").click()
    expect(hand.page.locator("text").filter(has_text="digits seen while learning")).to_be_visible(
        timeout=15_000
    )
    hand.page.get_by_role("button", name="Unpin").click()
    expect(hand.page.get_by_text("press Pin")).to_be_visible()


def test_any_run_can_read_at_any_moment_and_one_that_is_gone_is_replaced(
    hand, server, record
) -> None:
    run = own_run(record)
    page = hand.page
    page.reload()
    page.get_by_label("Read by").click()
    page.get_by_role("option", name="my own run").click()
    page.get_by_role("slider").press("Home")
    expect(page.get_by_text("no digit yet").first).to_be_visible()
    RunStore(server.store).delete(run.id)
    page.get_by_text("Compare two networks").click()
    expect(page.get_by_text("has been deleted")).to_be_visible()
    expect(page.get_by_role("heading", name="Draw something")).to_have_count(2)


def png(image: Image.Image, kind: str = "PNG") -> bytes:
    file = io.BytesIO()
    image.save(file, kind)
    return file.getvalue()


def test_many_pictures_are_read_at_once_and_bad_ones_are_sentences(hand) -> None:
    page = hand.page
    seven = render(pen_path(7))
    bomb = png(Image.new("1", (10_001, 10_000)))
    files = {
        "seven.png": png(seven),
        "=cmd().png": png(seven.convert("RGB"), "WEBP"),
        "<b>cmyk</b>.jpg": png(seven.convert("CMYK"), "JPEG"),
        "deep.png": png(Image.fromarray(np.asarray(seven).astype(np.uint16) * 257)),
        "blank.png": png(Image.new("L", (50, 50), 255)),
        "cut.png": png(seven)[:200],
        "words.png": b"no picture at all",
        "empty.png": b"",
        "bomb.png": bomb,
    }
    page.get_by_role("tab", name="Pictures").click()
    page.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files.items()]
    )
    save = page.get_by_role("button", name="Save as CSV")
    expect(save).to_be_visible(timeout=30_000)
    with page.expect_download() as download:
        save.click()
    with open(download.value.path(), newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert [row["answer"] for row in rows.values()] == ["7"] * 4 + [""] * 5
    assert "'=cmd().png" in rows
    for name in ("blank.png", "cut.png", "words.png", "empty.png", "bomb.png"):
        assert rows[name]["note"]


def test_five_hundred_pictures_at_once_are_read_one_broken_among_them(hand) -> None:
    page = hand.page
    seven = png(render(pen_path(7)).resize((56, 56)))
    files = [(f"{n}.png", seven) for n in range(502)]
    files[250] = "broken.png", seven[:100]
    page.get_by_role("tab", name="Pictures").click()
    page.locator("input[type=file]").first.set_input_files(
        [{"name": name, "mimeType": "image/png", "buffer": data} for name, data in files]
    )
    expect(page.get_by_text("502 pictures at once: the first 500 are read")).to_be_visible(
        timeout=240_000
    )
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as CSV").click()
    with open(download.value.path(), newline="") as file:
        rows = {row["file"]: row for row in csv.DictReader(file)}
    assert len(rows) == 500
    broken = rows.pop("broken.png")
    assert broken["note"] and not broken["answer"]
    assert {row["answer"] for row in rows.values()} == {"7"}


def test_a_picture_is_pasted_and_read(hand) -> None:
    data = base64.b64encode(png(render(pen_path(7)))).decode()
    hand.page.evaluate(
        """async (data) => {
          const blob = await (await fetch(`data:image/png;base64,${data}`)).blob();
          await navigator.clipboard.write([new ClipboardItem({ "image/png": blob })]);
        }""",
        data,
    )
    hand.page.keyboard.press("Control+V")
    expect(hand.page.get_by_text("The picture that you pasted")).to_be_visible()
    expect(hand.page.get_by_role("heading", name="Looks like a 7")).to_be_visible()


def test_a_test_digit_is_put_on_the_paper_and_taken_off(hand) -> None:
    page = hand.page
    page.get_by_role("tab", name="Pictures").click()
    page.get_by_role("button", name="Any", exact=True).click()
    expect(page.get_by_text("test set:")).to_be_visible()
    expect(page.get_by_role("heading", name="Draw something")).to_be_hidden()
    page.get_by_role("button", name="Clear").click()
    expect(page.get_by_role("heading", name="Draw something")).to_be_visible()


def test_a_link_puts_a_test_digit_on_the_paper_or_says_why_not(page: Page, server) -> None:
    page.goto(f"{server.url}/draw?digit=5")
    expect(page.get_by_text("Digit 5 of the test set")).to_be_visible()
    expect(page.get_by_role("heading", name="Draw something")).to_be_hidden()
    page.goto(f"{server.url}/draw?digit=99999999")
    expect(page.get_by_text("There is no test digit")).to_be_visible()
    page.goto(f"{server.url}/draw?digit=5&run=nonesuch")
    expect(page.get_by_text("There is no run 'nonesuch'")).to_be_visible()


def test_nothing_is_wider_than_a_phone(open_page, server) -> None:
    hand = Hand(open_page(PHONE, finger=True), server.url, finger=True)
    page = hand.page
    fits = """[...document.querySelectorAll("html, [data-testid=stMain]")]
        .every((box) => box.scrollWidth === box.clientWidth)"""
    page.wait_for_function(fits)
    hand.write(pen_path(7))
    for tab, said in (
        ("Why?", "The ink that speaks for a 7"),
        ("My digits", "Nothing here yet"),
        ("Pictures", "Your own pictures"),
    ):
        page.get_by_role("tab", name=tab).click()
        expect(page.get_by_text(said)).to_be_visible()
        page.wait_for_function(fits)
    for answers in (2, 1):
        page.get_by_text("Compare two networks").click()
        expect(page.get_by_role("heading", name="Looks like a 7")).to_have_count(answers)
        page.wait_for_function(fits)


def test_the_paper_follows_when_the_theme_changes(hand) -> None:
    paper = hand.page.locator(".dc-container")
    expect(paper).not_to_have_class(re.compile("dark"))
    hand.page.emulate_media(color_scheme="dark")
    expect(paper).to_have_class(re.compile("dark"))
    hand.page.emulate_media(color_scheme="light")
    expect(paper).not_to_have_class(re.compile("dark"))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_nothing_serious_stands_in_the_way_of_a_screen_reader(open_page, server, theme) -> None:
    hand = Hand(open_page(DESKTOP, theme=theme), server.url)
    assert not serious(hand.page)
    hand.write(pen_path(7))
    expect(hand.page.get_by_text("The ink that speaks for a 7")).to_be_visible()
    assert not serious(hand.page)
    for tab, said in (("My digits", "Nothing here yet"), ("Pictures", "Your own pictures")):
        hand.page.get_by_role("tab", name=tab).click()
        expect(hand.page.get_by_text(said)).to_be_visible()
        assert not serious(hand.page), tab


def test_tuning_a_network_on_my_digits_shows_before_and_after_and_lets_it_read(
    hand, server, record
) -> None:
    """On digits that lie on their side, which nobody else writes."""
    own_run(record)
    page = hand.page
    [token] = [c["value"] for c in page.context.cookies() if c["name"] == visitor_cookie.COOKIE]
    owner = visitor_cookie.visitor_id({visitor_cookie.COOKIE: token})
    written = make(12, seed=5)
    lying = [
        Labeled(int(label), np.rot90(image), [])
        for label, image in zip(written.labels, written.images, strict=True)
    ]
    my_digits.add(RunStore(server.store), owner, lying[:4])
    page.reload()
    page.get_by_role("tab", name="My digits").click()
    tune = page.get_by_role("button", name="Fine-tune on my digits")
    expect(tune).to_be_disabled()
    my_digits.add(RunStore(server.store), owner, lying[4:])
    page.get_by_label("Read by").click()
    page.get_by_role("option", name="my own run").click()
    page.get_by_role("tab", name="Pictures").click()
    page.get_by_role("tab", name="My digits").click()
    tune.click()
    expect(page.get_by_text("One learns already")).to_be_visible()
    row = page.get_by_role("row", name="Your digits that it learned")
    expect(row).to_be_visible(timeout=120_000)
    before, after = (int(cell.split(" of ")[0]) for cell in row.inner_text().split("\t")[1:])
    assert before < after <= 12
    expect(page.get_by_text("Read wrong before, right now")).to_be_visible()
    page.get_by_role("button", name="Read with it").click()
    expect(page.get_by_text(f"reads {after} of 12")).to_be_visible()
    assert not serious(page)
