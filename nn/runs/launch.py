"""The local launcher: worker processes, and what can be asked of them."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
from pathlib import Path

from nn.home import home
from nn.runs.store import RunStore

COMMANDS = ("pause", "resume", "stop")


def ask(store: RunStore, run_id: str, command: str) -> None:
    """Ask a run's worker for one of COMMANDS; resuming a run without a worker starts one.

    Raises UserError when there is nothing to resume.
    """
    if command == "resume" and not store.run(run_id).state.active:
        launch(store.requeue(run_id).id)
    else:
        store.command(run_id, command)  # type: ignore[arg-type]


def launch(run_id: str) -> None:
    """Start a worker for the run. It belongs to its own process group: it outlives its parent
    and hears no Ctrl-C meant for it. Its log is ``logs/RUN.log`` in ``$DIGITSCOPE_HOME``."""
    root = str(Path(__file__).parents[2])
    path = os.pathsep.join(filter(None, [root, os.environ.get("PYTHONPATH")]))
    logs = home() / "logs"
    logs.mkdir(exist_ok=True)
    with open(logs / f"{run_id}.log", "ab") as log:
        child = subprocess.Popen(
            [sys.executable, "-m", "nn.runs.worker", run_id],
            env=os.environ | {"PYTHONPATH": path},
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )
    # Somebody must wait for it, or it stays in the process table when it has ended.
    threading.Thread(target=child.wait, daemon=True).start()
