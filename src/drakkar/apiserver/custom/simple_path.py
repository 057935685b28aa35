"""Paths into objects: those of printer columns, in what kubectl's JSONPath is to them, and those of dots alone."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from drakkar.apiserver.patch.json_patch import equal

_LONGEST = 4096
_NAME = re.compile(r"[^\s.\[\]'\"(){}@?*,:]+")
# Conditions within conditions.
_DEEPEST = 8


class PathError(ValueError):
    """A path that cannot be read."""


@dataclass(frozen=True, slots=True)
class _Field:
    name: str


@dataclass(frozen=True, slots=True)
class _Every:
    pass


@dataclass(frozen=True, slots=True)
class _Slice:
    start: int | None
    stop: int | None
    step: int | None


@dataclass(frozen=True, slots=True)
class _Filter:
    left: tuple[_Step, ...]
    operator: str
    right: Any


@dataclass(frozen=True, slots=True)
class _Anywhere:
    name: str


_Step = _Field | _Every | _Slice | _Filter | _Anywhere
Steps = tuple[_Step, ...]


def dotted(path: str) -> list[str]:
    """The fields of a path such as `.spec.replicas`."""
    return path.removeprefix(".").split(".")


class SpentError(Exception):
    """More has been looked at than may be."""


class Purse:
    """How much may still be looked at: a value for each unit."""

    __slots__ = ("left",)

    def __init__(self, left: int) -> None:
        self.left = left

    def spend(self, count: int = 1) -> None:
        """So much more; SpentError where there is less left."""
        self.left -= count
        if self.left < 0:
            raise SpentError


def is_dear(steps: Steps) -> bool:
    """Whether a path may look at much more than at what it leads to."""
    return any(not isinstance(step, _Field) for step in steps)


def parsed(path: str, depth: int = 0) -> Steps:
    """The steps of a JSONPath; PathError."""
    if len(path) > _LONGEST or depth > _DEEPEST:
        raise PathError("the path is too long")
    steps: list[_Step] = []
    at = 0
    while at < len(path):
        at = _step(path, at, steps, depth)
    return tuple(steps)


def _step(path: str, at: int, steps: list[_Step], depth: int) -> int:
    if path.startswith("..", at):
        name, at = _name(path, at + 2)
        steps.append(_Anywhere(name))
        return at
    if path[at] == ".":
        if at + 1 == len(path) or path[at + 1] == "[":
            return at + 1
        if path[at + 1] == "*":
            steps.append(_Every())
            return at + 2
        name, at = _name(path, at + 1)
        steps.append(_Field(name))
        return at
    if path[at] == "[":
        end = _closing(path, at)
        steps.append(_within(path[at + 1 : end], depth))
        return end + 1
    if path[at] == "$" and at == 0:
        return 1
    if at == 0:
        name, at = _name(path, 0)
        steps.append(_Field(name))
        return at
    raise PathError(f"unexpected {path[at]!r}")


def _name(path: str, at: int) -> tuple[str, int]:
    name = ""
    while at < len(path):
        if path[at] == "\\" and at + 1 < len(path):
            name += path[at + 1]
            at += 2
            continue
        found = _NAME.match(path[at].replace("\\", "."))
        if found is None:
            break
        name += path[at]
        at += 1
    if not name:
        raise PathError("a name is missing")
    return name, at


def _closing(path: str, at: int) -> int:
    depth, quote = 0, ""
    for here in range(at, len(path)):
        one = path[here]
        if quote:
            quote = "" if one == quote else quote
        elif one in "'\"":
            quote = one
        elif one == "[":
            depth += 1
        elif one == "]":
            depth -= 1
            if not depth:
                return here
    raise PathError("unterminated array")


def _within(text: str, depth: int) -> _Step:
    text = text.strip()
    if text == "*":
        return _Every()
    if text.startswith("?(") and text.endswith(")"):
        return _condition(text[2:-1].strip(), depth)
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return _Field(text[1:-1])
    if re.fullmatch(r"-?\d{1,9}", text):
        start = int(text)
        return _Slice(start, start + 1 if start != -1 else None, None)
    found = re.fullmatch(r"(-?\d{1,9})?:(-?\d{1,9})?(?::(-?\d{1,9})?)?", text)
    if found is None:
        raise PathError(f"invalid array index {text}")
    start_text, stop_text, step_text = found.groups()
    return _Slice(*(int(one) if one else None for one in (start_text, stop_text, step_text)))


def _condition(text: str, depth: int) -> _Filter:
    found = re.fullmatch(r"@((?:[^=!<>\\]|\\.)*?)\s*(?:(==|!=|<=|>=|<|>)\s*(.+))?", text, re.DOTALL)
    if found is None:
        raise PathError(f"unrecognized filter {text}")
    left, operator, right = found.groups()
    return _Filter(
        parsed(left.strip(), depth + 1), operator or "", _literal(right.strip()) if right else None
    )


def _literal(text: str) -> Any:
    if len(text) > 1 and text[0] == text[-1] and text[0] in "'\"":
        return text[1:-1]
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text)
    except ValueError:
        pass
    try:
        return float(text)
    except ValueError:
        raise PathError(f"unrecognized value {text}") from None


def first(obj: Any, steps: Steps, purse: Purse) -> tuple[bool, Any]:
    """Whether there is something at the path, and the first that is; SpentError where that is too far to look."""
    # What there is after each step so far, as far as it has not been looked at.
    waiting: list[Iterator[Any]] = [iter((obj,))]
    while waiting:
        for one in waiting[-1]:
            purse.spend()
            if len(waiting) > len(steps):
                return True, one
            waiting.append(_after(one, steps[len(waiting) - 1], purse))
            break
        else:
            waiting.pop()
    return False, None


def _after(value: Any, step: _Step, purse: Purse) -> Iterator[Any]:
    match step:
        case _Field(name):
            return iter((value[name],) if isinstance(value, dict) and name in value else ())
        case _Every():
            if isinstance(value, dict):
                purse.spend(len(value))
                return iter([value[name] for name in sorted(value)])
            return iter(value if isinstance(value, list) else ())
        case _Slice(start, stop, every):
            if not isinstance(value, list) or (every is not None and every <= 0):
                return iter(())
            return itertools.islice(value, *slice(start, stop, every).indices(len(value)))
        case _Filter():
            return (one for one in (value if isinstance(value, list) else ()) if _holds(one, step, purse))
        case _Anywhere(name):
            return _anywhere(value, name, purse)


def _anywhere(value: Any, name: str, purse: Purse) -> Iterator[Any]:
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            purse.spend(len(one))
            if name in one:
                yield one[name]
            waiting += one.values()
        elif isinstance(one, list):
            purse.spend(len(one))
            waiting += one


def _holds(item: Any, step: _Filter, purse: Purse) -> bool:
    purse.spend()
    there, left = first(item, step.left, purse)
    if not there or not step.operator:
        return there
    right = step.right
    match step.operator:
        case "==":
            return equal(left, right)
        case "!=":
            return not equal(left, right)
    if type(left) is not type(right) or isinstance(left, bool) or not isinstance(left, int | float | str):
        return False
    return bool(
        {"<": left < right, ">": left > right, "<=": left <= right, ">=": left >= right}[step.operator]
    )
