"""Random streams: one independent generator for each purpose of a run's seed.

NumPy's ``SeedSequence`` pads with zeros: ``default_rng(s)``, ``default_rng([s, 0])`` and
``default_rng([s, 0, 0])`` are one and the same stream. Version 1, which Digitscope 0.1 used, seeded
the initial weights, the order of epoch 0 and the first dropout mask with exactly these three.
Version 2 puts the purpose first: ``[purpose, seed, *indices]``. Streams of two purposes then differ
in their first number, and streams of one purpose have the same number of indices, so padding makes
no two of them equal.

A run keeps the version it began with: resumed under another one, it would continue with other
numbers.
"""

from __future__ import annotations

import numpy as np

# The purposes, each with its indices. Their numbers are part of what version 2 promises.
INITIALIZATION = 1  # of the parameters; no index
ORDER = 2  # in which an epoch goes through the training images; epoch
DROPOUT = 3  # the masks of one step; epoch, batch
AUGMENTATION = 4  # the variation of one step's images; epoch, batch

CURRENT_VERSION = 2  # for runs that begin now


def stream(
    purpose: int, seed: int, *indices: int, version: int = CURRENT_VERSION
) -> np.random.Generator:
    """The generator for one ``purpose`` of the run with this ``seed``.

    indices: the purpose's own, listed above, each 0 or more; seed: 0 to 2³² − 1. Raises ValueError
    for a version that does not exist.
    """
    if version == 1:
        # Augmentation ended in a 1, so that it differed from dropout; the others had no tag.
        tag = (1,) if purpose == AUGMENTATION else ()
        return np.random.default_rng([seed, *indices, *tag])
    if version == 2:
        return np.random.default_rng([purpose, seed, *indices])
    raise ValueError(f"version must be 1 or 2; got {version!r}.")
