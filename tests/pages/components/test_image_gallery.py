"""Gallery: what the browser unpacks is what was packed."""

from __future__ import annotations

import base64

import numpy as np
import pytest

from pages.components.image_gallery import drawing_image, signed


def test_ink_is_its_bytes():
    image = np.arange(6, dtype=np.uint8).reshape(2, 3)
    packed = drawing_image(image, "a digit")
    assert (packed["width"], packed["height"], packed["alt"]) == (3, 2, "a digit")
    assert base64.b64decode(packed["values"]) == image.tobytes()


@pytest.mark.parametrize(("full", "shown"), [(None, [-127, 0, 64]), (1.0, [-127, 0, 127])])
def test_signed_numbers_reach_from_full_red_to_full_blue(full, shown):
    packed = signed(np.array([[-2.0, 0.0, 1.0]]), "weights", full)
    assert np.frombuffer(base64.b64decode(packed["values"]), np.int8).tolist() == shown


def test_nothing_is_no_color():
    assert not any(base64.b64decode(signed(np.zeros((2, 2)), "none")["values"]))
