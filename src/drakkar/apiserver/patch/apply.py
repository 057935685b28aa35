"""Server-side apply: lays a manager's configuration over an object, minding what others own."""

from __future__ import annotations

import copy
import itertools
from typing import Any, NamedTuple

from drakkar.api.object import without_nulls
from drakkar.apiserver.patch import field_paths, managed_fields
from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.patch.field_merge import Difference, compare, merge, prune
from drakkar.apiserver.patch.field_paths import MEMBER, Fields
from drakkar.apiserver.patch.json_patch import equal
from drakkar.apiserver.patch.managed_fields import ALWAYS, APPLY, UPDATE, Entry, Held, update_managed_fields
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.validation.field_error import short

# Others' fields may be as many as an object has, and each may be named by keys of any length.
_MOST_TOLD = 200
_MOST_LETTERS = 40_000
# Fields that a manager stops to apply are removed, but never one of these with all that is in it.
_KEPT = frozenset({"f:apiVersion", "f:kind", "f:metadata", "f:spec", "f:status"})


class ApplyResult(NamedTuple):
    """The object to store; `changed` is false when it equals the live one."""

    object: dict[str, Any]
    created: bool
    changed: bool


class Conflict(NamedTuple):
    """One field that another manager owns with another value."""

    manager: str
    field: str


class ApplyConflict(NamedTuple):
    """Why the configuration was not applied; `causes` fit the details of a 409 Status. `more` are not told of one by one."""

    conflicts: tuple[Conflict, ...]
    more: int = 0

    @property
    def message(self) -> str:
        """The conflicts in one text, grouped by manager."""
        count = len(self.conflicts) + self.more
        text = f"Apply failed with {count} conflict{'s' if count != 1 else ''}: "
        by_manager: dict[str, list[str]] = {}
        for found in self.conflicts:
            by_manager.setdefault(found.manager, []).append(found.field)
        groups = []
        for manager, names in by_manager.items():
            if len(names) == 1:
                groups.append(f"conflict with {manager}: {names[0]}")
            else:
                groups.append("\n- ".join([f"conflicts with {manager}:", *names]))
        if self.more:
            groups.append(f"and {self.more} more")
        return text + "\n".join(groups)

    @property
    def causes(self) -> list[dict[str, str]]:
        """One cause for each field."""
        return [
            {"reason": "FieldManagerConflict", "message": f"conflict with {c.manager}", "field": c.field}
            for c in self.conflicts
        ]


def _named(entry: Entry) -> str:
    text = f'"{short(entry.manager)}"'
    if entry.subresource:
        text += f' with subresource "{short(entry.subresource)}"'
    if entry.operation == UPDATE:
        text += f" using {short(entry.api_version)}"
    return text


def _reachable(applied: dict[str, Any], subresource: str, held: Held) -> dict[str, Any]:
    """What of a configuration counts at this endpoint."""
    metadata = applied.get("metadata") or {}
    if not isinstance(metadata, dict):
        raise PatchError("metadata must be an object")
    if metadata.get("managedFields"):
        raise PatchError("metadata.managedFields must be nil", invalid=False)
    if subresource == "status":
        checked = ("uid", "resourceVersion")
        applied = {
            "metadata": {k: metadata[k] for k in checked if k in metadata},
            "status": applied.get("status") or {},
        }
    elif held.status_apart:
        applied = {k: v for k, v in applied.items() if k != "status"}
    # To apply null is to leave the field out: nobody can own a value that is not there.
    return dict(applied if held.as_sent else without_nulls(applied))


def apply(
    live: dict[str, Any] | None,
    applied: Any,
    manager: str,
    force: bool,
    schema: SchemaNode,
    subresource: str,
    now: str,
    held: Held = ALWAYS,
) -> ApplyResult | ApplyConflict:
    """The object with a manager's configuration applied, or the conflicts when others disagree and it may not force.

    `now` is an RFC 3339 timestamp; a malformed configuration is a PatchError.
    """
    if not isinstance(applied, dict):
        raise PatchError("an applied configuration must be an object", invalid=False)
    if not manager:
        raise PatchError("fieldManager is required for apply patch", invalid=False)
    try:
        return _apply(live, applied, manager, force, schema, subresource, now, held)
    except RecursionError:
        raise PatchError("the configuration is nested too deeply", invalid=False) from None


def _apply(
    live: dict[str, Any] | None,
    applied: dict[str, Any],
    manager: str,
    force: bool,
    schema: SchemaNode,
    subresource: str,
    now: str,
    held: Held,
) -> ApplyResult | ApplyConflict:
    api_version = str(applied.get("apiVersion") or (live or {}).get("apiVersion") or "")
    wanted = copy.deepcopy(_reachable(applied, subresource, held))
    base = live or {}
    entries = managed_fields.decode((base.get("metadata") or {}).get("managedFields"))
    if live is not None and not entries:
        entries = [managed_fields.before_first_apply(live, api_version, subresource, now, schema, held)]
    # Who changes nothing has no time, or the one that he had.
    mine = Entry(manager, APPLY, api_version, subresource, "", {})
    before = next((e for e in entries if e.identity == mine.identity), mine)
    others = [e for e in entries if e.identity != mine.identity]
    mine = mine._replace(fields=managed_fields.ownable(field_paths.owned(wanted, schema), subresource, held))

    merged = merge(base, wanted, schema)
    merged = prune(
        merged, _abandoned(before.fields, [mine.fields, *(entry.fields for entry in others)], _KEPT), schema
    )
    difference = compare(base, merged, schema)
    kept = _others_after(others, mine.fields, difference, force)
    if isinstance(kept, ApplyConflict):
        return kept
    mine = mine._replace(time=now if difference.changed or difference.removed else before.time)
    metadata = {k: v for k, v in (merged.get("metadata") or {}).items() if k != "managedFields"}
    owners = managed_fields.encode([*kept, mine])
    if owners:
        metadata["managedFields"] = owners
    result = {**merged, "metadata": metadata}
    return ApplyResult(result, created=live is None, changed=not equal(result, live))


def _others_after(
    others: list[Entry], mine: Fields, difference: Difference, force: bool
) -> list[Entry] | ApplyConflict:
    """What the others keep of their fields when these of mine change; a conflict where they would lose some without force."""
    conflicts: list[Conflict] = []
    count = 0
    kept = []
    for entry in others:
        contested = field_paths.intersection(entry.fields, difference.changed)
        disputed = field_paths.intersection(contested, mine)
        if disputed and not force:
            conflicts += _told(entry, disputed, _MOST_TOLD - len(conflicts))
            count += field_paths.count(disputed)
        lost = field_paths.union(disputed, difference.removed)
        kept.append(entry._replace(fields=field_paths.difference(entry.fields, lost)))
    return ApplyConflict(tuple(conflicts), count - len(conflicts)) if conflicts else kept


def _told(entry: Entry, disputed: Fields, most: int) -> list[Conflict]:
    """The first conflicts with an entry; few where they are long."""
    told: list[Conflict] = []
    letters = 0
    for path in itertools.islice(field_paths.paths(disputed), most):
        found = Conflict(_named(entry), field_paths.describe(path))
        letters += len(found.manager) + len(found.field)
        if told and letters > _MOST_LETTERS:
            break
        told.append(found)
    return told


def _abandoned(before: Fields, owners: list[Fields], kept: frozenset[str] = frozenset()) -> Fields:
    """What the manager applied last time and does not now, and nobody owns, as `prune` takes it.

    All are nodes of one place. Fields above what was applied go with it, but not list items that are no members; those of
    `kept` stay.
    """
    found: Fields = {}
    for name, node in before.items():
        if name == MEMBER:
            continue
        held = [one[name] for one in owners if name in one]
        if not held and name not in kept and (name.startswith("f:") or MEMBER in node):
            found[name] = None
        elif below := _abandoned(node, held):
            found[name] = below
    return found


__all__ = ["ApplyConflict", "ApplyResult", "Conflict", "apply", "update_managed_fields"]
