"""Routes below a base path, and which requests come from pages of the same server."""

from __future__ import annotations

import pytest

from pages.server import assets, base_path, hub


def test_routes_below_a_base_path():
    paths = [route.path for route in base_path.under("/base", [assets.route, hub.route])]
    assert paths == ["/base/assets/{version}/{path:path}", "/base/live"]
    assert base_path.under("", [assets.route]) == [assets.route]


@pytest.mark.parametrize(
    ("headers", "same"),
    [
        ({"origin": "http://localhost:8501", "host": "localhost:8501"}, True),
        ({"origin": "https://a.org", "host": "127.0.0.1:8501", "x-forwarded-host": "a.org"}, True),
        ({"origin": "https://b.org", "host": "127.0.0.1:8501", "x-forwarded-host": "a.org"}, False),
        ({"origin": "http://localhost:8502", "host": "localhost:8501"}, False),
        ({"host": "localhost:8501"}, False),
    ],
)
def test_same_origin(headers, same):
    assert base_path.is_same_origin(headers) is same
