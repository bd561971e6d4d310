"""Counts on the thumbnails of the hardest images."""

from __future__ import annotations

import pytest

from pages.mistakes import hard_examples


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0"),
        (999, "999"),
        (1000, "1K"),
        (12_345, "12.3K"),
        (220_000, "220K"),
        (999_999, "1M"),
        (3_400_000, "3.4M"),
    ],
)
def test_long_counts_are_shortened(count, text):
    assert hard_examples.short_count(count) == text
