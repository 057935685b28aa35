"""The metadata that every object has: names, labels, annotations, owners, finalizers, who manages which field."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings, short, shown
from drakkar.validation.field_values import items, mapping, text

_MAX_ANNOTATIONS = 256 * 1024
_LONGEST_MANAGER = 128
_LONGEST_SUBRESOURCE = 256
_STANDARD_FINALIZERS = ("kubernetes", "orphan", "foregroundDeletion")
_OPERATIONS = ("Apply", "Update")
NameRule = Callable[[str], list[str]]


class Rules(NamedTuple):
    """What differs between kinds: how names are formed, whether the prefix of a name that is to be made is looked at,
    and whether finalizers without a domain must be known ones."""

    name: NameRule = formats.dns_subdomain
    prefix: bool = True
    known_finalizers: bool = True


def object_meta(found: Findings, meta: Object, rules: Rules, path: str = "metadata") -> None:
    """The metadata of a new object, once its name is made."""
    prefix = text(meta, "generateName")
    if prefix and rules.prefix:
        found.each_invalid(f"{path}.generateName", prefix, rules.name(_masked(prefix)))
    if not text(meta, "name"):
        found.required(f"{path}.name", "name or generateName is required")
    else:
        found.each_invalid(f"{path}.name", meta["name"], rules.name(meta["name"]))
    generation = meta.get("generation") or 0
    if generation < 0:
        found.invalid(f"{path}.generation", generation, "must be greater than or equal to 0")
    _common(found, meta, rules, path)


# What is the server's and stays; a time of creation that a client sends is passed over.
_FIXED = ("uid", "deletionTimestamp", "deletionGracePeriodSeconds")


def object_meta_update(
    found: Findings, meta: Object, old: Object, rules: Rules, path: str = "metadata"
) -> None:
    """The metadata that a client sends for an object in place of `old`."""
    for field in _FIXED:
        kept = field == "deletionTimestamp" and old.get(field) is not None
        if meta.get(field) is not None and not kept and meta[field] != old.get(field):
            found.invalid(f"{path}.{field}", meta[field], "field is immutable")
    if old.get("deletionTimestamp"):
        added = sorted(set(items(meta, "finalizers")) - set(items(old, "finalizers")))
        if added:
            listed = ", ".join(f'"{one}"' for one in added)
            said = "no new finalizers can be added if the object is being deleted, found new finalizers"
            found.forbidden(f"{path}.finalizers", f"{said} []string{{{listed}}}")
    _common(found, meta, rules, path)


def _masked(prefix: str) -> str:
    # What is made of it ends in other characters than a hyphen.
    return f"{prefix[:-2]}a" if len(prefix) > 1 and prefix.endswith("-") else prefix


def _common(found: Findings, meta: Object, rules: Rules, path: str) -> None:
    object_labels(found, f"{path}.labels", mapping(meta, "labels"))
    object_annotations(found, f"{path}.annotations", mapping(meta, "annotations"))
    _owners(found, f"{path}.ownerReferences", items(meta, "ownerReferences"))
    _finalizers(found, f"{path}.finalizers", items(meta, "finalizers"))
    _managed(found, f"{path}.managedFields", items(meta, "managedFields"))
    for at, one in enumerate(items(meta, "finalizers") if rules.known_finalizers else ()):
        _known(found, f"{path}.finalizers[{at}]", one)


def finalizer(found: Findings, path: str, name: str) -> None:
    """One finalizer of a namespace's spec."""
    found.each_invalid(path, name, formats.label_key(name))
    _known(found, path, name)


def _known(found: Findings, path: str, name: str) -> None:
    if "/" not in name and name not in _STANDARD_FINALIZERS:
        found.invalid(path, name, "name is neither a standard finalizer name nor is it fully qualified")


def object_labels(found: Findings, path: str, given: Object) -> None:
    """Keys and values of labels, which all stand at the one path."""
    for key, value in given.items():
        found.each_invalid(path, key, formats.label_key(key))
        found.each_invalid(path, value, formats.label_value(value))


def object_annotations(found: Findings, path: str, given: Object) -> None:
    """Keys of annotations, in any case, and how long they all are together."""
    for key in given:
        found.each_invalid(path, key, formats.label_key(key.lower()))
    if sum(formats.size(key) + formats.size(value) for key, value in given.items()) > _MAX_ANNOTATIONS:
        found.too_long(path, _MAX_ANNOTATIONS)


def _owners(found: Findings, path: str, references: list[Object]) -> None:
    controller = every = ""
    for at, reference in enumerate(references):
        here = f"{path}[{at}]"
        version = text(reference, "apiVersion")
        if not version:
            found.required(f"{here}.apiVersion", "must not be empty")
        elif version.count("/") > 1 or version.endswith("/"):
            found.invalid(f"{here}.apiVersion", version, "must be <group>/<version> or <version>")
        for field in ("kind", "name", "uid"):
            if not text(reference, field):
                found.required(f"{here}.{field}", "must not be empty")
        kind = text(reference, "kind")
        if (version, kind) == ("v1", "Event"):
            found.invalid(here, _reference(reference), "/v1, Kind=Event is disallowed from being an owner")
        if reference.get("controller"):
            # All of it is in each message, however many there are.
            name = short(f"{kind}/{text(reference, 'name')}")
            if controller:
                said = (
                    "Only one reference can have Controller set to true. "
                    f'Found "true" in references for {controller} and {name}'
                )
                every = every or short(shown([_reference(one) for one in references]))
                found.add(FieldError.invalid(path, every, said))
            else:
                controller = name


def _reference(reference: Object) -> Object:
    """As messages show it: what is required always, the rest where it is there."""
    told: Object = {field: text(reference, field) for field in ("apiVersion", "kind", "name", "uid")}
    flags = ("controller", "blockOwnerDeletion")
    return told | {flag: reference[flag] for flag in flags if reference.get(flag) is not None}


def _finalizers(found: Findings, path: str, given: list[str]) -> None:
    for one in given:
        found.each_invalid(path, one, formats.label_key(one))
    if {"orphan", "foregroundDeletion"} <= set(given):
        found.invalid(path, given, "finalizer orphan and foregroundDeletion cannot be both set")


def _managed(found: Findings, path: str, entries: list[Object]) -> None:
    """Who owns which field. It is only a proposal: one that cannot be read as a whole is passed over, and so is an entry
    without fields."""
    if any(
        entry.get("operation") not in _OPERATIONS or entry.get("fieldsType") != "FieldsV1"
        for entry in entries
    ):
        return
    for at, entry in enumerate(entries):
        here, manager = f"{path}[{at}]", text(entry, "manager")
        if not mapping(entry, "fieldsV1"):
            continue
        if formats.size(manager) > _LONGEST_MANAGER:
            found.too_long(f"{here}.manager", _LONGEST_MANAGER)
        for position, character in enumerate(manager):
            if not character.isprintable():
                offset = formats.size(manager[:position])
                said = f"invalid character U+{ord(character):04X} (at position {offset})"
                found.invalid(f"{here}.manager", manager, said)
        if formats.size(text(entry, "subresource")) > _LONGEST_SUBRESOURCE:
            found.too_long(f"{here}.subresource", _LONGEST_SUBRESOURCE)
