"""Run the command line, in this process or a separate one, and check the result."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

from click.testing import CliRunner

from nn.__main__ import main

ROOT = Path(__file__).parents[2]
QUICK = [
    "--dataset", "strokes", "--hidden", "8", "--batch-size", "380", "--epochs", "2",
    "--validation-size", "1000",
]  # fmt: skip


def nn(*arguments):
    """Run the command line in this process."""
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def shell(*arguments):
    """Start the command line as a separate process."""
    command = [sys.executable, "-m", "nn", *map(str, arguments)]
    pipe = subprocess.PIPE
    return subprocess.Popen(
        command, cwd=ROOT, stdout=pipe, stderr=pipe, text=True, preexec_fn=on_one_core
    )


def on_one_core():
    """BLAS threads busy-wait for each other; with one thread, tests stay fast on a busy machine."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {os.sched_getaffinity(0).pop()})


def assert_error_message(result, code=1, printed=""):
    """The command ended with one error message on standard error, without a traceback, and printed
    nothing but ``printed`` → the message."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (code, printed)
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ") and last.endswith(".")
    assert result.stderr.count("Error: ") == 1
    return last


def strict_json(text):
    """Like json.loads, but rejects NaN and Infinity, which are not JSON."""

    def reject(constant):
        raise ValueError(f"{constant} is not JSON")

    return json.loads(text, parse_constant=reject)


def lines(text):
    return [strict_json(line) for line in text.splitlines()]


def rows(result):
    """The JSON output of a successful command, one object per line."""
    assert result.exit_code == 0, result.output
    return lines(result.stdout)
