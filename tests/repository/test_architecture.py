"""Imports go one way: ``app.py → pages/*/ → pages/common, components, server → nn``, never back."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
MATHEMATICS = [
    f"nn.{name}"
    for name in (
        "layers", "losses", "network", "optimizers", "schedules", "initializers", "training",
        "training_step", "parallel_step", "shared_memory", "matmul",
        "metrics", "augmentation", "batches", "random_streams", "errors",
    )
]  # fmt: skip
SHARED_ROOMS = ("common", "components", "server")


@cache
def modules() -> dict[str, Path]:
    """Name → file of every module of the program."""
    files = [path for room in ("nn", "pages") for path in (ROOT / room).rglob("*.py")]
    return {module_name(path): path for path in sorted([*files, ROOT / "app.py"])}


def module_name(path: Path) -> str:
    parts = path.relative_to(ROOT).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def import_statements(tree: ast.AST, lazy: bool) -> Iterator[ast.Import | ast.ImportFrom]:
    """All import statements; unless ``lazy``, only those that run when the module is imported."""
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Import | ast.ImportFrom):
            yield node
        elif lazy or not runs_later(node):
            yield from import_statements(node, lazy)


def runs_later(node: ast.AST) -> bool:
    """Whether the body is not executed by importing the module."""
    if isinstance(node, ast.If):
        return ast.unparse(node.test).endswith("TYPE_CHECKING")
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda)


def imports_of(name: str, path: Path, source: str, lazy: bool = True) -> set[str]:
    """The modules that a module imports: ours as exactly as they are known, others by full name."""
    found = set()
    for statement in import_statements(ast.parse(source), lazy):
        if isinstance(statement, ast.Import):
            found |= {alias.name for alias in statement.names}
            continue
        base = statement.module or ""
        if statement.level:
            package = name.split(".") if path.name == "__init__.py" else name.split(".")[:-1]
            package = package[: len(package) - (statement.level - 1)]
            base = ".".join([*package, *filter(None, [base])])
        for alias in statement.names:
            inner = f"{base}.{alias.name}"
            found.add(inner if inner in modules() else base)
    return found


@cache
def imports(lazy: bool = True) -> dict[str, set[str]]:
    return {
        name: imports_of(name, path, path.read_text(encoding="utf-8"), lazy)
        for name, path in modules().items()
    }


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def arrows(sources: Iterable[str], *targets: str) -> list[str]:
    """Every import from one of ``sources`` of something within ``targets``."""
    return [
        f"{source} imports {target}"
        for source in sources
        for target in sorted(imports()[source])
        if within(target, *targets)
    ]


def inside(*packages: str) -> list[str]:
    found = [name for name in modules() if within(name, *packages)]
    assert found, f"no module within {packages}"
    return found


def page_folders() -> list[str]:
    """Packages of ``pages`` that hold one page each."""
    rooms = {
        name.split(".")[1] for name in modules() if name.count(".") >= 2 and within(name, "pages")
    }
    return sorted(f"pages.{room}" for room in rooms.difference(SHARED_ROOMS))


def test_the_headless_half_knows_no_streamlit() -> None:
    assert not arrows(inside("nn"), "streamlit", "pages", "app")


def test_the_mathematics_knows_neither_data_nor_runs() -> None:
    assert set(MATHEMATICS) <= set(modules())
    others = {name for name in modules() if within(name, "nn")}.difference(MATHEMATICS, {"nn"})
    assert not arrows(MATHEMATICS, *others)


def test_analysis_opens_no_store() -> None:
    assert not arrows(inside("nn.analysis"), "nn.runs")


def test_data_and_models_know_no_runs() -> None:
    assert not arrows(inside("nn.data", "nn.models"), "nn.runs", "nn.analysis", "nn.export")


def test_only_the_command_line_knows_the_command_line() -> None:
    headless = [name for name in inside("nn") if not within(name, "nn.cli", "nn.__main__")]
    assert not arrows(headless, "nn.cli", "click")


def test_pages_import_no_other_page() -> None:
    folders = page_folders()
    assert len(folders) >= 4
    wrong = []
    for folder in folders:
        wrong += arrows(inside(folder), *(other for other in folders if other != folder))
    assert not wrong


def test_shared_rooms_import_no_page() -> None:
    shared = inside(*(f"pages.{room}" for room in SHARED_ROOMS))
    assert not arrows(shared, *page_folders())


def test_the_server_knows_no_streamlit() -> None:
    assert not arrows(inside("pages.server"), "streamlit", "pages.common", "pages.components")


def cycle(graph: dict[str, set[str]]) -> list[str]:
    """The modules of one import cycle in the order in which they import each other, or none."""
    done: set[str] = set()

    def visit(name: str, path: list[str]) -> list[str]:
        if name in path:
            return [*path[path.index(name) :], name]
        if name in done:
            return []
        for target in sorted(graph.get(name, ())):
            if found := visit(target, [*path, name]):
                return found
        done.add(name)
        return []

    return next((found for name in sorted(graph) if (found := visit(name, []))), [])


def test_no_module_imports_itself_round_about() -> None:
    graph = {
        name: {target for target in targets if target in modules() and target != name}
        for name, targets in imports(lazy=False).items()
    }
    assert not cycle(graph), " → ".join(cycle(graph))


def test_cycles_and_arrows_are_found() -> None:
    assert cycle({"a": {"b"}, "b": {"c"}, "c": {"b"}}) == ["b", "c", "b"]
    assert cycle({"a": {"b", "c"}, "b": {"c"}, "c": set()}) == []
    path = ROOT / "nn/runs/example.py"
    source = (
        "from ..data import mnist\n"
        "from nn import network, __name__\n"
        "if TYPE_CHECKING:\n    import nn.layers\n"
        "def f():\n    import streamlit as st\n"
    )
    eager = {"nn.data.mnist", "nn.network", "nn"}
    assert imports_of("nn.runs.example", path, source, lazy=False) == eager
    assert imports_of("nn.runs.example", path, source) == {*eager, "nn.layers", "streamlit"}
