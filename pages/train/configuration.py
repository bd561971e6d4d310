"""The configuration of the run in view: what differs from the nearest preset, and all of it."""

from __future__ import annotations

from dataclasses import asdict

import streamlit as st

from nn.runs import presets
from nn.runs.spec import RunSpec
from nn.runs.store.groups import groups_of
from nn.runs.store.run import Run
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import note, plain
from pages.common.url_state import GROUP, RUNS
from pages.server.shared_store import store
from pages.train import settings

PAGES = ("race", "grid")  # of groups
IGNORED = ("seed", "dataset")  # another seed or dataset does not make another preset


def show(spec: RunSpec, run: Run | None) -> None:
    """One line, with all settings one click away, and what others it can be compared with. run: the
    one in view, if there is one."""
    preset = presets.nearest(spec)
    changed = {
        field: value
        for field, value in asdict(spec).items()
        if value != getattr(preset.spec, field) and field not in IGNORED
    }
    name = f"{preset.title} (modified)" if changed else preset.title
    parts = [f"{FIELDS[field]} {text_of(spec, field)}" for field in changed]
    note(f"**{plain(name)}**" + (": " + plain(" · ".join(parts)) if parts else ""))
    with st.container(horizontal=True, gap="small"):
        with st.popover("All settings", type="tertiary"):
            rows = [
                {"Setting": FIELDS[field], "Value": plain(text_of(spec, field))}
                for field in asdict(spec)
            ]
            st.table(rows, border="horizontal", hide_index=True)
        race = settings.race_link(spec)
        if race and st.button(
            "Race these settings",
            type="tertiary",
            help="Prepare a race: these settings with three learning rates, or any other setting "
            "varied.",
        ):
            st.switch_page("race/page.py", query_params=race)
        if not run:
            return
        if st.button("Compare with…", type="tertiary"):
            st.switch_page("compare/page.py", query_params={RUNS: run.id})
        for group in groups_of(store(), run.id):
            if group.kind in PAGES and st.button(f"Open its {group.kind}", type="tertiary"):
                st.switch_page(f"{group.kind}/page.py", query_params={GROUP: group.id})
