"""Sets of field paths, as server-side apply owns them, and their FieldsV1 form in managedFields."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterable, Iterator
from typing import Any

import msgspec

from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.validation.field_error import short

# A path is a tuple of FieldsV1 elements: `f:<field>`, `k:<keys of a list item>` or `v:<value in a set>`.
Path = tuple[str, ...]
# A set of paths is the tree of their elements, so that it is no larger than what it tells of, however deep that is: a node has
# what comes after it by element, and MEMBER where its own path is in the set. There is a member in or below each node. Sets
# share nodes, and are not changed once they are made.
Fields = dict[str, Any]
MEMBER = "."

# Objects that one controller writes own the same fields, so that few sets are met again and again; these many are kept, none
# of them large.
_KEPT = 256
_SHORT_BYTES = 8192
# Keys with a default identify an item that does not name them; the schema document leaves defaults out.
_KEY_DEFAULTS = {"protocol": "TCP"}


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def element(item: Any, schema: SchemaNode) -> str:
    """The name of an item of a `map` or `set` list."""
    if schema.list_type == "set":
        return sys.intern("v:" + _compact(item))
    if not isinstance(item, dict):
        raise PatchError("associative list with keys may not have non-map elements")
    keys = {}
    for key in schema.list_map_keys:
        value = item.get(key)
        if value is None:
            value = schema.items().property(key).default
        if value is None:
            value = _KEY_DEFAULTS.get(key)
        if value is not None:
            keys[key] = value
    if not keys:
        names = ", ".join(schema.list_map_keys)
        raise PatchError(f"an item of a keyed list omits all of its key fields ({names})")
    return sys.intern("k:" + _compact(keys))


def granular(value: Any, schema: SchemaNode) -> bool:
    """Whether parts of the value are owned one by one."""
    if isinstance(value, dict):
        return not schema.atomic_map
    return isinstance(value, list) and schema.list_type in ("map", "set")


def children(value: Any, schema: SchemaNode) -> Iterator[tuple[str, Any, SchemaNode]]:
    """The parts of a granular value with their elements and schemas."""
    if isinstance(value, dict):
        for name, item in value.items():
            yield sys.intern(f"f:{name}"), item, schema.property(name)
    else:
        items = schema.items()
        for item in value:
            yield element(item, schema), item, items


def owned(value: Any, schema: SchemaNode) -> Fields:
    """The paths that whoever applies the value owns: its leaves, its list items, its keys of maps."""
    found = _collected(value, schema, None, everything=False)
    return {} if MEMBER in found else found


def all_paths(value: Any, schema: SchemaNode) -> Fields:
    """The node of a value with all of its parts: it and each of them is a member."""
    found = _collected(value, schema, None, everything=True)
    found[MEMBER] = None
    return found


# Where a value is: what it is in, and its element there; put together for a message only.
_Place = tuple[Any, str] | None


def _collected(value: Any, schema: SchemaNode, place: _Place, *, everything: bool) -> Fields:
    if not granular(value, schema) or not value:
        return {MEMBER: None}
    fields = schema.node.get("properties") or {}
    node: Fields = {}
    for name, item, item_schema in children(value, schema):
        if name in node and not everything:
            raise PatchError(f"{describe(_path(place))}: duplicate entries for key [{name[2:]}]")
        found = _collected(item, item_schema, (place, name), everything=everything)
        # A struct's fields are always there; a map's keys and a list's items exist only because someone set them.
        if everything or not name.startswith("f:") or name[2:] not in fields:
            found[MEMBER] = None
        _put(node, name, found)
    return node


def _path(place: _Place) -> Path:
    found: list[str] = []
    while place is not None:
        place, name = place
        found.append(name)
    return tuple(reversed(found))


def _put(node: Fields, name: str, found: Fields) -> None:
    """Hang a node below another one that is being made, beside what hangs there by the same name."""
    if name in node:
        _add(node[name], found)
    else:
        node[name] = found


def _add(into: Fields, more: Fields) -> None:
    for name, node in more.items():
        if node is None:
            into[name] = None
        else:
            _add(into.setdefault(name, {}), node)


def together(sets: Iterable[Fields]) -> Fields:
    """The paths of many sets."""
    found: Fields = {}
    for one in sets:
        _add(found, one)
    return found


def union(left: Fields, right: Fields) -> Fields:
    """The paths of both sets."""
    if not left or not right or left is right:
        return left or right
    found = dict(left)
    for name, node in right.items():
        held = found.get(name)
        found[name] = node if node is None or held is None else union(held, node)
    return found


def difference(left: Fields, right: Fields) -> Fields:
    """The paths of the one set that are not in the other."""
    if not left or not right:
        return left
    found: Fields | None = None
    for name in left.keys() & right.keys():
        node = left[name]
        rest = None if node is None else difference(node, right[name])
        if rest is node and rest is not None:
            continue
        found = dict(left) if found is None else found
        if rest:
            found[name] = rest
        else:
            del found[name]
    return left if found is None else found


def intersection(left: Fields, right: Fields) -> Fields:
    """The paths that are in both sets."""
    found: Fields = {}
    for name in left.keys() & right.keys():
        if left[name] is None:
            found[name] = None
        elif below := intersection(left[name], right[name]):
            found[name] = below
    return found


def count(fields: Fields) -> int:
    """How many paths a set has."""
    return sum(1 if node is None else count(node) for node in fields.values())


def paths(fields: Fields) -> Iterator[Path]:
    """The paths in their order, each put together when it is asked for."""
    stack: list[tuple[_Place, Fields]] = [(None, fields)]
    while stack:
        place, node = stack.pop()
        if MEMBER in node:
            yield _path(place)
        below = sorted((name for name in node if name != MEMBER), reverse=True)
        stack += [((place, name), node[name]) for name in below]


def encode(fields: Fields) -> dict[str, Any]:
    """The FieldsV1 form."""
    if len(fields) == 1 and MEMBER in fields:
        return {}
    return {name: {} if name == MEMBER else encode(fields[name]) for name in sorted(fields)}


def decode(fields: Any) -> Fields:
    """The paths of a FieldsV1 object; a malformed one is a PatchError."""
    written = msgspec.json.encode(fields)
    return _read(written) if len(written) <= _SHORT_BYTES else _decoded(fields)


@functools.lru_cache(_KEPT)
def _read(written: bytes) -> Fields:
    return _decoded(msgspec.json.decode(written))


def _decoded(fields: Any) -> Fields:
    if not isinstance(fields, dict):
        raise PatchError("fieldsV1 must consist of objects")
    node: Fields = {}
    for name, child in fields.items():
        if name == MEMBER:
            continue
        if name[:2] not in ("f:", "k:", "v:", "i:"):
            raise PatchError(f"{short(name)!r} is not an element of fieldsV1")
        found = _decoded(child)
        if not child or MEMBER in child:
            found[MEMBER] = None
        _put(node, _canonical(name), found)
    return node


def _canonical(name: str) -> str:
    # Other writers may space or order their keys differently.
    if name[:2] in ("k:", "v:"):
        try:
            return sys.intern(name[:2] + _compact(json.loads(name[2:])))
        except (ValueError, RecursionError):
            raise PatchError(f"{short(name)!r} is not an element of fieldsV1") from None
    return sys.intern(name)


def describe(path: Path) -> str:
    """A path as people read it: `.spec.containers[name="a"].image`; the middle of long elements is left out."""
    return short("".join(_described(name) for name in path))


def _described(name: str) -> str:
    kind, rest = name[:2], name[2:]
    if kind == "f:":
        return short(f".{rest}")
    if kind == "k:":
        keys = json.loads(rest)
        return "[" + ",".join(f"{key}={short(_compact(keys[key]))}" for key in sorted(keys)) + "]"
    return short(f"[={rest}]" if kind == "v:" else f"[{rest}]")
