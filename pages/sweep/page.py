"""The Sweep page: train every combination of several settings, and see what they came to."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime

import streamlit as st

from nn.runs.store.groups import Group, groups
from pages.common import state
from pages.common.setting_text import FIELDS
from pages.common.text import note, plain
from pages.server.shared_store import store
from pages.sweep import cluster_choice, results, settings
from pages.sweep import state as sweep_state
from pages.sweep.state import NEW, PICKED

INTERVAL = 1.0  # seconds between updates while runs train


def title(sweep: Group) -> str:
    """A sweep in the picker: "2026-11-29 10:40 UTC · 30 runs · Hidden layers, Learning rate"."""
    swept = [FIELDS[field] for field in sweep.options.get("fields", []) if field in FIELDS]
    count = "1 run" if len(sweep.runs) == 1 else f"{len(sweep.runs)} runs"
    started = datetime.fromtimestamp(sweep.created, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return " · ".join([started, count, sweep.name or ", ".join(swept) or "One configuration"])


def pick(found: Mapping[str, Group], shown: str) -> None:
    """The picker of the sweep in view."""
    state.set_value(PICKED, shown if shown in found else None)
    with st.container(horizontal=True, vertical_alignment="bottom"):
        st.selectbox(
            "Sweep",
            list(found),
            index=0 if shown in found else None,
            format_func=lambda sweep_id: title(found[sweep_id]),
            placeholder="Choose a sweep",
            key=PICKED,
            on_change=lambda: sweep_state.view_sweep(state.value(PICKED) or NEW),
            label_visibility="collapsed",  # the title of the page says it
            width=560,
        )
        if shown in found:
            st.button(
                "New sweep",
                icon=":material/add:",
                on_click=sweep_state.view_sweep,
                args=(NEW,),
            )


def explain() -> None:
    """What a sweep is."""
    note(
        "A sweep trains every combination of several settings, each with several random seeds, and "
        "shows which settings matter and which values are best. Start one here, or on the command "
        "line with `python -m nn sweep --set lr=0.01,0.1,1 --set hidden=32/64,32 --seeds 5`."
    )


def watch(sweep: Group) -> None:
    """The results; once a second while runs are active."""
    is_active = any(run.state.active for run in store().runs(sweep.runs))
    st.fragment(results.show, run_every=INTERVAL if is_active else None)(sweep.id, is_active)


st.title("Sweep", anchor=False)
found = {group.id: group for group in groups(store()) if group.kind == "sweep"}
shown = sweep_state.choose_sweep(found)
if shown != NEW and shown not in found:
    st.warning(plain(f"There is no sweep {shown[:40]!r}: its runs may have been deleted."))
if found:
    pick(found, shown)
if shown in found:
    watch(found[shown])
else:
    explain()
    settings.show()
    cluster_choice.show()
