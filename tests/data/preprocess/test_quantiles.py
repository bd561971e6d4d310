"""Median and quantile, compared with NumPy's."""

from __future__ import annotations

import subprocess
import sys

import numpy as np
import pytest

from nn.data.preprocess.quantiles import median, quantile


@pytest.mark.parametrize("dtype", [np.uint8, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(1,), (2,), (3,), (10,), (7, 8)])
def test_they_are_those_of_numpy(dtype, shape):
    values = np.random.default_rng(0).uniform(0, 255, shape).astype(dtype)
    before = values.copy()
    assert median(values) == pytest.approx(np.median(values), rel=1e-6)
    for q in (0, 0.2, 0.25, 0.5, 0.9, 1):
        assert quantile(values, q) == pytest.approx(np.quantile(values, q), rel=1e-6)
    np.testing.assert_array_equal(values, before)


def test_the_first_image_needs_no_import_that_takes_long():
    script = (
        "import sys; import numpy as np; from nn.data.preprocess.pipeline import preprocess; "
        "page = np.full((200, 200), 255, np.uint8); page[40:160, 95:105] = 0; "
        "assert not preprocess(page).problem; assert 'numpy.ma' not in sys.modules"
    )
    subprocess.run([sys.executable, "-c", script], check=True)
