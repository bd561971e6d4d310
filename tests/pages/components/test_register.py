"""Every component has its files, and the Python module and the folder have one name."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from pages.components import register
from pages.components.canvas_tools import PENS
from pages.server.assets import ASSETS, VERSION

FOLDERS = sorted(path for path in (ASSETS / "components").iterdir() if path.is_dir())


@pytest.mark.parametrize("folder", FOLDERS, ids=lambda path: path.name)
def test_a_component_is_a_python_module_and_a_folder_of_one_name(folder: Path) -> None:
    module = (Path(register.__file__).parent / f"{folder.name}.py").read_text()
    assert f'component("{folder.name}"' in module
    script = (folder / f"{folder.name}.js").read_text()
    assert script.count("export default") == 1
    assert (folder / f"{folder.name}.html").exists()


def test_the_loader_imports_a_module_of_this_version() -> None:
    loader = register._loader("assets/1/components/a/a.js")
    assert "new URL('./assets/1/components/a/a.js', location.href)" in loader
    assert "\n" in loader  # else Streamlit takes it for a path
    assert re.fullmatch("[0-9a-f]{12}", VERSION)


def test_the_pens_on_screen_are_those_that_the_page_accepts() -> None:
    html = (ASSETS / "components/canvas_tools/canvas_tools.html").read_text()
    pens = re.findall(r'name="pen" value="(\d+)" aria-label="(\w+)"', re.sub(r"\s+", " ", html))
    assert {name: int(width) for width, name in pens} == PENS
