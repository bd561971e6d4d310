"""One word for one thing: no identifier and no sentence uses a word of banned_words.toml.

``python -m tests.repository.test_language [PATH …]`` lists what it finds, file by file.
"""

from __future__ import annotations

import io
import re
import subprocess
import sys
import tokenize
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from functools import cache
from pathlib import Path
from typing import NamedTuple

import pytest

ROOT = Path(__file__).parents[2]
RULES = tomllib.loads((ROOT / "tests/repository/banned_words.toml").read_text())
KINDS = (".py", ".js", ".css", ".html", ".md")
# They hold the old words by nature: files written by 0.1, what translates its names, and the rules.
OLD_WORDS = (
    "tests/fixtures/v0_1/*",
    "tests/test_v0_1_compatibility.py",
    "tests/cli/test_v0_1_flags.py",
    "tests/repository/test_language.py",
    "nn/runs/old_names.py",
    "pages/server/old_links.py",
    "tests/pages/server/test_old_links.py",
)
CHANGES = "## Changes since"  # README's section that lists 0.1's names, to the end


class Hit(NamedTuple):
    line: int
    rule: str
    found: str
    instead: str
    text: str

    def __str__(self) -> str:
        return f"  {self.line}: {self.found} → {self.instead}    | {self.text.strip()[:100]}"


@cache
def phrases() -> list[tuple[str, re.Pattern[str], str]]:
    found = (RULES["phrases"] | RULES["spelling"]).items()
    return [(source, re.compile(source, re.IGNORECASE), instead) for source, instead in found]


@cache
def any_phrase() -> re.Pattern[str]:
    """Of all of ``phrases`` in one pattern: most lines have none, and 60 searches take long."""
    return re.compile(
        "|".join(f"(?:{pattern.pattern})" for _, pattern, _ in phrases()), re.IGNORECASE
    )


@cache
def spelling() -> list[tuple[str, re.Pattern[str], str]]:
    found = RULES["spelling"].items()
    # In a name there is no word boundary beside an underscore.
    return [
        (source, re.compile(source.replace(r"\b", ""), re.IGNORECASE), instead)
        for source, instead in found
    ]


def parts(name: str) -> str:
    """``read_as``, ``readAs``, ``ReadAs``, ``read-as`` → ``_read_as_``"""
    name = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", name)
    return "_" + re.sub(r"[^a-z0-9]+", "_", name.lower()).strip("_") + "_"


def in_name(name: str, path: str) -> Iterator[tuple[str, str, str]]:
    """(rule, what was found, what to write instead) for each banned word in an identifier."""
    yield from in_any_name(name)
    local = RULES["local"].get(name)
    if local and any(fnmatch(path, pattern) for pattern in local["files"]):
        yield name, name, local["instead"]


@cache
def in_any_name(name: str) -> list[tuple[str, str, str]]:
    """The same for what is banned in every file."""
    if name.startswith("test_"):  # a test's name is a sentence
        return list(in_prose(name.replace("_", " ")))
    inside = parts(name)
    found = [(w, name, other) for w, other in RULES["identifiers"].items() if f"_{w}_" in inside]
    if name in RULES["names"]:
        found.append((name, name, RULES["names"][name]))
    found += [(rule, name, other) for rule, pattern, other in spelling() if pattern.search(name)]
    return found


def in_prose(text: str) -> Iterator[tuple[str, str, str]]:
    if not any_phrase().search(text):
        return
    for rule, pattern, instead in phrases():
        if match := pattern.search(text):
            yield rule, match[0], instead


def is_name(text: str) -> bool:
    """Whether a string is a name in code (a key, a CSS class, a flag) rather than words to read."""
    return bool(re.fullmatch(r"-{0,2}[a-zA-Z_][\w-]*", text))


def python_words(text: str) -> Iterator[tuple[int, str, bool]]:
    """(line, word or text, whether it is a name) of everything in a Python file."""
    for token in tokenize.generate_tokens(io.StringIO(text).readline):
        line = token.start[0]
        if token.type == tokenize.NAME:
            yield line, token.string, True
        elif token.type == tokenize.COMMENT:
            yield line, token.string, False
        elif token.type == tokenize.STRING or token.type == getattr(tokenize, "FSTRING_MIDDLE", -1):
            content = re.sub(r"^[a-zA-Z]*(\"\"\"|'''|\"|')|(\"\"\"|'''|\"|')$", "", token.string)
            for offset, part in enumerate(content.splitlines()):
                yield line + offset, part, is_name(part)


def web_words(text: str, suffix: str) -> Iterator[tuple[int, str, bool]]:
    """The same of JavaScript, CSS and HTML: every word as a name, every line as prose."""
    for line, content in enumerate(text.splitlines(), 1):
        yield line, content, False
        code = re.sub(r"//.*$|/\*.*?\*/|^\s*(/?\*|<!--).*$", "", content)
        if suffix == ".html":
            code = " ".join(re.findall(r"(?:class|id|name|data-[\w-]+)=\"([^\"]*)\"", content))
        else:  # strings of several words are prose
            code = re.sub(
                r"\"([^\"]*)\"|'([^']*)'",
                lambda m: m[0] if is_name((m[1] or m[2] or "").strip(".#")) else '""',
                code,
            )
        for name in re.findall(r"[a-zA-Z_$][\w$-]*", code):
            yield line, name, True


def prose_words(text: str) -> Iterator[tuple[int, str, bool]]:
    """The same of Markdown, whose code spans are names."""
    for line, content in enumerate(text.splitlines(), 1):
        yield line, content, False
        for span in re.findall(r"`([^`]+)`", content):
            for name in re.findall(r"[a-zA-Z_][\w-]*", span):
                yield line, name, True


def words(path: str, text: str) -> Iterator[tuple[int, str, bool]]:
    suffix = Path(path).suffix
    for part in Path(path).parts:
        yield 0, part.removesuffix(suffix), True
    if suffix == ".py":
        yield from python_words(text)
    elif suffix == ".md":
        yield from prose_words(text)
    else:
        yield from web_words(text, suffix)


def allowed(rule: str, path: str, line: str) -> bool:
    return any(
        use["word"] == rule
        and any(fnmatch(path, pattern) for pattern in use.get("files", ["*"]))
        and re.search(use.get("text", ""), line)
        for use in RULES["allowed"]
    )


def hits(path: str, text: str) -> list[Hit]:
    lines = [path, *text.splitlines()]
    found: dict[Hit, None] = {}
    for number, word, name in words(path, text):
        line = lines[number]
        for rule, match, instead in in_name(word, path) if name else in_prose(word):
            if not allowed(rule, path, line):
                found[Hit(number, rule, match, instead, line)] = None
    return list(found)


@cache
def files() -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    return [
        path
        for path in listed
        if path.endswith(KINDS)
        and not any(fnmatch(path, pattern) for pattern in OLD_WORDS)
        and (ROOT / path).exists()
    ]


def read(path: str) -> str:
    """A file's text; the README's without its list of 0.1's names."""
    text = (ROOT / path).read_text()
    return text.partition(CHANGES)[0] if path == "README.md" else text


def test_no_file_uses_a_banned_word() -> None:
    found = {path: some for path in files() if (some := hits(path, read(path)))}
    assert not found, "\n".join(
        f"{path}\n" + "\n".join(map(str, some)) for path, some in found.items()
    )


@pytest.mark.parametrize(
    ("path", "text", "banned"),
    [
        ("a.py", "def reads(mine_files): ...", {"reads", "mine"}),
        ("a.py", "x.likenessOf = {'also': 1}", {"likeness", "also"}),
        ("a.py", "label = 'Take it with you'", {r"\btake it with you\b"}),
        ("a.py", '"""One\n\nline with colours."""', {"colour"}),
        ("a.py", "def test_a_picture_opens(): ...", {r"\bpictures?\b"}),
        ("a.py", "message = f'{n} pictures'", {r"\bpictures?\b"}),
        ("a.js", "const verdict = 1; // a moment", {"verdict", r"\bmoments?\b"}),
        ("a.js", 'socket.send("reads")', {"reads"}),
        ("a.css", ".dossier { color: red }", {"dossier", r"\bdossier"}),
        ("a.html", '<b class="twins">Mix-ups</b>', {"twins", r"\btwins?\b", r"\bmix-?ups?\b"}),
        (
            "a.md",
            "It reads 97 % with `--also`",
            {"also", r"\breads (right|wrong|as|it|a|the|\d+)\b"},
        ),
        ("nn/training.py", "class Position: ...", {"Position"}),
        ("nn/optimizers.py", "first_moment = 0  # the first moment", set()),
        ("pages/a.py", "class Position: ...", set()),
        ("a.py", "csv.reader(file)", set()),
        ("a.py", "x = images.read_bytes()  # reads no more than it must", set()),
    ],
)
def test_banned_words_are_found_and_honest_uses_are_not(path, text, banned) -> None:
    assert {hit.rule for hit in hits(path, text)} >= banned
    assert bool(hits(path, text)) == bool(banned)


def main(arguments: list[str]) -> None:
    total = 0
    for path in files():
        if arguments and not any(path.startswith(prefix) for prefix in arguments):
            continue
        found = hits(path, read(path))
        total += len(found)
        if found:
            print(path, *found, sep="\n")
    print(f"{total} uses of banned words")


if __name__ == "__main__":
    main(sys.argv[1:])
