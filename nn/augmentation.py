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
from nn.matmul import matmul

PAD = 2  # empty pixels around each image, so that sampling outside it gives 0
PADDED = IMAGE_SIDE + 2 * PAD
CHUNK = 64  # images at a time, so that intermediate results stay in the cache
BITS = 8  # after the binary point, in the whole numbers that stand for fractions below, for speed
ONE = 1 << BITS
TWO_PIXELS = np.uint32(0x00FF00FF)  # masks the lower byte of both halves


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
    chosen: slice = slice(None),
) -> None:
    """Write a random variation of each image into ``out``.

    images: (n, 784) uint8; out: (n, 784) float, in [0, 1]. strength multiplies all ranges; with 0
    the images stay as they are. chosen: which images; the others are left out, but take their
    random numbers, so that several processes can share a batch.
    """
    first, end, _ = chosen.indices(len(images))
    for start in range(0, len(images), CHUNK):
        n = min(CHUNK, len(images) - start)
        amount = strength * ranges.stroke_width * rng.uniform(-1, 1, n)
        factors = _random_factors(n, rng, strength, ranges)
        within = slice(max(first - start, 0), min(end - start, n))
        if within.start < within.stop:
            part = slice(start + within.start, start + within.stop)
            padded = np.zeros((part.stop - part.start, PADDED, PADDED), np.uint8)
            padded[:, PAD:-PAD, PAD:-PAD] = images[part].reshape(-1, IMAGE_SIDE, IMAGE_SIDE)
            pixels = _dilate_or_erode(
                padded.reshape(len(padded), -1), np.clip(amount[within], -1, 1)
            )
            x, y = _sampling_grid(factors[:, within], ranges)
            _interpolate(pixels, x, y, out[part])


def _dilate_or_erode(padded: Array, amount: Array) -> Array:
    """The images with wider (amount > 0) or narrower (< 0) strokes.

    padded: (n, PADDED²) uint8, the result uint16; amount: (n,), from −1 to 1: the share of the way
    from each pixel to the minimum or maximum of itself and its four neighbors.
    """
    flat = padded.reshape(-1)  # the neighbors beyond an image's edge are empty: those of the next
    extremes = []
    for extreme in (np.minimum, np.maximum):
        result = flat.copy()
        for distance in (1, PADDED):
            extreme(result[distance:], flat[:-distance], out=result[distance:])
            extreme(result[:-distance], flat[distance:], out=result[:-distance])
        extremes.append(result.reshape(padded.shape))
    target, maximum = extremes
    wider = amount > 0
    target[wider] = maximum[wider]
    share = np.rint(ONE * np.abs(amount)).astype(np.uint16)[:, None]
    pixels: Array = padded * (ONE - share)
    pixels += target * share
    pixels += ONE // 2  # to round
    pixels >>= BITS
    return pixels


def _random_factors(n: int, rng: np.random.Generator, strength: float, ranges: Ranges) -> Array:
    """Random numbers for the sampling points of n images: how much of each function in ``_basis``
    their x and y consist of, (2, n, functions)."""

    def uniform(width: float) -> Array:
        return rng.uniform(-strength * width, strength * width, n)

    count = len(_basis(ranges.elastic_sigma))
    rotation, shear = uniform(ranges.rotation), uniform(ranges.shear)
    scale_x, scale_y = np.exp(uniform(ranges.scale)), np.exp(uniform(ranges.scale))
    factors = np.empty((2, n, count), np.float32)
    cos, sin = np.cos(rotation), np.sin(rotation)
    factors[0, :, 0], factors[0, :, 1] = scale_x * cos, scale_x * (shear * cos - sin)
    factors[1, :, 0], factors[1, :, 1] = scale_y * sin, scale_y * (shear * sin + cos)
    center = PAD + (IMAGE_SIDE - 1) / 2
    factors[:, :, 2] = center + uniform(ranges.shift), center + uniform(ranges.shift)
    modes = np.empty((2, n, count - 3), np.float32)
    rng.standard_normal(out=modes, dtype=np.float32)
    np.multiply(modes, strength * ranges.elastic, out=factors[:, :, 3:])
    return factors


def _sampling_grid(factors: Array, ranges: Ranges) -> tuple[Array, Array]:
    """Where in the padded image each of the 784 pixels is sampled: x and y, each (n, 784), in
    pixels times ONE; factors: (2, n, functions).

    A sampling point is linear in the random numbers: an affine function of the pixel's coordinates
    plus a combination of the elastic field's modes. So one matrix product gives all points.
    """
    basis = _basis(ranges.elastic_sigma)
    points = matmul(factors.reshape(-1, len(basis)) * ONE, basis)
    np.clip(points, 0, ONE * (PADDED - 1) - 1, out=points)
    whole = np.rint(points, out=points).astype(np.int32)
    n = factors.shape[1]
    return whole[:n], whole[n:]


def _interpolate(pixels: Array, x: Array, y: Array, out: Array) -> None:
    """Write the values of the images at x and y, each (n, 784), into ``out``: bilinear, the mean of
    the four surrounding pixels weighted by distance.

    The four lie in the four bytes of one number, so that they are fetched at once, and so that one
    operation computes with two of them: each product of a byte and a weight up to 256 fits 16 bits.
    """
    pairs = pixels.reshape(-1)
    pairs[:-1] |= pairs[1:] << 8  # each pixel and its right neighbor
    squares = pairs.astype(np.uint32)
    squares[:-PADDED] |= squares[PADDED:] << 16  # these two and the two below
    at = y >> BITS
    at *= PADDED
    at += x >> BITS
    at += np.arange(0, pixels.size, PADDED**2, dtype=np.int32)[:, None]
    values = squares.take(at, mode="clip")  # faster than with a check

    def towards(other: Array, share: Array) -> None:
        """values = (ONE − share) · values + share · other"""
        other -= values
        other *= share
        np.left_shift(values, BITS, out=values)
        np.add(values, other, out=values)

    right = values >> 8
    right &= TWO_PIXELS
    values &= TWO_PIXELS
    towards(right, (x & ONE - 1).view(np.uint32))
    below = values >> 16
    values &= 0xFFFF
    towards(below, (y & ONE - 1).view(np.uint32))
    out[...] = values.view(np.int32)
    out *= np.divide(1, 255 * ONE**2, dtype=out.dtype)


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
