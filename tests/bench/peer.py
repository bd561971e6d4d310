"""A peer is one of the programs we compare, running in a separate process."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from importlib.util import find_spec
from typing import NamedTuple

from nn.runs.spec import RunSpec


class Epoch(NamedTuple):
    images: int
    seconds: float
    accuracy: float | None  # on the test set, 0–1, if requested


class Peer:
    """Module ``tests.bench.peers.NAME``, waiting for requests."""

    def __init__(self, name: str) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", f"tests.bench.peers.{name}"],
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


@contextmanager
def peers(*names: str) -> Iterator[dict[str, Peer]]:
    """Start the named peers that are installed, by name; report those that are not."""
    with ExitStack() as stack:
        started = {}
        for name in names:
            if name != "ours" and find_spec(name) is None:
                print(f"{name} is not installed: requirements-bench.txt has it.", file=sys.stderr)
                continue
            started[name] = Peer(name)
            stack.callback(started[name].close)
        yield started


def rate(epochs: list[Epoch]) -> float:
    """Images per second over all epochs."""
    return sum(epoch.images for epoch in epochs) / sum(epoch.seconds for epoch in epochs)
