"""The command line in this process, and what can be said of how it ended."""

from __future__ import annotations

import json

from click.testing import CliRunner

from nn.__main__ import main


def nn(*arguments):
    return CliRunner().invoke(main, [str(argument) for argument in arguments])


def assert_sentence(result, code=1):
    """It ended with one sentence on standard error, rather than a traceback → the sentence."""
    assert isinstance(result.exception, SystemExit), result.exception
    assert (result.exit_code, result.stdout) == (code, "")
    last = result.stderr.splitlines()[-1]
    assert last.startswith("Error: ") and last.endswith(".")
    assert result.stderr.count("Error: ") == 1
    return last


def rows(result):
    """What a command that went well printed as JSON; without NaN, which only Python reads."""

    def refuse(constant):
        raise ValueError(f"{constant} is not JSON")

    assert result.exit_code == 0, result.output
    return [json.loads(line, parse_constant=refuse) for line in result.stdout.splitlines()]
