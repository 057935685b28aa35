"""Where exceptions stand: what leaves a package that has an errors module stands in it, under one base."""

from __future__ import annotations

import ast
import importlib
import inspect
from collections.abc import Iterator
from pathlib import Path

import pytest

SOURCE = Path(__file__).parent.parent / "src" / "drakkar"
# A gate of tests raises what the gate of the API server does.
ALLOWED = {("testing", "drakkar.apiserver.access.authentication.UnauthorizedError")}


def name_of(file: Path) -> str:
    return ".".join(("drakkar", *file.relative_to(SOURCE).with_suffix("").parts))


MODULES = sorted(map(name_of, SOURCE.rglob("errors.py")))
PACKAGES = {file.parent.name for file in SOURCE.glob("*/errors.py")}


def imported() -> Iterator[tuple[str, str, str]]:
    """The package that imports, and module and name of what it imports from an inner module of another package."""
    for file in SOURCE.rglob("*.py"):
        package = file.relative_to(SOURCE).parts[0]
        for node in ast.walk(ast.parse(file.read_text())):
            if isinstance(node, ast.ImportFrom) and node.level == 0 and (node.module or "").count(".") > 1:
                for alias in node.names:
                    yield package, node.module or "", alias.name


def test_there_is_one_name_for_such_a_module() -> None:
    assert len(PACKAGES) >= 5
    assert not list(SOURCE.rglob("error.py")) and not list(SOURCE.rglob("exceptions.py"))


@pytest.mark.parametrize("module", MODULES)
def test_what_is_in_one_has_one_base(module: str) -> None:
    errors = [
        one
        for _, one in inspect.getmembers(importlib.import_module(module), inspect.isclass)
        if issubclass(one, Exception) and one.__module__ == module
    ]
    bases = [one for one in errors if all(issubclass(other, one) for other in errors)]
    assert len(bases) == 1, f"{module} has no base that all of its errors have"


def test_other_packages_catch_from_these_modules() -> None:
    inner = {
        (package, f"{module}.{name}")
        for package, module, name in imported()
        if (owner := module.split(".")[1]) != package
        and owner in PACKAGES
        and module not in MODULES
        and name.endswith("Error")
    }
    assert inner == ALLOWED
