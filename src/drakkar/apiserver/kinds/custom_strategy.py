"""What is particular about the objects of a custom kind: what the schema of their version says."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.custom import embedded, expression_rules, outcome, uniqueness, values
from drakkar.apiserver.custom.before import Before
from drakkar.apiserver.custom.schema import Schema
from drakkar.apiserver.custom.simple_path import dotted
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Facts, Strategy
from drakkar.cel.library.number_text import shortest
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.object_meta import Rules

_BLOCKING = frozenset(
    {
        "FieldValueNotSupported",
        "FieldValueRequired",
        "FieldValueTooLong",
        "FieldValueTooMany",
        "FieldValueTypeInvalid",
    }
)
_UNCHECKED = (
    "some validation rules were not checked because the object was invalid; correct the existing errors to complete "
    "validation"
)
_LARGEST = 2**31 - 1
METADATA = Rules(formats.dns_subdomain, known_finalizers=False)
# A write of the status leaves all of the metadata as it is.
STATUS_KEEPS = OBJECT_METADATA - {"managedFields"}


class ScalePaths(NamedTuple):
    """Where an object has its scale, as paths of dots; the selector may be empty."""

    spec: str
    status: str
    selector: str = ""


@dataclass(frozen=True, kw_only=True)
class CustomStrategy(Strategy):
    """The rules of one version. `status_apart` says that the status is a subresource."""

    schema: Schema
    status_apart: bool = False
    scale: ScalePaths | None = None
    expressions: bool = False

    def problems(self, new: Object, old: Object | None, facts: Facts) -> list[FieldError]:
        """What is wrong with an object, less what was wrong before and has not changed."""
        before = Before(old, self.schema) if old is not None else None
        found = outcome.told(values.problems(self.schema, new, before), "")
        found += self._scale(new, True)
        found += embedded.problems(new, self.schema)
        if old is None or not uniqueness.problems(old, self.schema):
            found += uniqueness.problems(new, self.schema)
        return found + self._expressions(new, old, found, facts)

    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with a status."""
        found: list[FieldError] = []
        schema = self.schema.properties.get("status")
        if schema is not None and "status" in new:
            before = Before(old["status"], schema) if "status" in old else None
            found += outcome.told(values.problems(schema, new["status"], before), "status")
        found += self._scale(new, False)
        repeated = uniqueness.problems(new, self.schema)
        if repeated and not uniqueness.problems(old, self.schema):
            found += repeated
        return found + self._expressions(new, old, found, facts)

    def _expressions(
        self, new: Object, old: Object | None, found: list[FieldError], facts: Facts
    ) -> list[FieldError]:
        if not self.expressions:
            return []
        if any(one.reason in _BLOCKING for one in found):
            return [FieldError.invalid("<nil>", "null", _UNCHECKED)]
        return expression_rules.problems(self.schema, new, old, facts.warn)

    def _scale(self, obj: Object, whole: bool) -> list[FieldError]:
        found = Findings()
        if self.scale is None:
            return []
        for path in (self.scale.spec, self.scale.status)[0 if whole else 1 :]:
            try:
                number = whole_number(obj, path)
            except ValueError as failure:
                found.invalid(path, 0, str(failure))
                continue
            if number is not None and number < 0:
                found.invalid(path, number, "should be a non-negative integer")
            elif number is not None and number > _LARGEST:
                found.invalid(path, number, f"should be less than or equal to {_LARGEST}")
        if self.scale.selector:
            try:
                selector_text(obj, self.scale.selector)
            except ValueError as failure:
                found.invalid(self.scale.selector, "", str(failure))
        return found.listed()

    def warnings(self, new: Object, old: Object | None) -> list[str]:
        """Finalizers whose names others may use, too."""
        given = set((new["metadata"].get("finalizers")) or ())
        before = set(((old or {"metadata": {}})["metadata"].get("finalizers")) or ())
        found = []
        for one in sorted(given - before):
            found += [f'metadata.finalizers: "{one}": {said}' for said in formats.label_key(one)]
            if "/" not in one and one not in ("orphan", "foregroundDeletion", "kubernetes"):
                said = " including a path (/)" if "." in one else ""
                found.append(
                    f'metadata.finalizers: "{one}": prefer a domain-qualified finalizer name{said} to avoid accidental '
                    "conflicts with other finalizer writers"
                )
        return found


_GO_TYPES: tuple[tuple[type, str], ...] = (
    (bool, "bool"),
    (int, "int64"),
    (float, "float64"),
    (str, "string"),
    (list, "[]interface {}"),
    (dict, "map[string]interface {}"),
)


def go_type(value: Any) -> str:
    """Go's name of a JSON value's type."""
    return next((name for kind, name in _GO_TYPES if isinstance(value, kind)), "<nil>")


def _at(obj: Object, path: str) -> Any:
    """What stands at a path of dots, None for nothing; ValueError where something on the way is no object."""
    found: Any = obj
    names = dotted(path)
    for at, name in enumerate(names):
        if not isinstance(found, dict):
            where = ".".join(names[: at + 1])
            raise ValueError(
                f".{where} accessor error: {_go_value(found)} is of the type {go_type(found)}, expected map[string]interface{{}}"
            )
        if name not in found:
            return None
        found = found[name]
    return found


def _go_value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        return shortest(value)
    return "<nil>" if value is None else str(value)


def _typed(obj: Object, path: str, fits: Callable[[Any], bool], wanted: str) -> Any:
    found = _at(obj, path)
    if found is not None and not fits(found):
        raise ValueError(
            f"{path} accessor error: {_go_value(found)} is of the type {go_type(found)}, expected {wanted}"
        )
    return found


def whole_number(obj: Object, path: str) -> int | None:
    """The whole number at a path, None where there is nothing; ValueError for anything else."""
    found: int | None = _typed(
        obj, path, lambda one: isinstance(one, int) and not isinstance(one, bool), "int64"
    )
    return found


def selector_text(obj: Object, path: str) -> str:
    """The text at a path, empty where there is nothing; ValueError for anything else."""
    return _typed(obj, path, lambda one: isinstance(one, str), "string") or ""
