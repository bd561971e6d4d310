"""The lock files satisfy the ranges of the requirements files; they need not be the newest."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from itertools import product

import pytest
from packaging.requirements import InvalidRequirement, Requirement
from packaging.specifiers import SpecifierSet
from packaging.utils import canonicalize_name

from tests.repository.lock_files import LOCK_FILES, ROOT, Pin, parse_pins, parse_ranges

PLATFORMS = (("linux", "Linux"), ("darwin", "Darwin"), ("win32", "Windows"))
VERSIONS = ("3.11.0", "3.12.0", "3.13.0", "3.14.0")
SHA256 = re.compile(r"sha256:[0-9a-f]{64}")


def read(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


def ranges_of(lock_file: str) -> list[Requirement]:
    return [each for name in LOCK_FILES[lock_file] for each in parse_ranges(read(name))]


def environments() -> Iterator[dict[str, str]]:
    """What markers are evaluated with: each operating system with each version of Python."""
    for (platform, system), version in product(PLATFORMS, VERSIONS):
        yield {
            "sys_platform": platform,
            "platform_system": system,
            "python_full_version": version,
            "python_version": version.rpartition(".")[0],
            "implementation_name": "cpython",
        }


def pins_in(environment: dict[str, str], pins: list[Pin]) -> Iterator[Requirement]:
    for requirement, _ in pins:
        if requirement.marker is None or requirement.marker.evaluate(environment):
            yield requirement


def faults(ranges: list[Requirement], pins: list[Pin]) -> list[str]:
    """What is wrong with a lock file; nothing when it can be installed and satisfies the ranges."""
    found = []
    for requirement, hashes in pins:
        if [each.operator for each in requirement.specifier] != ["=="]:
            found.append(f"{requirement} is no pin")
        if not hashes or not all(map(SHA256.fullmatch, hashes)):
            found.append(f"{requirement} lacks a hash")
    if found:
        return found
    for environment in environments():
        where = f"{environment['sys_platform']}, Python {environment['python_version']}"
        pinned: dict[str, str] = {}
        for requirement in pins_in(environment, pins):
            name, [version] = canonicalize_name(requirement.name), requirement.specifier
            if name in pinned:
                found.append(f"{name} is pinned twice ({where})")
            pinned[name] = version.version
        for requested in ranges:
            version = pinned.get(canonicalize_name(requested.name))
            if version is None:
                found.append(f"{requested} is not pinned ({where})")
            elif version not in requested.specifier:
                found.append(f"{requested} excludes the pinned {version} ({where})")
    return found


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_a_lock_file_satisfies_the_ranges(lock_file: str) -> None:
    ranges = ranges_of(lock_file)
    assert len(ranges) >= 10
    assert not faults(ranges, parse_pins(read(lock_file))), (
        f"Renew {lock_file} with the command in its second line."
    )


def test_both_lock_files_pin_the_same_versions() -> None:
    small, large = (
        {str(each.requirement): set(each.hashes) for each in parse_pins(read(name))}
        for name in ("requirements.lock", "requirements-cluster.lock")
    )
    assert small.items() <= large.items()


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_the_header_is_the_command_that_renews_the_file(lock_file: str) -> None:
    command = read(lock_file).splitlines()[1]
    inputs = " ".join(LOCK_FILES[lock_file])
    assert re.match(r"# +uv pip compile --universal --python-version 3\.11 ", command)
    assert command.endswith(f" {inputs} -o {lock_file}")
    assert "--generate-hashes" in command and "--no-emit-index-url" in command


@pytest.mark.parametrize("lock_file", LOCK_FILES)
def test_a_lock_file_names_no_host_and_no_path(lock_file: str) -> None:
    assert not re.search(r"://|--(extra-)?index|--find-links|@ |file:|^-|/", read(lock_file), re.M)


def test_pins_are_for_every_python_that_is_supported() -> None:
    supported = tomllib.loads(read("pyproject.toml"))["project"]["requires-python"]
    assert supported == ">=3.11"
    assert all(version in SpecifierSet(supported) for version in VERSIONS)


HASH = "sha256:" + "0" * 64
LOCK = f"""\
# comment
example==1.5 \\
    --hash={HASH} \\
    --hash={HASH}
    # via -r requirements.txt
numbers-1==2.0 ; python_full_version < '3.12' \\
    --hash={HASH}
numbers-1==2.1 ; python_full_version >= '3.12' \\
    --hash={HASH}
"""
RANGES = "-r other.txt\nExample~=1.4\nnumbers_1~=2.0  # comment\n"


def test_pins_and_ranges_are_parsed() -> None:
    pins = parse_pins(LOCK)
    assert [str(each.requirement) for each in pins] == [
        "example==1.5",
        'numbers-1==2.0; python_full_version < "3.12"',
        'numbers-1==2.1; python_full_version >= "3.12"',
    ]
    assert [each.hashes for each in pins] == [[HASH, HASH], [HASH], [HASH]]
    assert [str(each) for each in parse_ranges(RANGES)] == ["Example~=1.4", "numbers_1~=2.0"]
    assert faults(parse_ranges(RANGES), pins) == []


@pytest.mark.parametrize(
    ("ranges", "lock", "fault"),
    [
        (RANGES.replace("1.4", "1.6"), LOCK, "Example~=1.6 excludes the pinned 1.5"),
        (RANGES.replace("2.0", "2.1"), LOCK, "excludes the pinned 2.0 (linux, Python 3.11)"),
        (RANGES + "another\n", LOCK, "another is not pinned"),
        (RANGES, LOCK.replace("example==", "example>="), "example>=1.5 is no pin"),
        (RANGES, LOCK.replace("example==1.5", "example"), "example is no pin"),
        (RANGES, LOCK.replace(HASH, "sha256:0"), "lacks a hash"),
        (RANGES, LOCK.replace(f" \\\n    --hash={HASH}", ""), "lacks a hash"),
        (RANGES, LOCK.replace("< '3.12'", "< '3.13'"), "pinned twice (linux, Python 3.12)"),
        (RANGES, LOCK.replace(">= '3.12'", ">= '3.13'"), "not pinned (win32, Python 3.12)"),
    ],
)
def test_a_fault_is_found(ranges: str, lock: str, fault: str) -> None:
    assert any(fault in found for found in faults(parse_ranges(ranges), parse_pins(lock)))


def test_an_invalid_marker_is_found() -> None:
    with pytest.raises(InvalidRequirement):
        parse_pins(LOCK.replace("python_full_version", "version_of_python"))
