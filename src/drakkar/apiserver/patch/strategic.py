"""Strategic merge patch: lists merge by the key that the schema names, and directives steer the rest."""

from __future__ import annotations

import copy
import json
from typing import Any

from drakkar.apiserver.patch.errors import PatchError
from drakkar.apiserver.schema.node import SchemaNode

_DIRECTIVE = "$patch"
_RETAIN = "$retainKeys"
_ORDER = "$setElementOrder/"
_DELETE_PRIMITIVES = "$deleteFromPrimitiveList/"


def _bad(message: str) -> PatchError:
    return PatchError(message, invalid=False)


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise _bad(f"{name} must be a list")
    return value


def _merge_map(doc: dict[str, Any], patch: dict[str, Any], schema: SchemaNode) -> dict[str, Any]:
    if _DIRECTIVE in patch:
        match patch[_DIRECTIVE]:
            case "delete":
                return {}
            case "replace":
                return {k: copy.deepcopy(v) for k, v in patch.items() if k != _DIRECTIVE}
            case other:
                raise _bad(f"unknown patch type {other!r}")
    result = dict(doc)
    if _RETAIN in patch:
        keep = {name for name in _list(patch[_RETAIN], _RETAIN) if isinstance(name, str)}
        for key, value in patch.items():
            if value is not None and not key.startswith("$") and key not in keep:
                raise _bad(f"field {key!r} is patched but is not in {_RETAIN}")
        result = {k: v for k, v in result.items() if k in keep}
    # A list may be named only by its directives; such a list is patched with nothing.
    names = dict.fromkeys(key.split("/", 1)[1] if _special(key) else key for key in patch if key != _RETAIN)
    for name in names:
        if name in patch and patch[name] is None:
            result.pop(name, None)
            continue
        order, removed = patch.get(_ORDER + name), patch.get(_DELETE_PRIMITIVES + name)
        if name not in patch and name not in result:
            continue
        field = schema.property(name)
        found = result.get(name)
        if order is None and removed is None:
            result[name] = _merge_value(found, patch[name], field)
            continue
        result[name] = _directed_list(found if isinstance(found, list) else [], patch, name, field)
    return result


def _directed_list(old: list[Any], patch: dict[str, Any], name: str, field: SchemaNode) -> list[Any]:
    """A list after what the patch says of it, its directives as well."""
    change = _list(patch.get(name, []), name)
    order, removed = patch.get(_ORDER + name), patch.get(_DELETE_PRIMITIVES + name)
    if removed is not None:
        gone = {_identity(item, None) for item in _list(removed, _DELETE_PRIMITIVES + name)}
        old = [item for item in old if _identity(item, None) not in gone]
    if name in patch and "merge" not in field.strategies:
        return copy.deepcopy(change)
    wanted = _list(order, _ORDER + name) if order is not None else None
    return _merge_list(old, change, field, wanted)


def _special(key: str) -> bool:
    if key.startswith((_ORDER, _DELETE_PRIMITIVES)):
        return True
    if key.startswith("$") and key not in (_DIRECTIVE, _RETAIN):
        raise _bad(f"unknown directive {key!r}")
    return False


def _merge_value(found: Any, change: Any, schema: SchemaNode) -> Any:
    if isinstance(change, dict):
        # Merging into nothing, rather than copying, drops nulls and directives from what is stored.
        old = found if isinstance(found, dict) and "replace" not in schema.strategies else {}
        return _merge_map(old, change, schema)
    if isinstance(change, list) and "merge" in schema.strategies:
        return _merge_list(found if isinstance(found, list) else [], change, schema, None)
    return copy.deepcopy(change)


def _identity(item: Any, key: str | None) -> str:
    """What tells an item from the others, as text so that long lists can be looked up in a dict."""
    if key is None:
        return json.dumps(item, sort_keys=True)
    if not isinstance(item, dict) or item.get(key) is None:
        raise _bad(f"an item of the list does not contain its merge key {key!r}")
    return json.dumps(item[key], sort_keys=True)


def _stored_identity(item: Any, key: str | None) -> str:
    # An object stored before its key was required may lack it; it is told apart by its whole value and stays.
    keyed = key is not None and isinstance(item, dict) and item.get(key) is not None
    return json.dumps(item[key] if keyed else item, sort_keys=True)


def _merge_list(old: list[Any], change: list[Any], schema: SchemaNode, order: list[Any] | None) -> list[Any]:
    key = schema.merge_key
    if key is None and any(isinstance(item, dict) for item in change):
        raise _bad("a list of objects without a merge key cannot be merged")
    if any(isinstance(item, dict) and item.get(_DIRECTIVE) == "replace" for item in change):
        rest = [item for item in change if not (isinstance(item, dict) and _DIRECTIVE in item)]
        return copy.deepcopy(rest)
    server_order: dict[str, int] = {}
    # Items that share an identity (one port under two protocols) stay together; a patch reaches the first.
    merged: dict[str, list[Any]] = {}
    for item in old:
        identity = _stored_identity(item, key)
        server_order.setdefault(identity, len(server_order))
        merged.setdefault(identity, []).append(item)
    patched: list[str] = []
    for item in change:
        identity = _identity(item, key)
        directive = item.get(_DIRECTIVE) if isinstance(item, dict) else None
        if directive == "delete":
            merged.pop(identity, None)
            continue
        if directive is not None:
            raise _bad(f"unknown patch type {directive!r}")
        patched.append(identity)
        if identity not in merged:
            merged[identity] = [_merge_value(None, item, schema.items())]
        elif isinstance(item, dict):
            merged[identity][0] = _merge_value(merged[identity][0], item, schema.items())
    wanted = {identity: i for i, identity in enumerate(dict.fromkeys(patched))}
    if order is not None:
        wanted = {}
        for item in order:
            wanted.setdefault(_identity(item, key), len(wanted))
        places = [wanted.get(identity, -1) for identity in patched]
        if -1 in places or places != sorted(places):
            raise _bad("the order of the patched list does not match its $setElementOrder list")
    return _ordered(merged, wanted, server_order)


def _ordered(merged: dict[str, list[Any]], wanted: dict[str, int], server_order: dict[str, int]) -> list[Any]:
    """Items in the wanted order, and between them the server's own, each where it stood among the known ones."""
    named = sorted((identity for identity in merged if identity in wanted), key=wanted.__getitem__)
    own = [identity for identity in merged if identity not in wanted]
    result: list[Any] = []
    waiting = 0
    for identity in named:
        at = server_order.get(identity, -1)
        while waiting < len(own) and server_order[own[waiting]] < at:
            result += merged[own[waiting]]
            waiting += 1
        result += merged[identity]
    for identity in own[waiting:]:
        result += merged[identity]
    return result


def _with_integers(value: Any) -> Any:
    """A patch in which whole numbers are integers, however they were written: of this kind of patch alone Go takes them so."""
    if isinstance(value, dict):
        return {key: _with_integers(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_with_integers(one) for one in value]
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**63 else value


def strategic(doc: dict[str, Any], patch: Any, schema: SchemaNode) -> dict[str, Any]:
    """The document after a strategic merge patch; the document given is never changed."""
    if not isinstance(patch, dict):
        raise _bad("a strategic merge patch must be an object")
    try:
        return _merge_map(doc, _with_integers(patch), schema)
    except RecursionError:
        raise _bad("the patch is nested too deeply") from None
