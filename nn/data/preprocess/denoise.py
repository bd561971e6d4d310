"""Denoising: remove foreground that is not part of the digit.

Ruled lines, a frame around the digit and specks each have a function. All of them take the
foreground (h, w) in [0, 1] and return it without one kind of noise.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from nn.data.preprocess.bounding_box import Mask, bounding_box
from nn.data.preprocess.connected_components import label
from nn.data.preprocess.foreground import Foreground
from nn.data.preprocess.quantiles import median, quantile

STROKE_LEVEL = 0.25  # foreground above this is a stroke or its edge
LINE_LEVEL = 0.08  # and above this a ruled line, which is thin or blurred to nearly nothing
MIN_RELATIVE_LEVEL = 0.5  # of the strongest component: weaker ones are stains or shadow edges
MAX_LINE_WIDTH, MAX_LINE_SLOPE = 0.035, 0.1  # of a ruled line, as shares of the image's side
MIN_LINE_COVERAGE = 0.75  # share of the width on which a ruled line is visible
MAX_FRAME_WIDTH = 0.06  # of the sides of a frame, as a share of its height
EDGE_SHARE = 0.12  # of the side: components mostly in this border are paper or table edges
MAX_GAP = 0.12  # of the side: components that are closer belong together
MAX_COMPONENTS = 300  # the largest ones are kept; a digit broken into dots has a few dozen
MIN_SIDE = 48  # pixels: in smaller images lines and frames cannot be told from strokes


def denoise(foreground: Foreground) -> Foreground:
    """Keep the digit only; all 0 if nothing could be a digit."""
    horizontal_removed = remove_lines(foreground)
    return remove_specks(remove_frame(remove_lines(horizontal_removed.T).T))


def remove_lines(foreground: Foreground) -> Foreground:
    """Remove the lines of ruled paper that run from the left edge to the right edge."""
    height, width = foreground.shape
    mask = foreground > LINE_LEVEL
    if min(foreground.shape) < MIN_SIDE or not (mask[:, :3].any() and mask[:, -3:].any()):
        return foreground
    y, x = np.nonzero(mask)
    best, rows, coverage = -1.0, y, np.empty(0)
    # Shear the image by each slope: along the right one, lines fall into few rows.
    for slope in np.linspace(
        -MAX_LINE_SLOPE, MAX_LINE_SLOPE, 2 * round(MAX_LINE_SLOPE * width / 2) + 1
    ):
        sheared = np.rint(y - slope * (x - width / 2)).astype(np.intp).clip(0, height - 1)
        share = np.bincount(sheared, minlength=height) / width
        if (sharpness := float(np.square(share).sum())) > best:
            best, rows, coverage = sharpness, sheared, share
    labels, count = label((coverage > MIN_LINE_COVERAGE)[:, None])
    bands = [np.flatnonzero(labels == k + 1) for k in range(count)]
    margin = max(2, round(MAX_LINE_WIDTH * height))
    bands = [band for band in bands if len(band) <= margin]
    # A tightly cropped 2 shaped like a Z has bars from edge to edge too, but only at the very top
    # and bottom …
    inner = [band for band in bands if band[0] >= margin and band[-1] < height - margin]
    if not inner:
        return foreground
    thickness = max(len(band) for band in inner) + 2
    is_line = np.zeros(height, bool)
    for band in bands:
        is_line[max(0, band[0] - 1) : band[-1] + 2] = True
    on_line = is_line[rows]
    others = x[~on_line]
    # … and the bar of a tightly cropped 4 is a single one whose ends meet the rest of the digit.
    if len(inner) == 1 and len(others) and (others.min() < 3 or others.max() >= width - 3):
        return foreground
    y, x = y[on_line], x[on_line]
    level = median(foreground[y, x])
    padded = np.pad(foreground, ((thickness, thickness), (0, 0)))
    # A stroke that crosses the line continues on both sides of it.
    crossing = np.minimum(padded[y, x], padded[y + 2 * thickness, x])
    result = foreground.copy()
    result[y, x] = np.where(foreground[y, x] > level + 0.3, foreground[y, x], crossing)
    return result


def remove_frame(foreground: Foreground) -> Foreground:
    """Remove a rectangle drawn around the digit, whether or not the digit touches it."""
    mask = foreground > STROKE_LEVEL
    if min(foreground.shape) < MIN_SIDE or not mask.any():
        return foreground
    labels, count = label(mask)
    for number in _largest(labels, count)[:3]:
        component = labels == number
        box = bounding_box(component)
        part = component[box.slices]
        inside = np.zeros_like(mask)
        inside[box.slices] = ~part & mask[box.slices]
        if _is_frame(part) and _height(inside) > 0.25 * len(part):
            return np.where(component, np.float32(0), foreground)
        if min(part.shape) >= MIN_SIDE and _has_four_sides(part):
            digit = part
            for _ in range(4):
                digit = np.rot90(_remove_top_side(digit))
            if _height(digit) > 0.25 * len(part):
                result = np.zeros_like(foreground)
                result[box.slices] = np.where(digit, foreground[box.slices], 0)
                return result
    return foreground


def remove_specks(foreground: Foreground) -> Foreground:
    """Keep the main group of components and any that are near it or as large."""
    mask = foreground > STROKE_LEVEL
    labels, count = label(mask)
    if not count:
        return np.zeros_like(foreground)
    mass = np.bincount(labels.ravel(), foreground.ravel(), count + 1).astype(np.float64)
    mean = mass / np.maximum(np.bincount(labels.ravel(), minlength=count + 1), 1)
    sizable = mass > 0.1 * mass[1:].max()
    threshold = MIN_RELATIVE_LEVEL * mean[1:][sizable[1:]].max()
    kept = [k for k in _largest(labels, count) if mean[k] > threshold]
    kept = [k for k in kept if mass[k] > 0.005 * mass[kept].sum()]
    if len(kept) > 1:
        kept = _main_groups(labels, kept, mass)
    selected = np.isin(np.arange(count + 1), kept)[labels]
    grown = np.pad(selected, 1)  # by one pixel, to keep the faint edges of strokes
    grown = grown[:-2] | grown[1:-1] | grown[2:]
    grown = grown[:, :-2] | grown[:, 1:-1] | grown[:, 2:]
    return np.where(grown, foreground, np.float32(0))


def _largest(labels: NDArray[np.intp], count: int) -> list[int]:
    """The numbers of the largest components, largest first."""
    sizes = np.bincount(labels.ravel(), minlength=count + 1)[1:]
    return [int(k) + 1 for k in np.argsort(-sizes, kind="stable")[:MAX_COMPONENTS]]


def _height(mask: Mask) -> int:
    return int(np.ptp(np.flatnonzero(mask.any(axis=1)))) + 1 if mask.any() else 0


def _is_frame(part: Mask) -> bool:
    """Whether it is hollow and reaches all four corners, as a rectangle does and a 0 does not."""
    height, width = (max(2, round(0.12 * side)) for side in part.shape)
    corners = (part[rows, columns] for rows in (slice(height), slice(-height, None))
               for columns in (slice(width), slice(-width, None)))  # fmt: skip
    return part.mean() < 0.3 and all(corner.any() for corner in corners)


def _has_four_sides(part: Mask) -> bool:
    """Whether strokes cover all four sides of its bounding box."""
    rotations = (np.rot90(part, k) for k in range(4))
    return all(side[: _side_depth(side)].any(axis=0).mean() > 0.9 for side in rotations)


def _side_depth(part: Mask) -> int:
    return max(2, round(MAX_FRAME_WIDTH * len(part)))


def _remove_top_side(part: Mask) -> Mask:
    """Remove the line along the top; it may be askew, and strokes may touch or cross it."""
    x = np.flatnonzero(part[: _side_depth(part)].any(axis=0))
    if len(x) < 2:
        return part
    first = part.argmax(axis=0)
    slope, height = np.polyfit(x, first[x], 1)
    near = np.abs(first[x] - slope * x - height) < 2
    if near.sum() > 1:
        slope, height = np.polyfit(x[near], first[x[near]], 1)
    thickness = [(~part[top:, column]).argmax() for column, top in zip(x, first[x], strict=True)]
    line = slope * np.arange(part.shape[1]) + height + quantile(np.array(thickness), 0.2) + 1
    below: Mask = np.arange(len(part))[:, None] > line
    return part & below


def _main_groups(
    labels: NDArray[np.intp], components: list[int], mass: NDArray[np.float64]
) -> list[int]:
    """Group components that are near each other; keep the heaviest group and any as heavy."""
    height, width = labels.shape
    # A small image is cropped to its digit: there is no table around it, and gaps look larger.
    edge = EDGE_SHARE if min(height, width) >= MIN_SIDE else 0
    down, across = round(edge * height), round(edge * width)
    inner = labels[down : height - down, across : width - across]
    inner_share = np.bincount(inner.ravel(), minlength=len(mass)) / np.maximum(
        np.bincount(labels.ravel(), minlength=len(mass)), 1
    )
    boxes = np.array([bounding_box(labels == k) for k in components])
    gaps = boxes[:, None, :2] - boxes[None, :, 2:]  # (n, n, 2): start of one minus end of the other
    max_gap = MAX_GAP * max(height, width, MIN_SIDE)
    near = np.maximum(gaps, gaps.swapaxes(0, 1)).max(axis=2) < max_gap
    group = np.arange(len(components))
    for _ in components:  # propagate the lowest number to all neighbors
        group = np.where(near, group, len(components)).min(axis=1)
    inner_mass = np.bincount(group, mass[components] * inner_share[components])
    total_mass = np.bincount(group, mass[components])
    share = np.where(inner_mass > 0.5 * total_mass, 0.25, 1)
    kept = inner_mass >= share * inner_mass.max()
    return [k for k, g in zip(components, group, strict=True) if kept[g]]
