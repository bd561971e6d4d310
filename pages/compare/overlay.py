"""The curves of all compared runs in one chart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from nn.runs.differences import by_configuration, configuration_key, differing_fields
from nn.runs.store.store import Run
from pages.common.glossary import TERMS
from pages.common.setting_text import FIELDS, text_of
from pages.common.text import note
from pages.compare import runs as compared_runs
from pages.compare.colors import GRAY
from pages.components.compare_curves import Line, compare_curves

MAX_DIFFERENCES = 2  # settings in the legend
MIN_SEEDS = 3  # of a band


def show(runs: Sequence[Run], colors: Mapping[str, str]) -> None:
    fields = [name for name in differing_fields([run.spec for run in runs]) if name != "seed"]
    ranks = {
        run.id: rank
        for rank, result in enumerate(compared_runs.ranked(runs), 1)
        for run in result.runs
    }
    names = compared_runs.names(runs)
    lines = []
    for seeds in by_configuration(runs):
        first = seeds[0]
        values = [f"{FIELDS[name]} {text_of(first.spec, name)}" for name in fields]
        more = f"{len(seeds)} seeds" if len(seeds) > 1 else " · ".join(values[:MAX_DIFFERENCES])
        color = colors[first.id]
        lines.append(
            Line(
                name=names[first.id],
                details=more,
                color="" if color == GRAY else color,
                rank=max(ranks.get(run.id, 0) for run in seeds),
                runs=[
                    {"id": run.id, "name": run.name, "active": run.state.active} for run in seeds
                ],
                configuration=configuration_key(first.spec),
            )
        )
    compare_curves(lines)
    if any(len(line.runs) >= MIN_SEEDS for line in lines):
        note(f"**{TERMS['seed_band'].name}**: {TERMS['seed_band'].sentence}")
