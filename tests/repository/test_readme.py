"""The README says what is there: commands, options, settings and files."""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from nn.__main__ import main

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text(encoding="utf-8")
CODE = "\n".join(re.findall(r"```.*?```|`[^`\n]+`", README, re.DOTALL))
COMMAND_LINES = re.findall(r"python -m nn (.*?)(?: {2,}#.*)?$", CODE, re.MULTILINE)
SETTING = re.compile(r"\bDIGITSCOPE_[A-Z_]+\b")


def options() -> Iterator[tuple[str, str]]:
    """(command, option) for every option that ``--help`` shows."""
    for name, command in main.commands.items():
        for parameter in command.params:
            if isinstance(parameter, click.Option) and not parameter.hidden:
                yield name, max(parameter.opts, key=len)


@pytest.mark.parametrize("line", COMMAND_LINES)
def test_every_command_line_is_one(line: str) -> None:
    """It names a command and its options, and has as many arguments as that takes."""
    name, *arguments = shlex.split(line.rstrip("`"))
    assert name in main.commands
    command = main.commands[name]
    context = click.Context(command, info_name=name)
    command.make_parser(context).parse_args(arguments)


def test_there_are_command_lines() -> None:
    assert len(COMMAND_LINES) > 10


def test_every_command_is_documented() -> None:
    documented = {line.split()[0].strip("`") for line in COMMAND_LINES}
    assert set(main.commands) == documented


def test_every_command_has_help() -> None:
    assert not [name for name, command in main.commands.items() if not command.help]


@pytest.mark.parametrize(("command", "option"), list(options()))
def test_every_option_has_help(command: str, option: str) -> None:
    [found] = [p for p in main.commands[command].params if option in p.opts]
    assert isinstance(found, click.Option) and found.help


def test_every_option_is_documented() -> None:
    written = set(re.findall(r"(?<![\w-])--[a-z][a-z-]*", CODE))
    missing = [f"{command} {option}" for command, option in options() if option not in written]
    assert not missing, missing


def settings_in_code() -> set[str]:
    listed = subprocess.run(
        ["git", "ls-files", "app.py", "nn", "pages", "tests/*.py"],
        cwd=ROOT, capture_output=True, text=True, check=True,
    ).stdout.splitlines()  # fmt: skip
    sources = [ROOT / path for path in listed if path.endswith(".py") and (ROOT / path).exists()]
    return {name for path in sources for name in SETTING.findall(path.read_text(encoding="utf-8"))}


def test_every_setting_is_documented_and_no_other() -> None:
    assert set(SETTING.findall(README)) == settings_in_code()


def test_every_link_leads_to_a_file() -> None:
    links = [link for link in re.findall(r"\]\(([^)#]+)", README) if "://" not in link]
    assert links
    assert not [link for link in links if not (ROOT / link).exists()]


def test_every_folder_and_file_that_it_names_is_there() -> None:
    named = re.findall(r"`((?:nn|pages|tests|assets)/[\w/.-]*)`", README)
    assert named
    missing = [
        path for path in named if not (ROOT / path).exists() and not (ROOT / f"{path}.py").exists()
    ]
    assert not missing, missing
