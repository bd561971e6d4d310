"""Networks of recorded runs at their snapshots, cached.

All visitors share them: do not change them.
"""

from __future__ import annotations

from functools import lru_cache

from nn.models import pretrained
from nn.models.rejection import RejectionRule
from nn.network import Network
from nn.runs import load_network
from pages.server import shared_store

PRETRAINED_ID = ""  # in place of a run's id; its only step is 0


@lru_cache(maxsize=16)  # a large network takes 64 MB; Compare shows up to eight at once
def network_at(run_id: str, step: int) -> Network:
    """Raises UserError for a run or a snapshot that does not exist."""
    if run_id == PRETRAINED_ID:
        return pretrained.network()
    return load_network.network_at(shared_store.store(), run_id, step)


def newest_network(run_id: str) -> Network:
    """The network at the newest snapshot. While a run trains, all components of a page want it.

    Raises UserError for a run that does not exist, or has no snapshot yet.
    """
    if run_id == PRETRAINED_ID:
        return pretrained.network()
    return _newest_network(run_id, shared_store.store().newest_step(run_id))


@lru_cache(maxsize=8)
def _newest_network(run_id: str, step: int) -> Network:
    """step: at least, and what distinguishes this network from later ones."""
    return load_network.network_at(shared_store.store(), run_id)


@lru_cache(maxsize=64)
def rejection_rule(run_id: str) -> RejectionRule | None:
    """As nn.runs.load_network.rejection_rule, and the pretrained model's own."""
    if run_id == PRETRAINED_ID:
        return pretrained.rejection_rule()
    return load_network.rejection_rule(shared_store.store(), shared_store.store().run(run_id))
