"""Fits a client's object to its schema: wrong types are refused, unknown fields dropped and named, nulls, empty
collections and whatever else Go does not write where it is empty left out, quantities written in their canonical form."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from drakkar.api.go_time import GoTimeError, canonical_micro_time, canonical_time
from drakkar.api.object import Object
from drakkar.api.quantity import Quantity
from drakkar.apiserver.schema import schemas
from drakkar.apiserver.wire import nesting, protobuf
from drakkar.apiserver.wire.go_base64 import GoBase64Error, canonical_base64

# As many as are ever told.
_MOST_UNKNOWN = 100
_LONGEST_PATH = 1_000
_INT_RANGE = {"int32": 2**31, "int64": 2**63}


class WrongTypeError(Exception):
    """A value that the field cannot hold; the message follows Go's JSON decoder."""


# Where a value is: what it is in, and its key or index there. Only a path that is told is put together, because a
# long key above many values would be copied for each of them.
_Path = tuple[Any, str | int] | None


class _Key(str):
    """The key of a map, which Go does not name."""


def _text(path: _Path, *, indices: bool = True) -> str:
    parts: list[str] = []
    while path is not None:
        path, part = path
        if isinstance(part, int):
            parts.append(f"[{part}]" if indices else "")
        elif indices or not isinstance(part, _Key):
            parts.append(part if path is None else f".{part}")
    return "".join(reversed(parts))


class _Walk:
    """One pass over an object; collects the paths of unknown fields."""

    def __init__(self, name: str, keeps_empty: bool = False) -> None:
        self.name = name
        self.unknown: list[str] = []
        # Whether what is empty stays though Go would not write it, and whether there was anything of it.
        self.keeps_empty = keeps_empty
        self.empty = False

    def refuse(self, value: Any, path: _Path, wanted: str) -> WrongTypeError:
        # Go names the innermost struct and the whole path, without the indices of lists.
        field = _text(path, indices=False)[:_LONGEST_PATH]
        struct = _innermost(self.name, path).rpartition(".")[2]
        return WrongTypeError(
            f"json: cannot unmarshal {_json_type(value)} into Go struct field {struct}.{field} of type {wanted}"
        )


def _innermost(name: str, path: _Path) -> str:
    """The type of the struct in which a path's last field is, by the type at the path's beginning."""
    parts: list[str | int] = []
    while path is not None:
        path, part = path
        parts.append(part)
    found, node = name, schemas.definitions().get(name) or {}
    for at, part in enumerate(reversed(parts), 1):
        if isinstance(part, str) and not isinstance(part, _Key):
            node = (node.get("properties") or {}).get(part) or {}
        else:
            node = node.get("items") or node.get("additionalProperties") or {}
        if "$ref" in node and at < len(parts):
            target = str(node["$ref"]).rsplit("/", 1)[-1]
            node = schemas.definitions().get(target) or {}
            found = target if "properties" in node else found
    return found


def _json_type(value: Any) -> str:
    if isinstance(value, bool):
        return "bool"
    if isinstance(value, int | float):
        return "number"
    if isinstance(value, str):
        return "string"
    return "array" if isinstance(value, list) else "object"


_Fit = Callable[[_Walk, Any, _Path, int], Any]


def _any(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
    if isinstance(value, dict | list) and nesting.too_deep(value, nesting.DEEPEST - depth):
        raise WrongTypeError("exceeded max depth")
    if isinstance(value, dict | list) and nesting.too_many(value):
        raise WrongTypeError(f"it holds more than {nesting.MOST} lists and objects")
    return value


def _string(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
    if not isinstance(value, str):
        raise walk.refuse(value, path, "string")
    return value


def _boolean(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
    if not isinstance(value, bool):
        raise walk.refuse(value, path, "bool")
    return value


def _number(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise walk.refuse(value, path, "float64")
    return value


def _integer(name: str) -> _Fit:
    limit = _INT_RANGE[name]

    def fit(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
        # To Go 1.0 and 1e3 are no integers.
        if isinstance(value, bool) or not isinstance(value, int) or not -limit <= value < limit:
            raise walk.refuse(value, path, name)
        return value

    return fit


_INT32 = _integer("int32")


def _int_or_string(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
    return value if isinstance(value, str) else _INT32(walk, value, path, depth)


def _quantity(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        raise walk.refuse(value, path, "resource.Quantity")
    try:
        return Quantity.parse(value.strip(" ") if isinstance(value, str) else format(value, "")).format()
    except ValueError:
        raise WrongTypeError(
            f"quantities must match the regular expression of a quantity: {value!r}"
        ) from None


def _moment(wanted: str, canonical: Callable[[str], str]) -> _Fit:
    def fit(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
        if not isinstance(value, str):
            raise walk.refuse(value, path, wanted)
        try:
            # One text that is no time stops every client of Go's that lists what it stands in.
            return canonical(value)
        except GoTimeError as error:
            raise WrongTypeError(str(error)) from None

    return fit


def _bytes(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
    if not isinstance(value, str):
        raise walk.refuse(value, path, "[]uint8")
    try:
        return canonical_base64(value)
    except GoBase64Error as error:
        raise WrongTypeError(str(error)) from None


def _go_name(name: str) -> str:
    return ".".join(name.split(".")[-2:])


def _list(item: _Fit, wanted: str, zero: Any) -> _Fit:
    def fit(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
        if not isinstance(value, list):
            raise walk.refuse(value, path, wanted)
        return [
            zero if entry is None else item(walk, entry, (path, at), depth + 1)
            for at, entry in enumerate(value)
        ] or None

    return fit


def _map(item: _Fit, wanted: str, zero: Any) -> _Fit:
    def fit(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
        if not isinstance(value, dict):
            raise walk.refuse(value, path, wanted)
        fitted: Object = {}
        for key, entry in value.items():
            found = zero if entry is None else item(walk, entry, (path, _Key(key)), depth + 1)
            # A list that is a value of a map stays, though empty: its key means something.
            fitted[key] = [] if found is None else found
        return fitted or None

    return fit


_EXTENSIONS = "io.k8s.apiextensions-apiserver.pkg.apis.apiextensions.v1."
_SCHEMA = f"{_EXTENSIONS}JSONSchemaProps"


def _schema_or(other: type) -> _Fit:
    """A JSON schema, or what may stand in its place."""

    def fit(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
        if isinstance(value, dict):
            return _type(_SCHEMA)(walk, value, path, depth)
        if not isinstance(value, other):
            raise WrongTypeError(f"{'boolean' if other is bool else 'array'} or JSON schema expected")
        if not isinstance(value, list):
            return value
        one = _type(_SCHEMA)
        return [
            one(walk, entry, (path, at), depth + 1) if isinstance(entry, dict) else entry
            for at, entry in enumerate(value)
        ]

    return fit


_SPECIAL: dict[str, _Fit] = {
    f"{_EXTENSIONS}JSON": _any,
    f"{_EXTENSIONS}JSONSchemaPropsOrBool": _schema_or(bool),
    f"{_EXTENSIONS}JSONSchemaPropsOrArray": _schema_or(list),
    f"{_EXTENSIONS}JSONSchemaPropsOrStringArray": _schema_or(list),
    "io.k8s.apimachinery.pkg.api.resource.Quantity": _quantity,
    "io.k8s.apimachinery.pkg.util.intstr.IntOrString": _int_or_string,
    "io.k8s.apimachinery.pkg.apis.meta.v1.Time": _moment("v1.Time", canonical_time),
    "io.k8s.apimachinery.pkg.apis.meta.v1.MicroTime": _moment("v1.MicroTime", canonical_micro_time),
}
# What stands for null in a list or map, where it is no empty text.
_ZEROS = {"io.k8s.apimachinery.pkg.api.resource.Quantity": "0"}


def _of(node: Mapping[str, Any]) -> tuple[_Fit, str, Any]:
    """How to fit a value of an inline schema, Go's name of the type, and its zero value."""
    reference = node.get("$ref")
    if reference:
        name = str(reference).rsplit("/", 1)[-1]
        if name in _SPECIAL:
            return _SPECIAL[name], _go_name(name), _ZEROS.get(name, "")
        return _lazy(name), _go_name(name), {}
    types = node.get("type")
    primary = types[0] if isinstance(types, list) else types
    if primary == "string":
        return _bytes if node.get("format") == "byte" else _string, "string", ""
    if primary == "boolean":
        return _boolean, "bool", False
    if primary == "integer":
        name = str(node.get("format") or "int64")
        return _integer(name), name, 0
    if primary == "number":
        return _number, "float64", 0
    if primary == "array":
        item, inner, zero = _of(node.get("items") or {})
        return _list(item, f"[]{inner}", zero), f"[]{inner}", []
    if primary == "object" and isinstance(node.get("additionalProperties"), Mapping):
        item, inner, zero = _of(node["additionalProperties"])
        return _map(item, f"map[string]{inner}", zero), f"map[string]{inner}", {}
    return _any, "interface {}", None


def _lazy(name: str) -> _Fit:
    # Types may contain themselves, so each is looked up when a value of it is met.
    def fit(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
        return _type(name)(walk, value, path, depth)

    return fit


@functools.cache
def _type(name: str) -> _Fit:
    node = schemas.definitions().get(name) or {}
    if name in _SPECIAL:
        return _SPECIAL[name]
    if "properties" not in node:
        return _of(node)[0]
    fields = {key: _of(child)[0] for key, child in node["properties"].items()}
    omitted = protobuf.omitted(name)
    wanted = _go_name(name)

    def fit(walk: _Walk, value: Any, path: _Path, depth: int) -> Any:
        if not isinstance(value, dict):
            raise walk.refuse(value, path, wanted)
        if depth > nesting.DEEPEST:
            raise WrongTypeError("exceeded max depth")
        fitted: Object = {}
        for key, entry in value.items():
            field = fields.get(key)
            if field is None:
                if len(walk.unknown) < _MOST_UNKNOWN:
                    walk.unknown.append(_text((path, key))[:_LONGEST_PATH])
            elif entry is not None:
                found = field(walk, entry, (path, key), depth + 1)
                if found is None:
                    continue
                if not found and key in omitted:
                    walk.empty = True
                    if not walk.keeps_empty:
                        continue
                fitted[key] = found
        return fitted

    return fit


def fit(group: str, version: str, kind: str, obj: Object) -> tuple[Object, list[str]]:
    """The object as its schema allows it, new all through, and the paths of the fields that it does not know.

    Raises WrongTypeError. A kind without a schema passes as it is.
    """
    found = _walked(group, version, kind, obj, keeps_empty=False)
    return found.object, found.unknown


class Declared(NamedTuple):
    """A configuration that is to be applied, the paths in it that its schema does not know, and whether it has fields that are
    owned, for somebody wrote them, and not kept, for they are empty."""

    object: Object
    unknown: list[str]
    empty: bool


def declared(group: str, version: str, kind: str, wanted: Object) -> Declared:
    """The same as `fit`, with what is empty."""
    return _walked(group, version, kind, wanted, keeps_empty=True)


def _walked(group: str, version: str, kind: str, obj: Object, keeps_empty: bool) -> Declared:
    name = schemas.definition_name(group, version, kind)
    if name is None:
        return Declared(obj, [], False)
    walk = _Walk(name, keeps_empty)
    found: Object = _type(name)(walk, obj, None, 0)
    return Declared(found, walk.unknown, walk.empty)


def fit_metadata(value: Any) -> tuple[Object, list[str]]:
    """The metadata of an object as its type has it, and the paths in it that the type does not know.

    Raises WrongTypeError.
    """
    walk = _Walk(schemas.OBJECT_META)
    fitted: Object = _type(schemas.OBJECT_META)(walk, value, None, 0)
    return fitted, walk.unknown
