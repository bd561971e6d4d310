"""The Sweep page: start a sweep, see its results, train the best one longer."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Page, expect

from nn.runs.spec import RunSpec
from nn.runs.store.groups import Group, groups
from nn.runs.store.store import RunStore
from nn.runs.sweep_group import create_sweep
from tests.browser.app import Server

SMALL = {"dataset": "strokes", "train_size": 2000, "epochs": 1}


def sweep(server: Server, **changes: object) -> Group:
    """A sweep in the store, as the command line would start it."""
    specs = [
        RunSpec(**{**SMALL, "lr": lr, "hidden": hidden, "seed": seed} | changes)
        for lr in (0.1, 0.3)
        for hidden in ((4,), (8,))
        for seed in (0, 1)
    ]
    return create_sweep(RunStore(server.store), specs, ["hidden", "lr"])


def test_a_sweep_is_started_and_its_results_appear(page: Page, server) -> None:
    page.goto(f"{server.url}/sweep")
    expect(page.get_by_text("3 × 2 configurations × 3 seeds = 18 runs")).to_be_visible()
    expect(page.get_by_text("No sweep yet")).to_be_visible()
    page.get_by_role("button", name="Remove setting 2").click()
    field = page.get_by_role("textbox", name="Values of setting 1")
    field.fill("0.1..")
    field.press("Enter")
    expect(page.get_by_text("must be LOW..HIGH:COUNT").first).to_be_visible()
    expect(page.get_by_role("button", name="Start sweep")).to_be_disabled()
    field.fill("0.1, 0.2")
    field.press("Enter")
    expect(page.get_by_text("2 configurations × 3 seeds = 6 runs")).to_be_visible()
    page.get_by_role("button", name="Start sweep").click()
    expect(page.get_by_text("of 6 runs done")).to_be_visible()
    [group] = groups(RunStore(server.store))
    assert (group.kind, group.options["fields"], len(group.runs)) == ("sweep", ["lr"], 6)
    expect(page).to_have_url(re.compile(f"sweep={group.id}"))
    page.get_by_role("button", name="Stop all").click()
    expect(page.get_by_role("button", name="Resume", exact=True)).to_be_visible()


def test_results_and_the_best_one_trained_longer(page: Page, server) -> None:
    made = sweep(server)
    server.launch(made.runs[0])
    page.goto(f"{server.url}/sweep?sweep={made.id}")
    expect(page.get_by_text("8 of 8 runs done")).to_be_visible()
    for heading in (
        "Heat map",
        "Effect of each setting",
        "All settings together",
        "Configurations",
    ):
        expect(page.get_by_role("heading", name=heading)).to_be_visible()
    expect(page.locator(".js-plotly-plot")).to_have_count(3)
    configurations = page.get_by_role("option", name=re.compile("test accuracy"))
    expect(configurations).to_have_count(4)
    page.get_by_role("button", name="Train the best longer").click()
    expect(page.get_by_role("heading", name="Train")).to_be_visible()
    store = RunStore(server.store)
    [longer] = [run for run in store.runs() if run.id not in made.runs]
    assert longer.spec.epochs == 5
    expect(page).to_have_url(re.compile(f"run={longer.id}"))


@pytest.mark.parametrize("query", ["sweep=nonesuch"])
def test_a_sweep_that_does_not_exist_says_so(page: Page, server, query) -> None:
    page.goto(f"{server.url}/sweep?{query}")
    expect(page.get_by_text("There is no sweep nonesuch")).to_be_visible()
