"""Augmentation: a random variation of every training image, each time it is used.

A network that sees each digit shifted, rotated, scaled, sheared, bent and drawn with another pen
learns what these have in common: the digit. Elastic distortions: Simard, Steinkraus and Platt 2003,
*Best practices for convolutional neural networks applied to visual document analysis*.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from nn import IMAGE_SIDE, PIXELS
from nn.layers import Array

PAD = 2  # empty pixels around each image, so that sampling outside it gives 0
PADDED = IMAGE_SIDE + 2 * PAD
CHUNK = 64  # images at a time, so that intermediate results stay in the cache


class Ranges(NamedTuple):
    """How much images vary at strength 1. Each quantity is uniform from −range to range, except the
    elastic field, whose displacements are normal with this standard deviation."""

    shift: float = 2.0  # pixels
    rotation: float = 0.22  # radians
    scale: float = 0.15  # natural logarithm of the factor; of each axis
    shear: float = 0.2  # horizontal displacement of the top per unit of height
    elastic: float = 1.0  # pixels
    elastic_sigma: float = 4.0  # pixels: σ of the Gaussian that smooths the elastic field
    stroke_width: float = 0.6  # 1: one pixel wider or narrower on each side


RANGES = Ranges()


def augment(
    images: Array,
    rng: np.random.Generator,
    out: Array,
    strength: float = 1.0,
    ranges: Ranges = RANGES,
) -> None:
    """Write a random variation of each image into ``out``.

    images: (n, 784) uint8; out: (n, 784) float, in [0, 1]. strength multiplies all ranges; with 0
    the images stay as they are.
    """
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        n = len(chunk)
        padded = np.zeros((n, PADDED, PADDED), np.float32)
        padded[:, PAD:-PAD, PAD:-PAD] = chunk.reshape(n, IMAGE_SIDE, IMAGE_SIDE)
        amount = strength * ranges.stroke_width * rng.uniform(-1, 1, n)
        _dilate_or_erode(padded, np.clip(amount, -1, 1).astype(np.float32))
        x, y = _sampling_grid(n, rng, strength, ranges)
        np.multiply(_interpolate(padded, x, y), 1 / 255, out=out[start : start + CHUNK])


def _dilate_or_erode(padded: Array, amount: Array) -> None:
    """Make the strokes of each image wider (amount > 0) or narrower (< 0), in place.

    padded: (n, PADDED, PADDED); amount: (n,), from −1 to 1: the share of the way from each pixel to
    the minimum or maximum of itself and its four neighbors.
    """
    wider = amount > 0
    for chosen, extreme in ((wider, np.maximum), (~wider, np.minimum)):
        before = padded[chosen]
        after = before.copy()
        for to, of in (((1, None), (None, -1)), ((None, -1), (1, None))):
            rows, columns = after[:, slice(*to)], after[:, :, slice(*to)]
            extreme(rows, before[:, slice(*of)], out=rows)
            extreme(columns, before[:, :, slice(*of)], out=columns)
        after -= before
        after *= np.abs(amount[chosen])[:, None, None]
        padded[chosen] = before + after


def _sampling_grid(
    n: int, rng: np.random.Generator, strength: float, ranges: Ranges
) -> tuple[Array, Array]:
    """Where in the padded image each of the 784 pixels is sampled: x and y, each (n, 784).

    A sampling point is linear in the random numbers: an affine function of the pixel's coordinates
    plus a combination of the elastic field's modes. So one matrix product gives all points.
    """

    def uniform(width: float) -> Array:
        return rng.uniform(-strength * width, strength * width, n)

    basis = _basis(ranges.elastic_sigma)
    rotation, shear = uniform(ranges.rotation), uniform(ranges.shear)
    scale_x, scale_y = np.exp(uniform(ranges.scale)), np.exp(uniform(ranges.scale))
    factors = np.empty((2, n, len(basis)), np.float32)
    cos, sin = np.cos(rotation), np.sin(rotation)
    factors[0, :, 0], factors[0, :, 1] = scale_x * cos, scale_x * (shear * cos - sin)
    factors[1, :, 0], factors[1, :, 1] = scale_y * sin, scale_y * (shear * sin + cos)
    center = PAD + (IMAGE_SIDE - 1) / 2
    factors[:, :, 2] = center + uniform(ranges.shift), center + uniform(ranges.shift)
    modes = np.empty((2, n, len(basis) - 3), np.float32)
    rng.standard_normal(out=modes, dtype=np.float32)
    np.multiply(modes, strength * ranges.elastic, out=factors[:, :, 3:])
    points = factors.reshape(2 * n, -1) @ basis
    np.clip(points, 0, PADDED - 1.001, out=points)
    return points[:n], points[n:]


def _interpolate(padded: Array, x: Array, y: Array) -> Array:
    """The values of the padded images at x and y, each (n, 784): bilinear, the mean of the four
    surrounding pixels weighted by distance. Overwrites x and y."""
    column, row = x.astype(np.intp), y.astype(np.intp)
    x -= column
    y -= row
    at = (np.arange(len(padded))[:, None] * PADDED + row) * PADDED + column

    def along_row(pixels: Array) -> Array:
        left, right = pixels.take(at), pixels[1:].take(at)
        right -= left
        right *= x
        left += right
        return left

    flat = padded.reshape(-1)
    upper, lower = along_row(flat), along_row(flat[PADDED:])
    lower -= upper
    lower *= y
    upper += lower
    return upper


@cache
def _basis(sigma: float) -> Array:
    """The functions of which sampling points are linear combinations, one in each row of 784: x, y,
    1, and the modes of the elastic field.

    Simard's field is white noise smoothed by a Gaussian and scaled. The same field is a random
    combination of the eigenvectors of its covariance (Karhunen–Loève expansion), of which the
    strongest carry 98 % of the variance; sampling only those takes a tenth of the time.
    """
    grid = np.arange(IMAGE_SIDE) - (IMAGE_SIDE - 1) / 2
    noise = np.arange(IMAGE_SIDE + 6 * int(sigma)) - 3 * int(sigma)  # also outside the image
    kernel = np.exp(-0.5 * np.square((np.arange(IMAGE_SIDE)[:, None] - noise) / sigma))
    kernel /= np.sqrt(np.square(kernel).sum(axis=1, keepdims=True))  # variance 1 in each pixel
    values, vectors = np.linalg.eigh(kernel @ kernel.T)
    lines = (vectors * np.sqrt(np.maximum(values, 0))).T[::-1]  # (28, 28), strongest first
    modes = np.einsum("ay,bx->abyx", lines, lines).reshape(-1, PIXELS)
    power = np.square(modes).sum(axis=1)
    order = np.argsort(-power)
    enough = int(np.searchsorted(np.cumsum(power[order]), 0.98 * power.sum())) + 1
    x, y = np.meshgrid(grid, grid)
    return np.concatenate([[x.ravel(), y.ravel(), np.ones(PIXELS)], modes[order[:enough]]]).astype(
        np.float32
    )
