"""All routes of the server that are not Streamlit's."""

from pages.server import (
    assets,
    curves_route,
    groups_api,
    hub,
    live_prediction,
    live_runs,
    owner,
    plotly_asset,
    runs_api,
    snapshots_route,
)

ROUTES = (
    assets.route,
    hub.route,
    runs_api.route,
    groups_api.route,
    live_runs.route,
    owner.route,
    snapshots_route.route,
    curves_route.route,
    live_prediction.route,
    plotly_asset.plotly_route,
)
