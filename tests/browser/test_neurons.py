"""The Neurons page, used as a visitor uses it."""

from __future__ import annotations

import re
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from nn.models import weights_file
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from tests.browser.app import STEP, WALL, Server, create_queued, serious, start, step, wait_for
from tests.browser.test_train import open_train, state

# Drags the handle from the right end to the left, in equally many moves on a slow machine.
DRAG = """async (slider) => {
  const { left, right } = slider.getBoundingClientRect();
  slider.setPointerCapture = () => {};
  const to = (type, x) => slider.dispatchEvent(new PointerEvent(type, { clientX: x, buttons: 1 }));
  to("pointerdown", right);
  for (let n = 0; n < 100; n++) {
    to("pointermove", right - (n / 100) * (right - left));
    await new Promise(requestAnimationFrame);
  }
  to("pointermove", left);
}"""
DETAILS = (
    "[...document.querySelectorAll('*')].map(e => e.shadowRoot?.querySelector('.neuron-details'))"
    ".find(Boolean)?.dataset"
)
TIMELINE = (
    "[...document.querySelectorAll('*')]"
    ".map(e => e.shadowRoot?.querySelector('canvas[role=slider]')).find(Boolean)"
)


def open_neurons(page: Page, server: Server, query: str) -> None:
    """Open the page and wait for wall, details and all snapshots of the run."""
    page.goto(f"{server.url}/neurons?{query}")
    wait_until_loaded(page, server)


def wait_until_loaded(page: Page, server: Server) -> None:
    wait_for(page, f"Number({WALL}?.dataset.neurons) > 0")
    wait_for(page, f"{DETAILS}?.neuron !== undefined")
    [run_id] = parse_qs(urlsplit(page.url).query)["run"]
    count = len(RunStore(server.store).snapshot_steps(run_id))
    timeline = page.get_by_role("slider", name="Snapshot", exact=True)
    expect(timeline).to_have_attribute("data-snapshots", str(count))


def wait_for_details(page: Page, neuron: int) -> None:
    wait_for(page, f"{DETAILS}?.neuron === '{neuron}'")


def choose(page: Page, label: str, option: str) -> None:
    page.get_by_role("combobox", name=label, exact=True).first.click()
    page.get_by_role("option", name=option).click()


def test_dragging_the_timeline_redraws_the_wall_and_reruns_the_script_once(
    page: Page, server, record
) -> None:
    run = record()
    steps = RunStore(server.store).snapshot_steps(run.id)
    open_neurons(page, server, f"run={run.id}")
    assert step(page) == steps[-1]
    slider = page.get_by_role("slider", name="Snapshot")
    sent: list[object] = []
    socket = page.context.new_cdp_session(page)
    socket.send("Network.enable")
    socket.on("Network.webSocketFrameSent", lambda f: sent.append(f["response"]["payloadData"]))
    before = page.evaluate(f"Number({WALL}.dataset.frames)")
    slider.evaluate(DRAG)
    assert page.evaluate(f"Number({WALL}.dataset.frames)") - before >= min(30, len(steps) // 2)
    assert step(page) == 0
    assert not [text for text in sent if text != "drawn"]
    page.wait_for_url("**step=0*")
    wait_for(page, f"{DETAILS}.step === '0'")
    slider.press("End")
    wait_for(page, f"{STEP} === {steps[-1]}")
    expect(page).not_to_have_url(re.compile("step="))


@pytest.mark.slow
def test_a_link_opens_the_snapshot_the_layer_and_the_neuron(page: Page, server, record) -> None:
    run = record(hidden=(8, 6))
    steps = RunStore(server.store).snapshot_steps(run.id)
    open_neurons(page, server, f"run={run.id}&step={steps[5]}&layer=2&neuron=3")
    wait_for_details(page, 3)
    wait_for(page, f"{STEP} === {steps[5]}")
    assert page.evaluate(f"{DETAILS}.step") == str(steps[5])
    expect(page.get_by_text("Neuron 3 of hidden layer 2", exact=True)).to_be_visible()
    expect(page.get_by_text("projected to pixel space")).to_be_visible()


@pytest.mark.slow
@pytest.mark.parametrize("query", ["step=999999999", "step=x&neuron=-3", "layer=9&neuron=500"])
def test_a_link_with_invalid_values_opens_the_page(page: Page, server, record, query) -> None:
    run = record(epochs=1)
    open_neurons(page, server, f"run={run.id}&{query}")


def test_a_click_or_the_arrow_keys_select_a_neuron(page: Page, server, record) -> None:
    run = record()
    open_neurons(page, server, f"run={run.id}")
    wait_for_details(page, 0)
    wall = page.get_by_role("img", name="Arrow keys select a neuron, Enter opens it")
    wall.click(position={"x": 5, "y": 5})
    wall.press("ArrowRight")
    wall.press("ArrowRight")
    wall.press("Enter")
    wait_for_details(page, 2)
    page.wait_for_url("**neuron=2*")
    page.reload()
    wait_until_loaded(page, server)
    wait_for_details(page, 2)


@pytest.mark.slow
def test_every_mode_and_order_redraws_the_wall(page: Page, server, record) -> None:
    run = record()
    open_neurons(page, server, f"run={run.id}")
    shown = {page.evaluate(f"{WALL}.toDataURL()")}
    for mode, words in (
        ("change since start", "since initialization"),
        ("latest change", "since the previous snapshot"),
        ("negative gradient", "gradient"),
        ("weights", "First-layer weights of 24 neurons,"),
    ):
        choose(page, "Show", mode)
        expect(page.locator("figcaption").first).to_contain_text(words)
        shown.add(page.evaluate(f"{WALL}.toDataURL()"))
    for order in ("weight norm", "activation rate", "preferred digit", "similarity"):
        choose(page, "Sort by", order)
        wait_for(page, f"old => !old.includes({WALL}.toDataURL())", arg=list(shown))
        shown.add(page.evaluate(f"{WALL}.toDataURL()"))
    assert len(shown) == 8


@pytest.mark.slow
def test_dead_and_duplicate_neurons_can_be_filtered(page: Page, server, record) -> None:
    run = record(lr=0.5)  # high enough to kill some
    open_neurons(page, server, f"run={run.id}")
    shown = {}
    for only in ("dead", "duplicates", "unique"):
        before = page.evaluate(f"{WALL}.dataset.neurons")
        choose(page, "Neurons", only)
        wait_for(page, f"{WALL}.dataset.neurons !== '{before}'")
        shown[only] = int(page.evaluate(f"{WALL}.dataset.neurons"))
    choose(page, "Neurons", "all")
    caption = page.locator("figcaption").first
    expect(caption).to_contain_text("dead: the same output for every image")
    assert 0 < shown["dead"] < 24
    assert 0 < shown["unique"] < 24
    assert sum(shown.values()) == 24  # a dead neuron is no duplicate


SHAPES = [
    ("none", {"hidden": ()}),
    ("one", {"hidden": (1,)}),
    ("thousand", {"hidden": (1000,), "batch_size": 2000, "epochs": 1}),
    ("five", {"hidden": (12, 10, 8, 6, 4)}),
    ("diverged", {"lr": 1000.0}),
]


@pytest.mark.slow
@pytest.mark.parametrize(("name", "fields"), SHAPES, ids=[name for name, _ in SHAPES])
def test_networks_of_every_shape_can_be_opened(page: Page, server, record, name, fields) -> None:
    run = record(name, **fields)
    depth = len(run.spec.sizes) - 1
    for layer in {1, depth}:
        open_neurons(page, server, f"run={run.id}&layer={layer}")
        expect(page.get_by_test_id("stAlert")).to_have_count(0)
    if name == "none":
        expect(page.get_by_text("have no outgoing weights")).to_be_visible()


@pytest.mark.slow
def test_the_page_explains_a_missing_run_or_snapshot(page: Page, server) -> None:
    page.goto(f"{server.url}/neurons")
    expect(page.get_by_text("Train your own network")).to_be_visible()
    create_queued(RunStore(server.store), RunSpec(), "waits")
    page.goto(f"{server.url}/neurons")
    expect(page.get_by_text("has no snapshots yet")).to_be_visible()
    wait_for(page, f"{WALL}?.dataset.neurons === '128'")


@pytest.mark.slow
def test_an_active_run_is_shown_live(page: Page, server) -> None:
    open_train(page, server.url, epochs=300)
    start(page)
    state(page, "Training")
    page.get_by_role("link", name="Neurons").click()
    wait_for(page, f"{DETAILS}?.neuron !== undefined")
    before = step(page)
    wait_for(page, f"{STEP} > {before + 20}")


@pytest.mark.slow
def test_a_tile_on_the_train_page_opens_its_neuron(page: Page, server, record) -> None:
    run = record()
    page.goto(f"{server.url}/?run={run.id}")
    wait_for(page, f"{STEP} > 0")
    wall = page.get_by_role("img", name="Arrow keys select a neuron")
    wall.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        wall.press(key)
    page.wait_for_url("**/neurons?*")
    wait_for_details(page, 1)
    assert f"run={run.id}" in page.url


@pytest.mark.slow
def test_a_neuron_can_be_compared_with_another_neuron_snapshot_or_run(
    page: Page, server, record
) -> None:
    record("first", seed=1)
    run = record("second", seed=2)
    open_neurons(page, server, f"run={run.id}&neuron=4")
    for kind, title in (
        ("neuron", "Neuron 5"),
        ("snapshot", "untrained"),
        ("run", "first, after 30,000 images"),
    ):
        page.get_by_role("radio", name=kind, exact=True).click()
        expect(page.locator(".neuron-comparison").get_by_text(title, exact=True)).to_be_visible()
        expect(page.get_by_text("Similarity (cosine)")).to_be_visible()
    page.get_by_role("slider", name="Other snapshot").press("Home")
    expect(page.locator(".neuron-comparison").get_by_text("first, untrained")).to_be_visible()


@pytest.mark.slow
def test_everything_can_be_exported(page: Page, server, record, tmp_path: Path) -> None:
    run = record("to take")
    open_neurons(page, server, f"run={run.id}&neuron=3")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download image (PNG)").click()
    wide = page.evaluate(f"{WALL}.clientWidth")
    assert abs(Image.open(saved.value.path()).width - 2 * wide) <= 2
    page.get_by_role("button", name="Export").click()
    with page.expect_download() as saved:
        page.get_by_role("button", name="Weights (.npz)").click()
    saved.value.save_as(tmp_path / "it.npz")
    network, about = weights_file.read(tmp_path / "it.npz")
    assert (network.sizes, about["run"]) == (run.spec.sizes, "to take")
    for what, name in (
        ("this neuron", "to-take-neuron-3.gif"),
        ("network diagram", "to-take-net.gif"),
    ):
        choose(page, "Animation", what)
        page.get_by_role("button", name="Create animation").click()
        with page.expect_download() as saved:
            page.get_by_role("button", name=re.compile("^Download to-take")).click()
        assert saved.value.suggested_filename.endswith(name)
        assert Path(saved.value.path()).stat().st_size > 1000


@pytest.mark.slow
def test_an_animation_can_be_canceled(page: Page, server, record) -> None:
    run = record(hidden=(1000,), batch_size=100)  # many snapshots take a while to draw
    open_neurons(page, server, f"run={run.id}")
    page.get_by_role("button", name="Export").click()
    choose(page, "Size", "large")
    page.get_by_role("slider", name="Snapshots").press("End")
    make = page.get_by_role("button", name="Create")
    make.click()
    expect(page.get_by_text(re.compile(r"^Drawing \d+ of"))).to_be_visible()
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("progressbar")).to_have_count(0)
    expect(page.get_by_role("button", name="Cancel")).to_have_count(0)
    expect(page.get_by_role("button", name=re.compile(r"^Download .*\.gif"))).to_have_count(0)
    choose(page, "Animation", "this neuron")
    make.click()
    expect(page.get_by_role("button", name=re.compile("^Download .*neuron-0"))).to_be_visible()


@pytest.mark.slow
def test_without_a_run_the_pretrained_model_is_shown(page: Page, server) -> None:
    page.goto(f"{server.url}/neurons")
    wait_for(page, f"{WALL}?.dataset.neurons === '1000'")
    wait_for_details(page, 0)
    wall = page.get_by_role("img", name="Arrow keys select a neuron, Enter opens it")
    wall.focus()
    for key in ("ArrowRight", "ArrowRight", "Enter"):
        wall.press(key)
    wait_for_details(page, 2)
    expect(page.get_by_text("Neuron 2 of hidden layer 1", exact=True)).to_be_visible()
    expect(page.get_by_text("The pretrained model has only its final snapshot")).to_be_visible()
    expect(page.get_by_text(re.compile("the test accuracy is"))).to_be_visible()
    choose(page, "Layer", "hidden 2 (700)")
    wait_for(page, f"{WALL}.dataset.neurons === '700'")
    expect(page.get_by_text("Neuron 2 of hidden layer 2", exact=True)).to_be_visible()
    assert not serious(page)


@pytest.mark.slow
def test_axe_finds_no_serious_accessibility_problem(page: Page, server, record) -> None:
    run = record()
    open_neurons(page, server, f"run={run.id}&neuron=3")
    page.get_by_role("radio", name="snapshot", exact=True).click()
    expect(page.get_by_text("Similarity (cosine)")).to_be_visible()
    assert not serious(page)
