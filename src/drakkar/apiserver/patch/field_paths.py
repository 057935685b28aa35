"""Sets of field paths, as server-side apply owns them, and their FieldsV1 form in managedFields."""

from __future__ import annotations

import functools
import json
import sys
from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import msgspec

from drakkar.apiserver.patch.error import PatchError
from drakkar.apiserver.schema.node import SchemaNode
from drakkar.validation.field_error import short

# A path is a tuple of FieldsV1 elements: `f:<field>`, `k:<keys of a list item>` or `v:<value in a set>`. Elements are
# interned, so that paths below one long element are told apart without a look at its letters.
Path = tuple[str, ...]
PathSet = frozenset[Path]

EMPTY: PathSet = frozenset()
# Objects that one controller writes own the same fields, so that few sets are met again and again; these many are kept, none
# of them large.
_KEPT = 256
_SHORT_BYTES = 8192
_SHORT_PATHS = 200
# Keys with a default identify an item that does not name them; the schema document leaves defaults out.
_KEY_DEFAULTS = {"protocol": "TCP"}


def _compact(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def element(item: Any, schema: SchemaNode) -> str:
    """The name of an item of a `map` or `set` list."""
    if schema.list_type == "set":
        return sys.intern("v:" + _compact(item))
    if not isinstance(item, dict):
        raise PatchError("an item of a keyed list must be an object")
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


def owned(value: Any, schema: SchemaNode, path: Path = ()) -> PathSet:
    """The paths that whoever applies the value owns: its leaves, its list items, its keys of maps."""
    found: set[Path] = set()
    _collect(value, schema, path, found, everything=False)
    return frozenset(found)


def all_paths(value: Any, schema: SchemaNode, path: Path) -> PathSet:
    """The path of a value and those of all of its parts."""
    found: set[Path] = {path}
    _collect(value, schema, path, found, everything=True)
    return frozenset(found)


def _collect(value: Any, schema: SchemaNode, path: Path, found: set[Path], *, everything: bool) -> None:
    if not granular(value, schema) or not value:
        if path:
            found.add(path)
        return
    fields = schema.node.get("properties") or {}
    seen: set[str] = set()
    for name, item, item_schema in children(value, schema):
        if name in seen and not everything:
            raise PatchError(f"{describe(path)}: duplicate entries for key [{name[2:]}]")
        seen.add(name)
        # A struct's fields are always there; a map's keys and a list's items exist only because someone set them.
        if everything or not name.startswith("f:") or name[2:] not in fields:
            found.add((*path, name))
        _collect(item, item_schema, (*path, name), found, everything=everything)


def with_prefixes(paths: Iterable[Path]) -> PathSet:
    """The paths and everything above them."""
    return frozenset(path[:length] for path in paths for length in range(1, len(path) + 1))


def with_fields(paths: Iterable[Path]) -> PathSet:
    """The paths and the named fields above them, but not list items above them that are no members."""
    found = set(paths)
    for path in list(found):
        found |= {path[:n] for n in range(1, len(path)) if path[n - 1].startswith("f:")}
    return frozenset(found)


def encode(paths: PathSet) -> dict[str, Any]:
    """The FieldsV1 form."""
    # Few paths may be long ones.
    if len(paths) > _SHORT_PATHS or sum(map(len, chain.from_iterable(paths))) > _SHORT_BYTES:
        return _encoded(paths)
    found: dict[str, Any] = msgspec.json.decode(_written(paths))
    return found


@functools.lru_cache(_KEPT)
def _written(paths: PathSet) -> bytes:
    return msgspec.json.encode(_encoded(paths))


def _encoded(paths: PathSet) -> dict[str, Any]:
    root: dict[str, Any] = {}
    for path in sorted(paths):
        node = root
        for name in path:
            node = node.setdefault(name, {})
        # A marker on every member now; those without children lose it below.
        node["."] = {}
    return _without_needless_dots(root)


def _without_needless_dots(node: dict[str, Any]) -> dict[str, Any]:
    if node.keys() == {"."}:
        return {}
    return {name: _without_needless_dots(node[name]) if name != "." else {} for name in sorted(node)}


def decode(fields: Any) -> PathSet:
    """The paths of a FieldsV1 object; a malformed one is a PatchError."""
    written = msgspec.json.encode(fields)
    return _read(written) if len(written) <= _SHORT_BYTES else _decoded(fields)


@functools.lru_cache(_KEPT)
def _read(written: bytes) -> PathSet:
    return _decoded(msgspec.json.decode(written))


def _decoded(fields: Any) -> PathSet:
    found: set[Path] = set()
    stack: list[tuple[Path, Any]] = [((), fields)]
    while stack:
        path, node = stack.pop()
        if not isinstance(node, dict):
            raise PatchError("fieldsV1 must consist of objects")
        if path and (not node or "." in node):
            found.add(path)
        for name, child in node.items():
            if name == ".":
                continue
            if name[:2] not in ("f:", "k:", "v:", "i:"):
                raise PatchError(f"{short(name)!r} is not an element of fieldsV1")
            stack.append(((*path, _canonical(name)), child))
    return frozenset(found)


def _canonical(name: str) -> str:
    # Other writers may space or order their keys differently.
    if name[:2] in ("k:", "v:"):
        try:
            return sys.intern(name[:2] + _compact(json.loads(name[2:])))
        except ValueError:
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
