"""Merges, compares and prunes objects by the paths that their schema makes granular."""

from __future__ import annotations

from typing import Any, NamedTuple

from drakkar.api.object import alike
from drakkar.apiserver.patch.field_paths import MEMBER, Fields, all_paths, children, element, granular
from drakkar.apiserver.patch.field_paths import difference as without
from drakkar.apiserver.patch.json_patch import equal
from drakkar.apiserver.schema.node import SchemaNode

# The fields of the object, and those of its metadata, spec and status.
_LOOKED_AT_WHOLE = 2


class Difference(NamedTuple):
    """The paths that are new or changed, and those that are gone."""

    changed: Fields
    removed: Fields


def merge(live: Any, applied: Any, schema: SchemaNode) -> Any:
    """The live value with the applied one laid over it."""
    if not granular(applied, schema) or not granular(live, schema) or type(live) is not type(applied):
        return applied
    if isinstance(applied, dict):
        result = dict(live)
        for name, value in applied.items():
            result[name] = merge(live.get(name), value, schema.property(name))
        return result
    return _merge_list(live, applied, schema)


def _merge_list(live: list[Any], applied: list[Any], schema: SchemaNode) -> list[Any]:
    """Applied items in their order; the live ones that were not applied keep their place before them."""
    new = {element(item, schema): item for item in applied}
    # What is stored may hold one key twice, from a time when nothing forbade it; such items stay together.
    old: dict[str, list[Any]] = {}
    for item in live:
        old.setdefault(element(item, schema), []).append(item)
    waiting = list(old)
    at = 0
    done: set[str] = set()
    result: list[Any] = []
    for name, item in new.items():
        while at < len(waiting) and (waiting[at] not in new or waiting[at] in done):
            if waiting[at] not in new:
                result += old[waiting[at]]
            at += 1
        if name in old:
            first, *more = old[name]
            result += [merge(first, item, schema.items()), *more]
        else:
            result.append(item)
        done.add(name)
    for name in waiting[at:]:
        if name not in new:
            result += old[name]
    return result


def compare(old: Any, new: Any, schema: SchemaNode) -> Difference:
    """What differs between two values."""
    found = Difference({}, {})
    _compare(old, new, schema, 0, found, False)
    return found


def _compare(old: Any, new: Any, schema: SchemaNode, depth: int, found: Difference, standing: bool) -> None:
    """Fill the nodes of a value at this depth; `standing` says that it was there, and will be, whatever is said of it."""
    if old is new:
        return
    both = granular(old, schema) and granular(new, schema) and type(old) is type(new)
    if not both:
        if not equal(old, new):
            before, after = all_paths(old, schema), all_paths(new, schema)
            found.changed.update(after)
            found.removed.update(without(before, after))
        return
    old_parts = {name: (value, node) for name, value, node in children(old, schema)}
    new_parts = {name: (value, node) for name, value, node in children(new, schema)}
    if bool(old_parts) != bool(new_parts) and depth > 1 and not standing:
        # An empty value is owned as a whole, so becoming empty or ceasing to be is a change of the whole.
        found.changed[MEMBER] = None
    # Near the top most of an object stays as it was, and a look from outside is far cheaper than one at each part; below
    # that it would be one look more at everything for each level.
    from_outside = depth < _LOOKED_AT_WHOLE
    for name, (value, node) in new_parts.items():
        if name not in old_parts:
            if name[2:] in schema.standing:
                _compare_part(name, (_empty(value), value), node, depth, found, True)
            else:
                found.changed[name] = all_paths(value, node)
            continue
        before = old_parts[name][0]
        if before is value:
            continue
        if not (from_outside and alike(before, value)):
            _compare_part(name, (before, value), node, depth, found, name[2:] in schema.standing)
    for name in old_parts.keys() - new_parts.keys():
        value, node = old_parts[name]
        if name[2:] in schema.standing and granular(value, node):
            _compare_part(name, (value, _empty(value)), node, depth, found, True)
        else:
            found.removed[name] = all_paths(value, node)


def _compare_part(
    name: str, values: tuple[Any, Any], node: SchemaNode, depth: int, whole: Difference, standing: bool
) -> None:
    found = Difference({}, {})
    _compare(*values, node, depth + 1, found, standing)
    if found.changed:
        whole.changed[name] = found.changed
    if found.removed:
        whole.removed[name] = found.removed


def _empty(value: Any) -> Any:
    """What stands in Go where nothing is said of such a value."""
    return type(value)() if isinstance(value, dict | list | str | bool | int | float) else None


def prune(value: Any, tree: Fields, schema: SchemaNode) -> Any:
    """The value without some parts; `tree` has None in the place of each of them. One that is not there is no error."""
    if not granular(value, schema):
        return value
    kept = []
    for name, item, node in children(value, schema):
        if name in tree:
            if tree[name] is None:
                continue
            item = prune(item, tree[name], node)
        kept.append((name, item))
    if isinstance(value, dict):
        return {name[2:]: item for name, item in kept}
    return [item for _, item in kept]
