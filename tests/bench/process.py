"""One training process, 784-128-10: seconds to the first batch, and peak memory."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from statistics import median
from time import perf_counter

from tests.bench.report import Report

ROUNDS = 7

# Like `python -m nn.runs.worker RUN`, but prints a line after the first batch, then peak memory.
WORKER = """
import sys
from nn.runs.store.store import RunStore
from nn.runs.worker.loop import work
events = work(RunStore(), sys.argv[1])
next(events)
print(flush=True)
for _ in events:
    pass
[peak] = [line.split()[1] for line in open("/proc/self/status") if line.startswith("VmHWM")]
print(peak)
"""
# Creates the run and decodes the images into the cache.
PREPARE = """
from nn.data import sources
from nn.runs.spec import RunSpec
from nn.runs.store.store import RunStore
spec = RunSpec(dataset=sources.default_dataset(), epochs=2)
sources.load_splits(spec.dataset, spec.validation_size, spec.seed)
print(RunStore().create(spec).id)
"""


def run(report: Report) -> None:
    if not os.path.exists("/proc/self/status"):
        report.say("This needs Linux: peak memory is read from /proc.")
        return
    first, memory = [], []
    with tempfile.TemporaryDirectory() as home:
        environment = os.environ | {"DIGITSCOPE_HOME": home}
        environment.pop("DIGITSCOPE_STORE", None)
        for _ in range(ROUNDS):
            prepare = [sys.executable, "-c", PREPARE]
            made = subprocess.run(
                prepare, env=environment, check=True, stdout=subprocess.PIPE, text=True
            )
            began = perf_counter()
            worker = [sys.executable, "-c", WORKER, made.stdout.strip()]
            with subprocess.Popen(
                worker, env=environment, stdout=subprocess.PIPE, text=True
            ) as process:
                process.stdout.readline()
                first.append(perf_counter() - began)
                memory.append(int(process.stdout.readline()) / 1024)
    report.at_most("seconds from process start to the first trained batch", median(first), 1.3)
    report.at_most("MiB of resident memory while training 784-128-10", max(memory), 350)
