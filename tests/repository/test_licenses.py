"""The README's table of licenses is what the locked packages say of themselves.

``python -m tests.repository.test_licenses`` prints the table. It asks the packages that are
installed, so install both lock files before; what is not installed keeps its license.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.metadata import PackageNotFoundError, distribution
from typing import Any

import pytest
from packaging.utils import canonicalize_name

from tests.repository.lock_files import ROOT, locked_versions

HEADER = "| license | packages |\n|---|---|\n"
# Names that packages give their licenses → the SPDX identifiers. "BSD" says not which of them.
SPDX = {
    "3-Clause BSD License": "BSD-3-Clause",
    "Apache 2.0": "Apache-2.0",
    "Apache License 2.0": "Apache-2.0",
    "Apache Software License": "Apache-2.0",
    "BSD License": "BSD",
    "MIT License": "MIT",
}
MAX_NAME = 40  # characters; what is longer is the text of a license, not its name


def license_name(metadata: Any) -> str:
    """SPDX identifiers; raises ValueError for a package that names no license.

    metadata: of the package, with ``get`` and ``get_all``. Of its three places for a license, the
    newest decides.
    """
    plain = metadata.get("License") or ""
    classifiers = [
        each.rpartition(" :: ")[2]
        for each in metadata.get_all("Classifier") or []
        if each.startswith("License :: ")
    ]
    names = [
        metadata.get("License-Expression"),
        plain if len(plain) <= MAX_NAME and "\n" not in plain else "",
        " AND ".join(SPDX.get(each, each) for each in classifiers),
    ]
    name = next(filter(None, names), None)
    if name is None:
        raise ValueError(f"{metadata.get('Name')} names no license.")
    return SPDX.get(name, name)


def installed_licenses() -> dict[str, str]:
    """Canonical name → license of each locked package that is installed in a locked version.

    Another version may have another license; CI has the newest.
    """
    found = {}
    for name, versions in locked_versions().items():
        try:
            installed = distribution(name)
        except PackageNotFoundError:  # another operating system or version of Python needs it
            continue
        if installed.version in versions:
            found[name] = license_name(installed.metadata)
    return found


def table_in(text: str) -> dict[str, str]:
    """Canonical name → license, as the table in ``text`` says. Raises ValueError for a package that
    is listed twice."""
    found: dict[str, str] = {}
    for license_, package in rows(text.partition(HEADER)[2]):
        if found.setdefault(canonicalize_name(package), license_) != license_:
            raise ValueError(f"{package} is listed twice.")
    return found


def rows(text: str) -> Iterator[tuple[str, str]]:
    for line in text.splitlines():
        if not line.startswith("| "):
            return
        license_, packages = line.strip("| ").split(" | ")
        for package in packages.split(", "):
            yield license_, package


def table_of(licenses: dict[str, str]) -> str:
    """In Markdown: a row for each license."""
    packages: dict[str, list[str]] = {}
    for name, license_ in sorted(licenses.items()):
        packages.setdefault(license_, []).append(name)
    lines = (f"| {each} | {', '.join(names)} |\n" for each, names in sorted(packages.items()))
    return HEADER + "".join(lines)


README = (ROOT / "README.md").read_text(encoding="utf-8")


def test_every_locked_package_is_in_the_table_and_no_other() -> None:
    assert set(table_in(README)) == set(locked_versions())


def test_the_table_says_what_the_packages_say() -> None:
    listed = table_in(README)
    wrong = {
        name: f"{listed.get(name)}, but the package says {license_}"
        for name, license_ in installed_licenses().items()
        if listed.get(name) != license_
    }
    assert not wrong, f"{wrong}: python -m tests.repository.test_licenses prints the right table."


def test_the_table_is_printed_as_it_is_read() -> None:
    licenses = {"one": "MIT", "two": "BSD", "three": "MIT"}
    assert table_of(licenses) == f"{HEADER}| BSD | two |\n| MIT | one, three |\n"
    assert table_in(f"text\n\n{table_of(licenses)}\n| no | more |\n") == licenses
    with pytest.raises(ValueError, match="two is listed twice"):
        table_in(f"{HEADER}| BSD | two |\n| MIT | one, two |\n")


class Metadata(dict[str, Any]):
    def get_all(self, name: str) -> Any:
        return self.get(name)


@pytest.mark.parametrize(
    ("fields", "name"),
    [
        ({"License-Expression": "MIT", "License": "BSD"}, "MIT"),
        ({"License": "Apache License 2.0"}, "Apache-2.0"),
        (
            {
                "License": "Copyright\n\nPermission is hereby granted",
                "Classifier": ["License :: OSI Approved :: BSD License", "Topic :: MIT"],
            },
            "BSD",
        ),
        (
            {
                "Classifier": [
                    "License :: OSI Approved :: MIT License",
                    "License :: OSI Approved :: Apache Software License",
                ]
            },
            "MIT AND Apache-2.0",
        ),
    ],
)
def test_the_name_of_a_license_is_found(fields: dict[str, Any], name: str) -> None:
    assert license_name(Metadata(fields)) == name


def test_a_package_without_license_is_found() -> None:
    with pytest.raises(ValueError, match="example names no license"):
        license_name(Metadata({"Name": "example", "Classifier": ["Topic :: MIT"]}))


if __name__ == "__main__":
    known = {name: each for name, each in table_in(README).items() if name in locked_versions()}
    print(table_of(known | installed_licenses()), end="")
