"""Numbers as text never claim more than is true."""

from __future__ import annotations

import pytest

from pages.common.numbers import images, percent, short_count, signed


@pytest.mark.parametrize(
    ("share", "decimals", "text"),
    [
        (0, 1, "0 %"),
        (1e-6, 1, "under 0.1 %"),
        (0.001, 1, "0.1 %"),
        (0.5, 1, "50.0 %"),
        (0.974, 1, "97.4 %"),
        (0.9994, 1, "99.9 %"),
        (0.99999, 1, "over 99.9 %"),
        (1.0, 1, "100 %"),
        (0.004, 0, "under 1 %"),
        (0.996, 0, "over 99 %"),
        (0.98765, 2, "98.77 %"),
    ],
)
def test_a_share_that_is_not_all_or_nothing_does_not_look_like_it(share, decimals, text):
    assert percent(share, decimals) == text.replace(" %", "\u00a0%")


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
def test_short_counts_have_three_digits_at_most(count, text):
    assert short_count(count) == text


def test_counts_of_images_agree_in_number():
    assert images(1) == "1 image"
    assert images(29_784) == "29,784 images"


def test_changes_have_a_sign():
    assert signed(1.25) == "+1.2"
    assert signed(-0.3) == "−0.3"
