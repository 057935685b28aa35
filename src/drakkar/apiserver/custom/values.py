"""Holds values to a schema. What was wrong before and is as it was is not told again."""

from __future__ import annotations

import itertools
import threading
from collections.abc import Callable
from typing import Any, Final

from drakkar.apiserver.custom import numbers
from drakkar.apiserver.custom.before import Before, Unchanged
from drakkar.apiserver.custom.outcome import Outcome, Problem
from drakkar.apiserver.custom.patterns import compiled, search_cost
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.custom.string_formats import has_format
from drakkar.apiserver.custom.where import ROOT, Where
from drakkar.cel.library.regex import matches
from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.validation.field_error import short

# Parts of values held to parts of schemas in one look: an object of the largest size by a plain schema has far fewer.
_MOST: Final = 1_000_000
# Bytes of texts times instructions of the patterns they are searched for, in one look: some seconds at the slowest.
_MOST_SEARCHED: Final = 1_000_000_000
_TOO_MUCH: Final = "holding the object to its schema takes too long"
# One check that went well; nobody adds anything to it.
_MET: Final = Outcome(met=1)
_TYPE_META: Final = ("apiVersion", "kind")


class _TooMuchError(Exception):
    """The look takes longer than any real object needs."""


class _Steps(threading.local):
    """How many steps this thread's look may still take, and what it knows of which values are as they were."""

    left = 0
    unchanged: Unchanged
    # Bytes of texts times instructions of patterns that may still be searched.
    work = 0

    def take(self, count: int = 1) -> None:
        """So many more; _TooMuchError where there are none left."""
        self.left -= count
        if self.left < 0:
            raise _TooMuchError

    def search(self, text: str, pattern: str) -> None:
        """One more search; _TooMuchError where that is too much."""
        before = compiled()
        try:
            self.work -= search_cost(text, pattern)
        finally:
            self.work -= compiled() - before
        if self.work < 0:
            raise _TooMuchError


_steps = _Steps()


def problems(schema: Schema, value: Any, before: Before | None = None) -> Outcome:
    """What is wrong with a value, in the order in which it is told."""
    _steps.left, _steps.unchanged = _MOST, Unchanged(_steps.take)
    _steps.work = _MOST_SEARCHED
    try:
        return _check(schema, value, ROOT, before)
    except _TooMuchError:
        return Outcome(Problem("invalid", ROOT, _TOO_MUCH, general=True))
    finally:
        del _steps.unchanged


def _check(schema: Schema, value: Any, path: Where, before: Before | None) -> Outcome:
    found = _checked(schema, value, path, before)
    if found.problems and before is not None and _steps.unchanged.holds(before.value, value):
        return Outcome(met=found.met)
    return found


def _checked(schema: Schema, value: Any, path: Where, before: Before | None) -> Outcome:
    _steps.take()
    found = Outcome()
    if value is None:
        found.take(_type(schema, value, path))
        found.take(_enum(schema, value, path))
        return found
    steps: list[Callable[[], Outcome | None]] = []
    if schema.types or schema.format:
        steps.append(lambda: _type(schema, value, path))
    steps.append(lambda: _combined(schema, value, path, before))
    if isinstance(value, str):
        steps.append(lambda: _string(schema, value, path))
        if schema.format:
            steps.append(lambda: _format(schema, value, path))
    elif isinstance(value, int | float) and not isinstance(value, bool):
        steps.append(lambda: numbers.check(schema, value, path))
    elif isinstance(value, list):
        steps.append(lambda: _list(schema, value, path, before))
    steps.append(lambda: _enum(schema, value, path))
    if isinstance(value, dict):
        steps.append(lambda: _object(schema, value, path, before))
    for step in steps:
        found.take(step())
        found.met += 1
    found.met += 1
    return found


def _kind(value: Any) -> tuple[str, str]:
    """The type of a value, and the format that a number has of its own."""
    if isinstance(value, bool):
        return "boolean", ""
    if isinstance(value, int):
        return "integer", "int64"
    if isinstance(value, float):
        return "number", "float64"
    if isinstance(value, str):
        return "string", ""
    return ("array", "") if isinstance(value, list) else ("object", "")


def _wrong_type(path: Where, wanted: str, given: Any) -> Outcome:
    data = f': "{given}"' if isinstance(given, str) else ""
    return Outcome(Problem("type", path, f" in body must be of type {wanted}{data}", given))


def _type(schema: Schema, value: Any, path: Where) -> Outcome:
    types = schema.types
    wanted = ",".join(types)
    if value is None:
        if types and not schema.nullable:
            return _wrong_type(path, wanted, "null")
        return Outcome(met=1)
    name, form = _kind(value)
    float_as_int = isinstance(value, float) and value.is_integer() and "integer" in types
    fits = name in types or float_as_int or (name == "integer" and "number" in types)
    texts = isinstance(value, str | list)
    if not texts and schema.format and not (fits or form == schema.format):
        return _wrong_type(path, schema.format, form)
    if texts and schema.format and not {"number", "integer"} & set(types):
        return Outcome(met=1)
    return _MET if fits else _wrong_type(path, wanted, name)


def _string(schema: Schema, value: str, path: Where) -> Outcome | None:
    most, least = schema.bound("maxLength"), schema.bound("minLength")
    if most is not None and len(value) > most:
        return Outcome(Problem("long", path, f" in body should be at most {most} chars long", int(most)))
    if least is not None and len(value) < least:
        said = f" in body should be at least {least} chars long"
        return Outcome(Problem("invalid", path, said, value))
    if schema.pattern and not _matches(value, schema.pattern):
        return Outcome(Problem("invalid", path, f" in body should match '{schema.pattern}'", value))
    return None


def _matches(value: str, pattern: str) -> bool:
    try:
        _steps.search(value, pattern)
        return matches(value, pattern)
    except (Fault, LimitExceeded):
        # A pattern that cannot be read, or a search without end: the value is not known to fit.
        return False


def _format(schema: Schema, value: str, path: Where) -> Outcome | None:
    if has_format(value, schema.format):
        return None
    return _wrong_type(path, schema.format, value)


def _enum(schema: Schema, value: Any, path: Where) -> Outcome | None:
    if schema.enum is None or schema.enum.has(value):
        return None
    shown = ("" if value is None else value, schema.enum.listed)
    return Outcome(Problem("enum", path, f" in body should be one of {schema.enum.named}", shown))


def _list(schema: Schema, value: list[Any], path: Where, before: Before | None) -> Outcome:
    found = Outcome(met=1)
    if schema.items is not None:
        olds = before.each(value) if before else itertools.repeat(None)
        for at, (one, old) in enumerate(zip(value, olds, strict=False)):
            found.take(_check(schema.items, one, path.item(at), old))
    least, most = schema.bound("minItems"), schema.bound("maxItems")
    if least is not None and len(value) < least:
        said = f" in body should have at least {least} items"
        found.add(Problem("invalid", path, said, len(value)))
    if most is not None and len(value) > most:
        said = f" in body should have at most {most} items"
        found.add(Problem("many", path, said, (len(value), int(most))))
    return found


def _object(schema: Schema, value: dict[str, Any], path: Where, before: Before | None) -> Outcome:
    found = Outcome()
    least, most = schema.bound("minProperties"), schema.bound("maxProperties")
    if least is not None and len(value) < least:
        said = f" in body should have at least {least} properties"
        found.add(Problem("invalid", path, said, len(value)))
    if most is not None and len(value) > most:
        said = f" in body should have at most {most} properties"
        found.add(Problem("many", path, said, (len(value), int(most))))
    if schema.additional is False:
        for name in value:
            if name not in schema.properties:
                said = f".{short(name)} in body is a forbidden property"
                found.add(Problem("invalid", path, said, name))
    elif schema.values is not None:
        for name, one in value.items():
            if name not in schema.properties:
                old = before.field(name) if before else None
                found.take(_check(schema.values, one, path.dotted(name), old))
    for name in _known(schema, value):
        # What an object is is the same in either version, so that a change of it is not to be seen.
        old = before.field(name) if before and not (path.is_root and name in _TYPE_META) else None
        found.take(_check(schema.properties[name], value[name], path.field(name), old))
    if len(schema.required) > len(value):
        # Many objects may lack many fields.
        _steps.take(len(schema.required) - len(value))
    for name in schema.required:
        if name not in value:
            found.add(Problem("required", path.dotted(name), " in body is required"))
    return found


def _known(schema: Schema, value: dict[str, Any]) -> list[str]:
    """The fields of a value that its schema knows, in the order of the schema."""
    places = schema.places
    if len(value) >= len(places):
        return [name for name in places if name in value]
    return sorted((name for name in value if name in places), key=places.__getitem__)


def _combined(schema: Schema, value: Any, path: Where, before: Before | None) -> Outcome:
    if not (schema.any_of or schema.one_of or schema.all_of or schema.not_ is not None):
        return _MET
    found = Outcome()
    if schema.any_of:
        _any_of(schema, value, path, before, found)
    if schema.one_of:
        _one_of(schema, value, path, before, found)
    if schema.all_of:
        outcomes = [_checked(one, value, path, before) for one in schema.all_of]
        for outcome in outcomes:
            found.take(outcome)
        valid = sum(outcome.valid for outcome in outcomes)
        if valid != len(outcomes):
            said = f"must validate all the schemas (allOf){'' if valid else '. None validated'}"
            found.add(_of_many(path, said))
    if schema.not_ is not None and _checked(schema.not_, value, path, before).valid:
        found.add(_of_many(path, "must not validate the schema (not)"))
    found.met += 1
    return found


def _of_many(path: Where, said: str) -> Problem:
    return Problem("invalid", path, f'" {said}', general=True, before='"')


def _any_of(schema: Schema, value: Any, path: Where, before: Before | None, found: Outcome) -> None:
    best: Outcome | None = None
    for one in schema.any_of:
        outcome = _checked(one, value, path, before)
        if outcome.valid:
            found.take(outcome)
            return
        if best is None or outcome.met > best.met:
            best = outcome
    found.add(_of_many(path, "must validate at least one schema (anyOf)"))
    found.take(best)


def _one_of(schema: Schema, value: Any, path: Where, before: Before | None, found: Outcome) -> None:
    best: Outcome | None = None
    first: Outcome | None = None
    valid = 0
    for one in schema.one_of:
        outcome = _checked(one, value, path, before)
        if outcome.valid:
            valid += 1
            first = first or outcome
            best = None
        elif not valid and (best is None or outcome.met > best.met):
            best = outcome
    if valid == 1:
        found.take(first)
        return
    said = f"Found {valid} valid alternatives" if valid else "Found none valid"
    found.add(_of_many(path, f"must validate one and only one schema (oneOf). {said}"))
    found.take(best)
