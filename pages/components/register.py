"""Registering the live components, whose files are in ``assets/components/NAME``."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import streamlit as st

from pages.server.assets import ASSETS, url_of

_SHARED_CSS = "\n".join(path.read_text() for path in sorted((ASSETS / "lib").glob("*.css")))


def component(
    name: str, html: str | None = None, isolate_styles: bool = True
) -> Callable[..., Any]:
    """The function that shows a component, to be made once, when its module is imported.

    html: its elements, if they are not in NAME.html. With Plotly in it, a component cannot
    isolate its styles: Plotly puts its own into the page's head, which a shadow root ignores.
    """
    folder = ASSETS / "components" / name
    css = folder / f"{name}.css"
    return st.components.v2.component(
        f"digitscope.{name}",
        html=html or (folder / f"{name}.html").read_text(),
        css=_SHARED_CSS + (css.read_text() if css.exists() else ""),
        js=_loader(url_of(f"components/{name}/{name}.js")),
        isolate_styles=isolate_styles,
    )


def _loader(url: str) -> str:
    """Streamlit imports this text from a blob, where relative imports find nothing; the module
    that it imports is one with an address.

    The address of a page is BASE or BASE/PAGE, so that "./" is the base path in both cases."""
    return (
        f"const component = await import(new URL('./{url}', location.href).href);\n"
        "export default component.default;\n"
    )
