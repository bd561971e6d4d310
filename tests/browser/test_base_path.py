"""All pages below a base path: by server.baseUrlPath, and behind a proxy that removes the path."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
from pages.server.owner import COOKIE
from tests.browser.app import WALL, Server, copied, create_queued, start, wait_for, wait_until
from tests.browser.proxy import stripping_proxy


@pytest.fixture(
    scope="module", params=["proxy", pytest.param("baseUrlPath", marks=pytest.mark.slow)]
)
def served(request, real_data, tmp_path_factory):
    """→ the server, and the URL at which visitors find it"""
    base = "/digitscope"
    direct = request.param == "baseUrlPath"
    server = Server(tmp_path_factory.mktemp("home"), base if direct else "")
    server.start()
    if direct:
        yield server, server.url
    else:
        with stripping_proxy(server.port, base) as url:
            yield server, url
    server.stop()
    server.clear()


@pytest.mark.slow
def test_a_run_trains_and_its_pages_work(page, served):
    server, url = served
    failed = []
    # Streamlit finds its base path by trying.
    page.on(
        "response",
        lambda r: r.status >= 400 and "/_stcore/" not in r.url and failed.append((r.status, r.url)),
    )
    page.goto(f"{url}/?epochs=1&hidden=16&dataset=strokes&validation_size=0")
    start(page)  # waits for the wall to change, which takes the socket
    store = RunStore(server.store)
    wait_until(page, lambda: not store.runs()[0].state.active)
    expect(page.locator(".state")).to_have_text("Finished")
    wait_for(page, "document.querySelector('.plot')?.dataset.points > 0")  # Plotly
    timeline = page.get_by_role("slider", name="Snapshot")
    expect(timeline).to_have_attribute("data-snapshots", re.compile(r"\d\d"))  # their route
    expect(page.get_by_role("button", name="Export")).to_be_visible()  # the script, too, knows it
    timeline.press("Home")
    wait_for(page, f"{WALL}.dataset.step === '0'")
    for name, drawn in (
        ("Neurons", page.get_by_role("img", name="First-layer weights")),
        ("Draw", page.locator(".dc-canvas").first),
        ("Mistakes", page.get_by_role("table", name="Confusion matrix")),
    ):
        page.get_by_role("link", name=name).click()
        page.wait_for_url(f"{url}/{name.lower()}?*")
        expect(drawn).to_be_visible()
        page.reload()
        expect(drawn).to_be_visible()
    assert not failed


@pytest.mark.slow
def test_links_lead_back_and_the_owner_enters(page, served):
    server, url = served
    page.goto(
        f"{url}/owner/{(server.home / 'server.log').read_text().rpartition('/owner/')[2][:32]}"
    )
    assert page.url == f"{url}/"
    assert COOKIE in [cookie["name"] for cookie in page.context.cookies()]
    create_queued(RunStore(server.store), RunSpec(hidden=(4,)), "offered")
    page.get_by_role("button", name="training: watch").click()  # its socket is below the path, too
    page.get_by_role("button", name="offered").click()
    page.get_by_role("button", name="Stop").wait_for()
    page.get_by_role("button", name="Share", exact=True).click()
    page.get_by_role("button", name="Copy link to this run").wait_for()  # the page shows it by now
    link = copied(page, page.get_by_role("button", name="Copy link to this experiment").click)
    assert link == f"{url}/?preset=standard&hidden=4"
    page.goto(link)
    expect(page.get_by_text("Untrained", exact=True)).to_be_visible()


@pytest.mark.slow
def test_an_old_link_is_redirected(page, served):
    _, url = served
    page.goto(f"{url}/neurons?batch=32")
    assert page.url == f"{url}/neurons?batch_size=32"
