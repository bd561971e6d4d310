from __future__ import annotations

import numpy as np
import pytest

from nn import matmul as products
from nn.matmul import matmul

# (m, k, n): small; a few pieces, the last one smaller; as many as allowed; too many; long factors
SHAPES = [(3, 4, 5), (30, 784, 128), (128, 784, 128), (129, 784, 128), (10, 300_000, 1)]


@pytest.mark.parametrize("shape", SHAPES, ids=str)
@pytest.mark.parametrize("small_kernels", [True, False])
def test_a_product_in_pieces_is_the_product(monkeypatch, shape, small_kernels):
    monkeypatch.setattr(products, "_has_small_kernels", lambda: small_kernels)
    m, k, n = shape
    rng = np.random.default_rng(0)
    a, b = rng.standard_normal((m, k)), rng.standard_normal((n, k)).T
    out = np.full((m, n + 1), np.nan)[:, :n]

    np.testing.assert_allclose(matmul(a, b), a @ b, atol=1e-10, strict=True)
    assert matmul(a, b, out) is out
    np.testing.assert_allclose(out, a @ b, atol=1e-10)


def test_pieces_are_small_enough_for_the_kernels(monkeypatch):
    sizes = []
    monkeypatch.setattr(products, "_has_small_kernels", lambda: True)
    monkeypatch.setattr(
        products.np, "matmul", lambda a, b, out: sizes.append(len(a) * a.shape[1] * b.shape[1])
    )
    matmul(np.ones((30, 784)), np.ones((784, 128)))
    assert len(sizes) == 4
    assert max(sizes) <= products.SMALL
