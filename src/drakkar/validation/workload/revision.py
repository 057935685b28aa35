"""ControllerRevisions: what a template was like once."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import immutable


def revision_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a ControllerRevision."""
    found, number = Findings(), obj.get("revision") or 0
    if number < 0:
        found.invalid("revision", number, "must be greater than or equal to 0")
    return found.listed()


def revision_creation_problems(obj: Object) -> list[FieldError]:
    """What more is asked of a new one: data, which are an object."""
    found, data = Findings(), obj.get("data")
    if data is None:
        found.required("data", "data is mandatory")
    elif not isinstance(data, dict):
        found.required("data", "data must be a valid JSON object")
    return found.listed()


def revision_changes(old: Object, new: Object) -> list[FieldError]:
    """Its data stay."""
    found = Findings()
    immutable(found, "data", new.get("data"), old.get("data"))
    return found.listed()
