"""What the rules of a definition may name: a part of an object as its schema says, and what it was before."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

from drakkar.cel.environment.declarations import Environment
from drakkar.cel.objects.place import Place
from drakkar.cel.objects.program import Program, compiled
from drakkar.cel.objects.structural import REQUEST, Structural
from drakkar.cel.objects.typed_value import typed
from drakkar.cel.outcome import CompileError, Fault
from drakkar.cel.types import BOOL, DYN, STRING, Type, optional_of
from drakkar.cel.values import NONE, Optional

SELF: Final = "self"
OLD: Final = "oldSelf"
# Letters of one expression.
_LONGEST: Final = 100_000
_NONE_HIDDEN: Final[frozenset[str]] = frozenset()
# What came with 1.37 only what is stored may use, so that a server of 1.36 can read it.
_LATEST: Final = frozenset(("includes",))


class Environments(NamedTuple):
    """Those of the rules at one place: with an old value, and with one that may be missing."""

    plain: Environment
    optional: Environment


class Declared:
    """The places of a schema, and the environments of those that have rules."""

    def __init__(self, source: Mapping[str, Any], resource: bool) -> None:
        structural = Structural(source, resource)
        self.root = structural.root
        self._structs = structural.structs
        self._known: dict[tuple[Place, bool], Environments] = {}

    def environments(self, place: Place, stored: bool = True) -> Environments:
        """Those of a place that has a type; what is not stored yet may say less."""
        known = self._known.get((place, stored))
        if known is None:
            assert place.type is not None
            plain = self._environment(place, place.type, place.type, stored)
            optional = self._environment(place, place.type, optional_of(place.type), stored)
            known = self._known[place, stored] = Environments(plain, optional)
        return known

    def _environment(self, place: Place, type_: Type, old: Type, stored: bool) -> Environment:
        hidden = _NONE_HIDDEN if stored else _LATEST
        variables = {SELF: type_, OLD: old}
        return Environment(
            {}, hidden, DYN, variables, self._structs, _LONGEST, False, lambda steps: place.size(steps[1:])
        )


def rule(text: str, environment: Environment) -> Program | CompileError:
    """Compile a rule or what words it; its type is still to be asked."""
    return compiled(text, environment)


def is_latest(text: str) -> bool:
    """Whether an expression may be one that only what is stored may say."""
    return any(name in text for name in _LATEST)


def is_rule(made: Program) -> bool:
    """Whether it says yes or no."""
    return made.type == BOOL


def is_message(made: Program) -> bool:
    """Whether it makes a text."""
    return made.type == STRING


def most_times(place: Place) -> int:
    """How often a place may be in an object where nothing bounds that."""
    return REQUEST // (place.least + 1)


class Reading:
    """What the rules at one place read: what stands there, and what stood there before; None where there was nothing."""

    def __init__(self, place: Place, new: Any, old: Any) -> None:
        self._place = place
        self._new, self._old = new, old

    @functools.cached_property
    def _self(self) -> Any:
        return typed(self._new, self._place)

    @functools.cached_property
    def _old_self(self) -> Any:
        return typed(self._old, self._place)

    def plain(self, name: str) -> Any:
        """The variables of rules that are asked of changes only."""
        if name == SELF:
            return self._self
        if name == OLD and self._old is not None:
            return self._old_self
        raise Fault(f"no such attribute(s): {name}")

    def optional(self, name: str) -> Any:
        """The variables of rules to which the old value is an optional."""
        if name == OLD:
            return NONE if self._old is None else Optional(True, self._old_self)
        return self.plain(name)
