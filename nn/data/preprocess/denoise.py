"""Clutter: ink that is no part of the digit: ruled lines, a frame around it, specks.

Each function takes ink (h, w) from 0 to 1 and returns it without its own kind of clutter.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.data.preprocess.connected_components import Mask, label
from nn.data.preprocess.foreground import Ink

WRITTEN = 0.25  # ink above this is a stroke or its edge
SOFT = 0.08  # and above this a line, which is thin, or has been softened to nearly nothing
PALE = 0.65  # a blob weaker than this share of the strongest one is a stain or a shadow's rim
THIN, STEEP = 0.035, 0.1  # of the side: a ruled line is thinner, and rises less, than this
ACROSS = 0.75  # share of the way from edge to edge on which a ruled line is seen
RIM = 0.06  # of the side: a frame's own sides are no thicker
EDGE = 0.12  # of the side: what lies mostly in it is the edge of the paper or of the table
MOST_BLOBS = 300  # looked at, the largest; a digit broken into dots has a few dozen


def cleaned(ink: Ink) -> Ink:
    """Only the digit's ink; all 0 when nothing could be one."""
    return without_specks(without_frame(without_lines(without_lines(ink).T).T))


def without_lines(ink: Ink) -> Ink:
    """Take off the lines of ruled paper that run from the left edge to the right one."""
    height, width = ink.shape
    mask = ink > SOFT
    if min(ink.shape) < 48 or not (mask[:, :3].any() and mask[:, -3:].any()):
        return ink
    y, x = np.nonzero(mask)
    best, rows, covered = -1.0, y, np.empty(0)
    for slope in np.linspace(-STEEP, STEEP, 2 * round(STEEP * width / 2) + 1):
        at = np.rint(y - slope * (x - width / 2)).astype(np.intp).clip(0, height - 1)
        share = np.bincount(at, minlength=height) / width
        if (sharpness := float(np.square(share).sum())) > best:
            best, rows, covered = sharpness, at, share
    blobs, count = label((covered > ACROSS)[:, None])
    bands = [np.flatnonzero(blobs == k + 1) for k in range(count)]
    margin = max(2, round(THIN * height))
    bands = [band for band in bands if len(band) <= margin]
    # A tight scan of a Z-like 2 has bars from edge to edge too, but at the very top and bottom …
    inner = [band for band in bands if band[0] >= margin and band[-1] < height - margin]
    if not inner:
        return ink
    thick = max(len(band) for band in inner) + 2
    lined = np.zeros(height, bool)
    for band in bands:
        lined[max(0, band[0] - 1) : band[-1] + 2] = True
    on_line = lined[rows]
    rest = x[~on_line]
    # … and a tight 4's bar is a single one, whose ends meet the rest of the digit.
    if len(inner) == 1 and len(rest) and (rest.min() < 3 or rest.max() >= width - 3):
        return ink
    y, x = y[on_line], x[on_line]
    level = float(np.median(ink[y, x]))
    padded = np.pad(ink, ((thick, thick), (0, 0)))
    crossing = np.minimum(padded[y, x], padded[y + 2 * thick, x])  # a stroke goes on on both sides
    without = ink.copy()
    without[y, x] = np.where(ink[y, x] > level + 0.3, ink[y, x], crossing)
    return without


def without_frame(ink: Ink) -> Ink:
    """Take off a rectangle drawn around the digit, whether or not the digit touches it."""
    mask = ink > WRITTEN
    if min(ink.shape) < 48 or not mask.any():
        return ink
    blobs, count = label(mask)
    for blob in _largest(blobs, count)[:3]:
        own = blobs == blob
        top, left, bottom, right = box(own)
        inside = ~own & mask
        inside[:top] = inside[bottom:] = inside[:, :left] = inside[:, right:] = False
        part = own[top:bottom, left:right]
        if _is_frame(part) and _tall(inside) > 0.25 * len(part):
            return np.where(own, np.float32(0), ink)
        if min(part.shape) >= 48 and _has_sides(part):
            bare = part
            for _ in range(4):
                bare = np.rot90(_without_side(bare))
            if _tall(bare) > 0.25 * len(part):
                bared = np.zeros_like(ink)
                bared[top:bottom, left:right] = np.where(bare, ink[top:bottom, left:right], 0)
                return bared
    return ink


def without_specks(ink: Ink) -> Ink:
    """Keep the largest group of blobs and what is near it or as large; drop dust and edges."""
    mask = ink > WRITTEN
    blobs, count = label(mask)
    if not count:
        return np.zeros_like(ink)
    mass = np.bincount(blobs.ravel(), ink.ravel(), count + 1).astype(np.float64)
    mean = mass / np.maximum(np.bincount(blobs.ravel(), minlength=count + 1), 1)
    sizable = mass > 0.1 * mass[1:].max()
    faintest = PALE * mean[1:][sizable[1:]].max()
    kept = [k for k in _largest(blobs, count) if mean[k] > faintest]
    kept = [k for k in kept if mass[k] > 0.005 * mass[kept].sum()]
    if len(kept) > 1:
        kept = _together(blobs, kept, mass)
    chosen = np.isin(np.arange(count + 1), kept)[blobs]
    grown = np.pad(chosen, 1)  # a stroke's faint edge stays
    grown = grown[:-2] | grown[1:-1] | grown[2:]
    grown = grown[:, :-2] | grown[:, 1:-1] | grown[:, 2:]
    return np.where(grown, ink, np.float32(0))


def box(mask: Mask) -> tuple[int, int, int, int]:
    """(top, left, bottom, right) of what is set, the last two exclusive; something must be."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return int(rows[0]), int(columns[0]), int(rows[-1]) + 1, int(columns[-1]) + 1


def _largest(blobs: NDArray[np.intp], count: int) -> list[int]:
    """The labels of the largest blobs, largest first."""
    sizes = np.bincount(blobs.ravel(), minlength=count + 1)[1:]
    return [int(k) + 1 for k in np.argsort(-sizes, kind="stable")[:MOST_BLOBS]]


def _tall(mask: Mask) -> int:
    return int(np.ptp(np.flatnonzero(mask.any(axis=1)))) + 1 if mask.any() else 0


def _is_frame(part: Mask) -> bool:
    """Hollow, with ink in all four corners of its box: a rectangle, maybe askew; a 0 has none."""
    height, width = (max(2, round(0.12 * side)) for side in part.shape)
    corners = (part[rows, columns] for rows in (slice(height), slice(-height, None))
               for columns in (slice(width), slice(-width, None)))  # fmt: skip
    return part.mean() < 0.3 and all(corner.any() for corner in corners)


def _has_sides(part: Mask) -> bool:
    """All four sides of its box are drawn."""
    turned = (np.rot90(part, k) for k in range(4))
    return all(side[: _depth(side)].any(axis=0).mean() > 0.9 for side in turned)


def _depth(part: Mask) -> int:
    return max(2, round(RIM * len(part)))


def _without_side(part: Mask) -> Mask:
    """Less the line along its top, which may slope a little and strokes may reach or cross."""
    x = np.flatnonzero(part[: _depth(part)].any(axis=0))
    if len(x) < 2:
        return part
    first = part.argmax(axis=0)
    slope, height = np.polyfit(x, first[x], 1)
    near = np.abs(first[x] - slope * x - height) < 2
    if near.sum() > 1:
        slope, height = np.polyfit(x[near], first[x[near]], 1)
    ended = [(~part[top:, column]).argmax() for column, top in zip(x, first[x], strict=True)]
    line = slope * np.arange(part.shape[1]) + height + float(np.quantile(ended, 0.2)) + 1
    below: Mask = np.arange(len(part))[:, None] > line
    return part & below


def _together(blobs: NDArray[np.intp], kept: list[int], mass: NDArray[np.float64]) -> list[int]:
    """Those of the blobs ``kept`` that are near the digit's, or as large."""
    height, width = blobs.shape
    down, across = round(EDGE * height), round(EDGE * width)
    inner = blobs[down : height - down, across : width - across]
    middle = np.bincount(inner.ravel(), minlength=len(mass)) / np.maximum(
        np.bincount(blobs.ravel(), minlength=len(mass)), 1
    )
    boxes = np.array([box(blobs == k) for k in kept])
    after = boxes[:, None, :2] - boxes[None, :, 2:]  # (n, n, 2): one begins where other has ended
    near = np.maximum(after, after.swapaxes(0, 1)).max(axis=2) < 0.12 * max(height, width)
    group = np.arange(len(kept))
    for _ in kept:  # everything takes the least number among its neighbors
        group = np.where(near, group, len(kept)).min(axis=1)
    weight = np.bincount(group, mass[kept] * middle[kept])
    whole = np.bincount(group, mass[kept])
    good = weight >= np.where(weight > 0.5 * whole, 0.25, 1) * weight.max()
    return [k for k, g in zip(kept, group, strict=True) if good[g]]
