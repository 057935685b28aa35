"""Namespaces: who must be done with one before it goes, and how it stands."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.object_meta import finalizer


def namespace_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Namespace."""
    found = Findings()
    for one in items(mapping(obj, "spec"), "finalizers"):
        finalizer(found, "spec.finalizers", one)
    return found.listed()


def namespace_finalizer_problems(obj: Object) -> list[FieldError]:
    """The same where its finalizers are written, each of which then has its place."""
    found = Findings()
    for at, one in enumerate(items(mapping(obj, "spec"), "finalizers")):
        finalizer(found, f"spec.finalizers[{at}]", one)
    return found.listed()


def namespace_status_problems(obj: Object) -> list[FieldError]:
    """A status that fits whether the Namespace is going."""
    found, phase = Findings(), text(mapping(obj, "status"), "phase")
    going = mapping(obj, "metadata").get("deletionTimestamp") is not None
    wanted, said = ("Terminating", "not empty") if going else ("Active", "empty")
    if phase != wanted:
        found.invalid("status.Phase", phase, f"may only be '{wanted}' if `deletionTimestamp` is {said}")
    return found.listed()
