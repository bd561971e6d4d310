"""Augmentation: every picture, each time it is learned from, as if written once more.

A network that sees each digit shifted, turned, stretched, slanted, bent and in another pen learns
what stays the same: the digit. Elastic distortions: Simard, Steinkraus and Platt 2003, *Best
practices for convolutional neural networks applied to visual document analysis*.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np

from nn.layers import Array

SIDE = 28
PAD = 2  # empty pixels around each picture: what lies outside the frame is no ink
WIDE = SIDE + 2 * PAD
CHUNK = 64  # pictures at a time: what is written on the way stays in the cache


class Ranges(NamedTuple):
    """How much pictures vary at strength 1. Each is drawn evenly from −range to range, except the
    elastic one: pixels are displaced by a random field of this standard deviation."""

    shift: float = 2.0  # pixels
    turn: float = 0.22  # radians
    stretch: float = 0.15  # natural logarithm of the scale; of each axis
    shear: float = 0.2  # how far the top leans over, per height
    elastic: float = 1.0  # pixels
    smooth: float = 4.0  # pixels: σ of the Gaussian that smooths the elastic field
    weight: float = 0.6  # share of the way to a stroke one pixel wider or narrower on each side


RANGES = Ranges()


def augment(
    images: Array,
    rng: np.random.Generator,
    out: Array,
    strength: float = 1.0,
    ranges: Ranges = RANGES,
) -> None:
    """Write a random variation of each picture into ``out``.

    images: (n, 784) uint8; out: (n, 784) floating, in [0, 1]. strength multiplies all ranges: 0
    leaves the pictures as they are.
    """
    for start in range(0, len(images), CHUNK):
        chunk = images[start : start + CHUNK]
        n = len(chunk)
        padded = np.zeros((n, WIDE, WIDE), np.float32)
        padded[:, PAD:-PAD, PAD:-PAD] = chunk.reshape(n, SIDE, SIDE)
        weight = strength * ranges.weight * rng.uniform(-1, 1, n)
        _press(padded, np.clip(weight, -1, 1).astype(np.float32))
        x, y = _places(n, rng, strength, ranges)
        np.multiply(_interpolate(padded, x, y), 1 / 255, out=out[start : start + CHUNK])


def _press(padded: Array, weight: Array) -> None:
    """Make the strokes of each picture wider (weight > 0) or narrower (< 0), in place.

    padded: (n, WIDE, WIDE); weight: (n,), the share of the way from each pixel to the maximum or
    minimum of its four neighbors and itself.
    """
    wider = weight > 0
    for chosen, most in ((wider, np.maximum), (~wider, np.minimum)):
        some = padded[chosen]
        moved = some.copy()
        for to, of in (((1, None), (None, -1)), ((None, -1), (1, None))):
            rows, columns = moved[:, slice(*to)], moved[:, :, slice(*to)]
            most(rows, some[:, slice(*of)], out=rows)
            most(columns, some[:, :, slice(*of)], out=columns)
        moved -= some
        moved *= np.abs(weight[chosen])[:, None, None]
        padded[chosen] = some + moved


def _places(n: int, rng: np.random.Generator, strength: float, r: Ranges) -> tuple[Array, Array]:
    """Where in the padded picture each of the 784 pixels is taken from: x and y, each (n, 784).

    A pixel's place is linear in the random numbers: affine in its own place, plus the elastic
    field's modes. So one matrix product finds all places.
    """

    def drawn(width: float) -> Array:
        return rng.uniform(-strength * width, strength * width, n)

    basis = _basis(r.smooth)
    turn, shear = drawn(r.turn), drawn(r.shear)
    across, down = np.exp(drawn(r.stretch)), np.exp(drawn(r.stretch))
    factors = np.empty((2, n, len(basis)), np.float32)
    cos, sin = np.cos(turn), np.sin(turn)
    factors[0, :, 0], factors[0, :, 1] = across * cos, across * (shear * cos - sin)
    factors[1, :, 0], factors[1, :, 1] = down * sin, down * (shear * sin + cos)
    middle = PAD + (SIDE - 1) / 2
    factors[:, :, 2] = middle + drawn(r.shift), middle + drawn(r.shift)
    rng.standard_normal(
        out=(modes := np.empty((2, n, len(basis) - 3), np.float32)), dtype=np.float32
    )
    np.multiply(modes, strength * r.elastic, out=factors[:, :, 3:])
    places = factors.reshape(2 * n, -1) @ basis
    np.clip(places, 0, WIDE - 1.001, out=places)
    return places[:n], places[n:]


def _interpolate(padded: Array, x: Array, y: Array) -> Array:
    """The pictures' values at x and y, each (n, 784): bilinear, the mean of the four pixels around,
    weighted by nearness."""
    column, row = x.astype(np.intp), y.astype(np.intp)
    x -= column
    y -= row
    at = (np.arange(len(padded))[:, None] * WIDE + row) * WIDE + column

    def along_row(pixels: Array) -> Array:
        left, right = pixels.take(at), pixels[1:].take(at)
        right -= left
        right *= x
        left += right
        return left

    flat = padded.reshape(-1)
    upper, lower = along_row(flat), along_row(flat[WIDE:])
    lower -= upper
    lower *= y
    upper += lower
    return upper


@cache
def _basis(smooth: float) -> Array:
    """What a place is made of, as rows (784 wide): x, y, 1, and the modes of the elastic field.

    Simard's field is noise in every pixel, smoothed by a Gaussian and scaled. Such a field is also
    a random mixture of the eigenvectors of its covariance (Karhunen–Loève), of which few matter:
    drawing those few costs a tenth and gives the same fields.
    """
    grid = np.arange(SIDE) - (SIDE - 1) / 2
    far = np.arange(SIDE + 6 * int(smooth)) - 3 * int(smooth)  # noise outside the frame counts too
    kernel = np.exp(-0.5 * np.square((np.arange(SIDE)[:, None] - far) / smooth))
    kernel /= np.sqrt(np.square(kernel).sum(axis=1, keepdims=True))  # each pixel's variance: 1
    values, vectors = np.linalg.eigh(kernel @ kernel.T)
    lines = (vectors * np.sqrt(np.maximum(values, 0))).T[::-1]  # (28, 28), strongest first
    modes = np.einsum("ay,bx->abyx", lines, lines).reshape(-1, SIDE * SIDE)
    power = np.square(modes).sum(axis=1)
    order = np.argsort(-power)
    enough = int(np.searchsorted(np.cumsum(power[order]), 0.98 * power.sum())) + 1
    x, y = np.meshgrid(grid, grid)
    return np.concatenate(
        [[x.ravel(), y.ravel(), np.ones(SIDE * SIDE)], modes[order[:enough]]]
    ).astype(np.float32)
