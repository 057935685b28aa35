"""Reads objects from files: JSON, YAML with several documents, and lists of either."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

import yaml

from drakkar.collector import nothing_collected
from drakkar.sources.source import InputError, Sourced

_SUFFIXES = (".yaml", ".yml", ".json")
# A dump of a large cluster has tens of megabytes; what is much larger is no dump.
_LARGEST = 512 * 1024 * 1024
_LISTS_DEEP = 8
# The API server takes objects that are nested 200 deep; a list around them is a few more.
_DEEPEST = 220
_BASE: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


class _Loader(_BASE):  # type: ignore[misc]
    """YAML as Kubernetes reads it: what looks like a date is text."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _BASE.yaml_implicit_resolvers.items()
}


def _yaml_problem(error: yaml.YAMLError) -> str:
    mark = getattr(error, "problem_mark", None)
    what = getattr(error, "problem", None) or str(error).partition("\n")[0]
    return f"line {mark.line + 1}, column {mark.column + 1}: {what}" if mark is not None else str(what)


def _is_too_deep(document: Any) -> bool:
    level = [document]
    for _ in range(_DEEPEST):
        below = (inner for each in level for inner in (each.values() if isinstance(each, dict) else each))
        # Each once: aliases of YAML let a short text stand for a large tree, or one without an end.
        level = list({id(inner): inner for inner in below if isinstance(inner, dict | list)}.values())
        if not level:
            return False
    return True


def _documents(text: str, file: str) -> Iterator[Any]:
    """What a text holds; InputError, after what is sound before it."""
    number = 1
    try:
        for document in _loaded(text, file):
            if isinstance(document, dict | list) and _is_too_deep(document):
                raise RecursionError
            yield document
            number += 1
    except RecursionError:
        raise InputError([f"{file}, document {number}: nested more than {_DEEPEST} deep"]) from None


def _loaded(text: str, file: str) -> Iterator[Any]:
    if text.lstrip()[:1] in ("{", "["):
        try:
            yield json.loads(text)
            return
        except ValueError:
            # YAML may begin with a brace too; if it is neither, YAML's message knows the line.
            pass
    loader = _Loader(text)
    count = 0
    try:
        while loader.check_data():
            yield loader.get_data()
            count += 1
    except (yaml.YAMLError, ValueError) as error:
        what = _yaml_problem(error) if isinstance(error, yaml.YAMLError) else str(error)
        raise InputError([f"{file}, document {count + 1}: not YAML: {what}"]) from None
    finally:
        loader.dispose()


def _objects(document: Any, where: str, depth: int = 0) -> Iterator[Sourced]:
    if isinstance(document, list):
        document = {"kind": "List", "apiVersion": "v1", "items": document}
    if not isinstance(document, dict):
        raise InputError([f"{where}: want a Kubernetes object, found {type(document).__name__}"])
    kind, version = document.get("kind"), document.get("apiVersion")
    items = document.get("items")
    if isinstance(kind, str) and kind.endswith("List") and (items is None or isinstance(items, list)):
        if depth == _LISTS_DEEP:
            raise InputError([f"{where}: lists are nested more than {_LISTS_DEEP} deep"])
        for index, item in enumerate(items or []):
            # What the API server lists has no kind of its own when it is a list of one kind.
            if isinstance(item, dict) and kind != "List":
                item = {"apiVersion": version, "kind": kind.removesuffix("List"), **item}
            yield from _objects(item, f"{where}, item {index + 1}", depth + 1)
        return
    for field, value in (("kind", kind), ("apiVersion", version)):
        if not isinstance(value, str) or not value:
            raise InputError([f"{where}: {field} is missing"])
    yield Sourced(document, where)


def parse(text: str, file: str) -> list[Sourced]:
    """The objects of a file's text; `file` is its name for messages. Empty documents are passed over."""
    found: list[Sourced] = []
    problems: list[str] = []
    for index, document in enumerate(_documents(text, file)):
        if document is None:
            continue
        try:
            found += _objects(document, f"{file}, document {index + 1}")
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found


def _files(path: Path) -> list[Path]:
    if not path.is_dir():
        return [path]
    found = sorted(file for file in path.iterdir() if file.suffix in _SUFFIXES and file.is_file())
    if not found:
        raise InputError([f"{path}: no {', '.join(_SUFFIXES)} file in this directory"])
    return found


def _text(path: Path) -> str:
    if str(path) == "-":
        return sys.stdin.read()
    try:
        if path.stat().st_size > _LARGEST:
            raise InputError([f"{path}: larger than {_LARGEST // 2**20} MiB"])
        return path.read_text(encoding="utf-8")
    except OSError as error:
        raise InputError([f"{path}: {error.strerror or error}"]) from None
    except UnicodeDecodeError as error:
        raise InputError([f"{path}: not UTF-8 at byte {error.start}"]) from None


@nothing_collected()
def read(paths: Iterable[Path]) -> list[Sourced]:
    """All objects of the files, in order; of a directory its YAML and JSON files, and `-` is stdin."""
    found: list[Sourced] = []
    problems: list[str] = []
    for given in paths:
        try:
            for path in _files(given):
                found += parse(_text(path), "stdin" if str(path) == "-" else str(path))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return found
