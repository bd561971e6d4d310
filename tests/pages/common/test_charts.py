"""No chart has Plotly's toolbar, which offers to upload it."""

from __future__ import annotations

import json
import re
from pathlib import Path

from pages.common import charts
from pages.server.assets import ASSETS

PAGES = Path(charts.__file__).parents[1]


def test_every_chart_is_made_with_the_one_configuration():
    assert not charts.CONFIG["displayModeBar"]
    drawn = [path.name for path in PAGES.rglob("*.py") if "plotly_chart(" in path.read_text()]
    assert drawn == ["charts.py"]
    made = re.compile(r"\.(?:react|newPlot)\((.*?)\);", re.DOTALL)
    calls = [call for path in ASSETS.rglob("*.js") for call in made.findall(path.read_text())]
    assert calls and all(re.search(r"\bCONFIG\b", call) for call in calls)


def test_both_languages_have_the_same_configuration():
    script = (ASSETS / "lib/plotly.js").read_text()
    [body] = re.findall(r"CONFIG = \{(.*?)\}", script, re.DOTALL)
    config = json.loads("{" + re.sub(r"(\w+):", r'"\1":', body).rstrip().rstrip(",") + "}")
    assert config.pop("responsive")
    assert config == charts.CONFIG
