"""The visitor who sends a request, by the cookies of the browser."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from nn.runs.store.run import Run, UnreadableRun
from pages.server import owner, visitor_cookie


class Visitor(NamedTuple):
    id: str  # as the store records who started a run; "" without a cookie
    is_owner: bool  # of the server

    def started(self, run: Run | UnreadableRun) -> bool:
        return bool(self.id) and run.owner == self.id

    def may_control(self, run: Run | UnreadableRun) -> bool:
        """Whether the visitor may control, rename and delete the run."""
        return self.is_owner or self.started(run)


def visitor_of(cookies: Mapping[str, str]) -> Visitor:
    return Visitor(visitor_cookie.visitor_id(cookies), owner.is_owner(cookies))
