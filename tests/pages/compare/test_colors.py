"""The colors of the compared runs can be told apart, by the color-blind as well."""

from __future__ import annotations

import tomllib
from itertools import combinations
from pathlib import Path

import numpy as np
import pytest

from nn.runs.spec import RunSpec
from pages.common.charts import PALETTE
from pages.compare.colors import GRAY, colors, swatch

CONFIG = Path(__file__).parents[3] / ".streamlit/config.toml"
# What people without one kind of cone see, in linear RGB (Machado et al. 2009, severity 1).
VISIONS = {
    "normal": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868],
         [0.114503, 0.786281, 0.099216],
         [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968],
         [0.280085, 0.672501, 0.047413],
         [-0.011820, 0.042940, 0.968881]]
    ),
}  # fmt: skip
# Linear RGB → cone responses → OKLab (Ottosson 2020).
TO_CONES = np.array(
    [[0.4122214708, 0.5363325363, 0.0514459929],
     [0.2119034982, 0.6806995451, 0.1073969566],
     [0.0883024619, 0.2817188376, 0.6299787005]]
)  # fmt: skip
TO_LAB = np.array(
    [[0.2104542553, 0.7936177850, -0.0040720468],
     [1.9779984951, -2.4285922050, 0.4505937099],
     [0.0259040371, 0.7827717662, -0.8086757660]]
)  # fmt: skip


def linear(color: str) -> np.ndarray:
    values = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    return np.where(values <= 0.04045, values / 12.92, ((values + 0.055) / 1.055) ** 2.4)


def contrast(color: str, other: str) -> float:
    dark, light = sorted(linear(each) @ (0.2126, 0.7152, 0.0722) for each in (color, other))
    return float((light + 0.05) / (dark + 0.05))


def difference(color: str, other: str, vision: str) -> float:
    """In OKLab; 0.02 is just noticeable."""
    a, b = (
        TO_LAB @ np.cbrt(np.clip(TO_CONES @ VISIONS[vision] @ linear(each), 0, 1))
        for each in (color, other)
    )
    return float(np.linalg.norm(a - b))


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_each_color_stands_out_from_the_page(theme):
    background = tomllib.loads(CONFIG.read_text())["theme"][theme]["backgroundColor"]
    assert min(contrast(color, background) for color in PALETTE) >= 3


@pytest.mark.parametrize("vision", VISIONS)
def test_no_two_colors_look_alike(vision):
    assert len(PALETTE) == 8
    pairs = combinations((*PALETTE, GRAY), 2)
    assert min(difference(*pair, vision) for pair in pairs) > 0.08
    assert difference("#ff0000", "#6b5300", "protanopia") < 0.08  # it can fail


def test_seeds_share_the_color_of_their_configuration_and_the_ninth_is_gray(store):
    specs = [RunSpec(lr=(1 + i // 2) / 100, seed=i % 2) for i in range(18)]
    runs = [store.create(spec) for spec in specs]
    of = colors(runs)
    assert [of[run.id] for run in runs[:16:2]] == list(PALETTE)
    assert all(of[a.id] == of[b.id] for a, b in zip(runs[::2], runs[1::2], strict=True))
    assert of[runs[16].id] == GRAY
    assert "%230854fe" in swatch(PALETTE[0]) and swatch("") == ""
