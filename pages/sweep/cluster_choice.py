"""Where the server trains: on its own computer, or on a Dask cluster. Only its owner may choose, as
any other visitor could make it connect to whatever they like."""

from __future__ import annotations

import streamlit as st

from nn.errors import UserError
from nn.runs.worker import cluster
from pages.common import state
from pages.common.text import note, plain
from pages.sweep import launching


def show() -> None:
    """The owner's field for the address of a scheduler; nothing for other visitors."""
    if not state.visitor().is_owner:
        return
    with st.expander("Cluster", icon=":material/dns:"), st.form("cluster", border=False):
        address = st.text_input(
            "Address of a Dask scheduler",
            cluster.address(),
            placeholder="tcp://HOST:8786",
            help="All runs that are started on this server then train on the cluster, until the "
            "server is restarted. An empty address: they train on this computer.",
        )
        if st.form_submit_button("Train there"):
            _choose(address.strip())


def _choose(address: str) -> None:
    try:
        threads = cluster.choose(address)
    except UserError as error:
        st.error(plain(str(error)))
        return
    launching.launch_queued()
    if not address:
        note("Runs train on this computer.")
    elif threads:
        note(plain(f"Runs train on the cluster, {threads} at a time."))
    else:
        note("Runs train on the cluster as soon as it has workers.")
