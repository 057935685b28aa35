"""The entries of metadata.managedFields: who owns which fields, by which operation, since when."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from typing import Any, NamedTuple

from drakkar.apiserver.patch import field_paths
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.field_merge import compare
from drakkar.apiserver.patch.field_paths import Fields, difference, union
from drakkar.apiserver.schema.node import SchemaNode

APPLY, UPDATE = "Apply", "Update"
MAX_UPDATE_ENTRIES = 10
ANCIENT = "ancient-changes"  # the manager that stands for all those whose entries were folded
_BEFORE = "before-first-apply"
# Fields of every object that the server or the URL decides, so that nobody owns them.
_NOBODYS = field_paths.decode(
    {
        "f:apiVersion": {},
        "f:kind": {},
        "f:metadata": {
            ".": {},
            "f:name": {},
            "f:namespace": {},
            "f:creationTimestamp": {},
            "f:selfLink": {},
            "f:uid": {},
            "f:generation": {},
            "f:managedFields": {},
            "f:resourceVersion": {},
        },
    }
)


class Held(NamedTuple):
    """How objects are held: with the spec and the status that they came with, or always with both; and whether the status
    is written apart."""

    as_sent: bool = False
    status_apart: bool = True


ALWAYS = Held()


class Entry(NamedTuple):
    """One manager's fields."""

    manager: str
    operation: str
    api_version: str
    subresource: str
    time: str
    fields: Fields

    @property
    def identity(self) -> tuple[str, ...]:
        """What one entry is told from another by; an applier is the same in every version."""
        version = self.api_version if self.operation == UPDATE else ""
        return (self.manager, self.operation, version, self.subresource)

    def encode(self) -> dict[str, Any]:
        """The entry as it stands in the object."""
        found = {
            "manager": self.manager,
            "operation": self.operation,
            "apiVersion": self.api_version,
            # An empty text is no time: Go's clients could not read whatever holds one.
            "time": self.time,
            "fieldsType": "FieldsV1",
            "fieldsV1": field_paths.encode(self.fields),
            "subresource": self.subresource,
        }
        return {name: value for name, value in found.items() if value or name == "fieldsV1"}


def decode(entries: Any) -> list[Entry]:
    """The entries of an object, of those that name the same owner the last one; a malformed one is a PatchError."""
    result: dict[tuple[str, ...], Entry] = {}
    for found in entries or ():
        if not isinstance(found, dict):
            raise PatchError("metadata.managedFields must hold objects")
        if found.get("operation") not in (APPLY, UPDATE):
            raise PatchError("metadata.managedFields[].operation must be Apply or Update")
        if found.get("fieldsType") != "FieldsV1":
            raise PatchError("metadata.managedFields[].fieldsType must be FieldsV1")
        if not found.get("apiVersion"):
            raise PatchError("metadata.managedFields[].apiVersion must not be empty")
        manager, operation, version, subresource, time = (
            str(found.get(name) or "")
            for name in ("manager", "operation", "apiVersion", "subresource", "time")
        )
        fields = field_paths.decode(found.get("fieldsV1") or {})
        entry = Entry(manager, operation, version, subresource, time, fields)
        result[entry.identity] = entry
    return list(result.values())


def encode(entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """The entries in their order in an object: appliers first, then by time; the oldest updaters are folded."""
    kept = sorted(
        (entry for entry in entries if entry.fields),
        key=lambda e: (e.operation, e.time, e.manager, e.api_version, e.subresource),
    )
    return [entry.encode() for entry in _folded(kept)]


def _folded(entries: list[Entry]) -> list[Entry]:
    """At most so many updaters: the oldest of one version and subresource become one entry."""
    updaters = {at: entry for at, entry in enumerate(entries) if entry.operation == UPDATE}
    surplus = len(updaters) - MAX_UPDATE_ENTRIES
    groups: dict[tuple[str, str], deque[int]] = {}
    for at, entry in updaters.items():
        groups.setdefault((entry.api_version, entry.subresource), deque()).append(at)
    while surplus > 0:
        first = next(iter(updaters))
        oldest = updaters[first]
        alike = groups[oldest.api_version, oldest.subresource]
        alike.popleft()
        if not alike:
            # Nothing to fold it with: its fields would be lost, so it goes only to keep the bound.
            del updaters[first]
            surplus -= 1
            continue
        fields, time = [oldest.fields], oldest.time
        while alike and surplus > 0:
            other = updaters.pop(alike.popleft())
            fields.append(other.fields)
            time = other.time
            surplus -= 1
        updaters[first] = oldest._replace(manager=ANCIENT, time=time, fields=field_paths.together(fields))
        alike.appendleft(first)
    return [entry for entry in entries if entry.operation != UPDATE] + list(updaters.values())


def ownable(fields: Fields, subresource: str, held: Held = ALWAYS) -> Fields:
    """Those paths that a write through the resource or one of its subresources can own."""

    def reached(top: str) -> bool:
        if subresource == "status":
            return top == "f:status"
        return top != "f:status" or not held.status_apart

    return {top: node for top, node in difference(fields, _NOBODYS).items() if reached(top)}


def is_reset(entries: Any) -> bool:
    """Whether a write asks to forget all ownership, by a list of one empty entry."""
    return isinstance(entries, list) and entries == [{}]


def update_managed_fields(
    old: dict[str, Any] | None,
    new: dict[str, Any],
    manager: str,
    api_version: str,
    subresource: str,
    now: str,
    schema: SchemaNode,
    held: Held = ALWAYS,
) -> list[dict[str, Any]]:
    """The entries after a create, an update or a patch: the writer owns what it changed, the others lose it."""
    sent = (new.get("metadata") or {}).get("managedFields")
    if is_reset(sent):
        return []
    stored = ((old or {}).get("metadata") or {}).get("managedFields")
    try:
        entries = decode(sent)
    except PatchError:
        entries = []  # what a client sends is only a proposal; ownership must not stop a write
    entries = entries or decode(stored)
    if old is not None and not entries:
        # An object that nobody owned is not owned in parts, until it is first applied.
        return []
    try:
        found = compare(_without_ownership(old or {}, held), _without_ownership(new, held), schema)
    except PatchError:
        return encode(entries)  # a list whose items cannot be told apart has no owners
    changed = difference(found.changed, _NOBODYS)
    touched = union(changed, found.removed)
    writer = Entry(manager, UPDATE, api_version, subresource, now, {})
    # On a create the writer brings a status too, where it has no subresource that would drop it.
    gained = changed if old is None else ownable(changed, subresource, held)
    return encode(_handed_over(entries, writer, gained, found.removed, touched))


def before_first_apply(
    live: dict[str, Any],
    api_version: str,
    subresource: str,
    now: str,
    schema: SchemaNode,
    held: Held = ALWAYS,
) -> Entry:
    """Who owns an object that nobody owned when it is first applied: all that is there."""
    try:
        found = compare({}, _without_ownership(live, held), schema).changed
    except PatchError:
        found = {}
    return Entry(_BEFORE, UPDATE, api_version, subresource, now, ownable(found, subresource, held))


def _handed_over(
    entries: list[Entry], writer: Entry, gained: Fields, removed: Fields, touched: Fields
) -> list[Entry]:
    """The entries once the writer has what it gained, and nobody else what it touched."""
    result = []
    for entry in entries:
        if entry.identity == writer.identity:
            kept = union(difference(entry.fields, removed), gained)
            if kept != entry.fields:
                entry = entry._replace(fields=kept, time=writer.time)
            gained = {}
        else:
            entry = entry._replace(fields=difference(entry.fields, touched))
        result.append(entry)
    if gained:
        result.append(writer._replace(fields=gained))
    return result


def _without_ownership(obj: dict[str, Any], held: Held) -> dict[str, Any]:
    metadata = obj.get("metadata") or {}
    kept = {k: v for k, v in metadata.items() if k != "managedFields"}
    if held.as_sent:
        return {"metadata": kept, **{k: v for k, v in obj.items() if k != "metadata"}}
    # The object's structs are always there, so adding to them is no change of the whole.
    return {
        "metadata": kept,
        "spec": {},
        "status": {},
        **{k: v for k, v in obj.items() if k != "metadata" and v},
    }
