"""A peer is one of the programs we compare, running in a separate process."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import NamedTuple

from nn.runs.spec import RunSpec
from nn.runs.store.queue import available_cores


class Epoch(NamedTuple):
    images: int
    seconds: float
    accuracy: float | None  # on the test set, 0–1, if requested


class Peer:
    """Module ``tests.bench.peers.NAME`` on so many cores, waiting for requests."""

    def __init__(self, name: str, cores: int) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.peers.{name}"],
            preexec_fn=lambda: limit_to(cores),  # libraries count the cores when they are loaded
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def train(self, spec: RunSpec, seconds: float, score: bool = False) -> list[Epoch]:
        """Train ``spec`` from its initial weights → the epochs that begin within ``seconds``."""
        request = {"spec": json.loads(spec.to_json()), "seconds": seconds, "score": score}
        print(json.dumps(request), file=self.process.stdin, flush=True)
        answer = self.process.stdout.readline()
        if not answer:
            raise SystemExit(f"{' '.join(self.process.args)} ended; its error is above.")
        return [Epoch(*epoch) for epoch in json.loads(answer)]

    def close(self) -> None:
        self.process.stdin.close()
        self.process.wait()


def limit_to(cores: int) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:cores])


@contextmanager
def peers(*names: str, cores: int | None = None) -> Iterator[dict[str, Peer]]:
    """Start the named peers that are installed, by name; report those that are not.

    cores: how many each may use; all if None.
    """
    with ExitStack() as stack:
        started = {}
        for name in names:
            if name != "ours" and find_spec(name) is None:
                print(f"{name} is not installed: requirements-bench.txt has it.", file=sys.stderr)
                continue
            started[name] = Peer(name, cores or available_cores())
            stack.callback(started[name].close)
        yield started


def rate(epochs: list[Epoch]) -> float:
    """Images per second over all epochs."""
    return sum(epoch.images for epoch in epochs) / sum(epoch.seconds for epoch in epochs)
