"""What the tests of the server share."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pages.server import budget


@pytest.fixture(autouse=True)
def nothing_spent(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test's visitors begin with full accounts: many tests have a visitor called "me"."""
    monkeypatch.setattr(budget.budget, "_accounts", {})
    yield
