"""The installed Plotly package's own JavaScript, served once and cached by the browser."""

from pathlib import Path

import plotly
from starlette.requests import Request
from starlette.responses import FileResponse
from starlette.routing import Route

PLOTLY_URL = f"bundle/plotly-{plotly.__version__}.min.js"  # relative to the base path


async def _plotly(_: Request) -> FileResponse:
    return FileResponse(
        Path(plotly.__file__).parent / "package_data" / "plotly.min.js",
        media_type="text/javascript",
        headers={"Cache-Control": "public, max-age=31536000, immutable"},
    )


plotly_route = Route(f"/{PLOTLY_URL}", _plotly)
