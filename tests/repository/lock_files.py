"""What the lock files pin, and what the requirements files ask for."""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
# Each lock file → the requirements files whose ranges it must satisfy.
LOCK_FILES = {
    "requirements.lock": ("requirements.txt",),
    "requirements-cluster.lock": ("requirements.txt", "requirements-cluster.txt"),
}


class Pin(NamedTuple):
    requirement: Requirement  # NAME==VERSION, and a marker if only some computers need it
    hashes: list[str]  # "sha256:" and 64 hexadecimal digits, one for each file of the release


def parse_ranges(text: str) -> list[Requirement]:
    """The requirements in a requirements file. Raises InvalidRequirement."""
    lines = [re.sub(r"(^|\s)#.*", "", line).strip() for line in text.splitlines()]
    return [Requirement(line) for line in lines if line and not line.startswith("-r ")]


def parse_pins(text: str) -> list[Pin]:
    """The pins in a lock file. Raises InvalidRequirement, for an invalid marker, too."""
    found = []
    for line in text.replace("\\\n", " ").splitlines():
        if line.strip() and not line.lstrip().startswith("#"):
            requirement, *hashes = line.split("--hash=")
            found.append(Pin(Requirement(requirement), [each.strip() for each in hashes]))
    return found


def locked_versions() -> dict[str, set[str]]:
    """Canonical name → the versions, one for each range of Python, of every locked package."""
    found: dict[str, set[str]] = {}
    for lock_file in LOCK_FILES:
        for requirement, _ in parse_pins((ROOT / lock_file).read_text(encoding="utf-8")):
            versions = found.setdefault(canonicalize_name(requirement.name), set())
            versions |= {each.version for each in requirement.specifier}
    return found
