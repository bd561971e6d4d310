"""The Sweep page: train every combination of several settings, and see which is best."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime
from functools import partial

import streamlit as st

from nn.errors import UserError
from nn.runs.store.groups import Group, groups
from nn.runs.sweep_group import create_sweep, find_sweep
from nn.runs.worker import process
from pages.common import state
from pages.common.setting_text import FIELDS
from pages.common.text import note, plain
from pages.server import runs_api
from pages.server.shared_store import store
from pages.sweep import results, settings
from pages.sweep import state as sweep_state
from pages.sweep.plan import Plan
from pages.sweep.state import PICKED


def start(plan: Plan) -> None:
    """Start the sweep, or show it if the visitor has started the same one before."""
    owner = state.visitor_id()
    if not owner:
        st.toast("Allow cookies for this page: Digitscope remembers by one which runs are yours.")
        return
    try:
        found = find_sweep(store(), plan.specs, owner)
        if not found:
            runs_api.limit_active(store(), owner, "")
            found = create_sweep(store(), plan.specs, plan.fields, owner=owner)
    except (UserError, runs_api.Rejected) as error:
        st.toast(plain(str(error)))
        return
    with suppress(OSError):  # no worker could be started: the runs stay queued, for the next one
        process.launch_queued(store())
    state.set_value(PICKED, found.id)
    sweep_state.view_sweep(found.id)


def pick(found: list[Group]) -> Group | None:
    """The sweep in view: the one that the link names, else the visitor's newest."""
    by_id = {group.id: group for group in found}
    wanted = sweep_state.sweep_in_view()
    if wanted and wanted not in by_id:
        st.warning(f"There is no sweep {plain(wanted[:40])}: its runs may have been deleted.")
        sweep_state.view_sweep("")
        wanted = ""
    theirs = [
        group.id for group in found if state.visitor_id() and group.owner == state.visitor_id()
    ]
    chosen = wanted or next(iter(theirs), "")
    if not found:
        note(
            "No sweep yet. A sweep trains every combination of the values above, each with several "
            "seeds, and shows which settings matter. Press **Start sweep** to try it."
        )
        return None
    state.set_value(PICKED, chosen or None)
    st.selectbox(
        "Sweep",
        list(by_id),
        index=None,
        format_func=lambda group_id: title(by_id[group_id]),
        key=PICKED,
        placeholder="Choose a sweep",
        on_change=lambda: sweep_state.view_sweep(state.value(PICKED) or ""),
    )
    return by_id.get(chosen)


def title(found: Group) -> str:
    names = ", ".join(FIELDS[field] for field in found.options.get("fields", []))
    started = datetime.fromtimestamp(found.created, UTC).strftime("%Y-%m-%d %H:%M UTC")
    return f"{found.name or names or 'One configuration'} · {len(found.runs)} runs · {started}"


st.title("Sweep", anchor=False)
note("Train every combination of several settings, each with several seeds, and see what matters.")
plan, words = settings.choose()
if plan:
    note(f"**{words}**")
else:
    st.error(plain(words))
st.button(
    "Start sweep", icon=":material/play_arrow:", disabled=not plan,
    on_click=partial(start, plan) if plan else None,
)  # fmt: skip
shown = pick([group for group in groups(store()) if group.kind == "sweep"])
if shown:
    results.show(shown)
