"""Numbers as text: percentages, counts and changes, formatted alike on every page."""

from __future__ import annotations

NBSP = "\u00a0"  # keeps a number and its unit on one line


def percent(share: float, decimals: int = 1) -> str:
    """0–1 → "97.4 %". A share that is not quite 0 or 1 never shows as "0 %" or "100 %"."""
    if share in (0, 1):
        return f"{share:.0%}".replace("%", f"{NBSP}%")
    smallest = 10**-decimals  # percent
    if share < smallest / 200:
        return f"under {smallest:.{decimals}f}{NBSP}%"
    if share >= 1 - smallest / 200:
        return f"over {100 - smallest:.{decimals}f}{NBSP}%"
    return f"{100 * share:.{decimals}f}{NBSP}%"


def short_count(count: int) -> str:
    """640, 12K, 3.4M: as on the timeline."""
    if count < 1000:
        return str(count)
    return f"{count / 1000:.3g}K" if count < 999_500 else f"{count / 1e6:.3g}M"


def images(count: int) -> str:
    """ "1 image", "29,784 images"."""
    return "1 image" if count == 1 else f"{count:,} images"


def signed(value: float, decimals: int = 1) -> str:
    """+1.5 or −0.3, with a true minus sign."""
    return minus(f"{value:+.{decimals}f}")


def minus(text: str) -> str:
    """``text`` with true minus signs in place of hyphens."""
    return text.replace("-", "−")


def is_number(value: object) -> bool:
    """Whether it is whole or real; a boolean is not."""
    return isinstance(value, int | float) and not isinstance(value, bool)
