"""The local launcher: a worker process of its own for a queued run."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from nn.home import home

_children: list[subprocess.Popen[bytes]] = []  # kept to be reaped, never to be waited for


def launch(run_id: str) -> None:
    """Start a worker for the run. It belongs to its own process group: it outlives its parent
    and hears no Ctrl-C meant for it. Its log is ``logs/RUN.log`` in ``$DIGITSCOPE_HOME``."""
    _children[:] = [child for child in _children if child.poll() is None]
    logs = home() / "logs"
    logs.mkdir(exist_ok=True)
    with open(logs / f"{run_id}.log", "ab") as log:
        _children.append(
            subprocess.Popen(
                [sys.executable, "-m", "nn.runs.worker", run_id],
                cwd=Path(__file__).parents[2],
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
            )
        )
