"""Decodes request bodies of type application/vnd.kubernetes.protobuf into the dicts that JSON would have given."""

from __future__ import annotations

import base64
import datetime
import functools
import json
from importlib import resources
from typing import Any

import msgspec

from drakkar.api.time import time_text
from drakkar.apiserver.wire.protobuf_wire import (
    BYTES,
    FIXED64,
    VARINT,
    Field,
    ProtobufError,
    double,
    fields,
    integers,
    signed,
)

MEDIA_TYPE = "application/vnd.kubernetes.protobuf"
MAGIC = b"k8s\x00"
MAX_BYTES = 3 * 1024 * 1024  # what the Kubernetes API accepts as one request body
MAX_DEPTH = 64
_WIRE = {"int": VARINT, "bool": VARINT, "double": FIXED64}
_DROP = object()
_SCHEMA = "k8s.io.apiextensions_apiserver.pkg.apis.apiextensions.v1.JSONSchemaProps"
# By what may stand in a schema's place, the number of the schema itself.
_SCHEMA_AT = {"schemaorarray": 1, "schemaorbool": 2, "schemaorstrings": 1}


@functools.cache
def _table() -> dict[str, Any]:
    text = (
        resources.files("drakkar.apiserver.wire").joinpath("protobuf_fields.json").read_text(encoding="utf-8")
    )
    table: dict[str, Any] = json.loads(text)
    for message in table["messages"].values():
        for number in list(message):
            message[int(number)] = message.pop(number)
    table["lists"] = frozenset(table["lists"])
    return table


_SCALARS = frozenset({"string", "int", "bool", "double", "bytes"})


@functools.cache
def omitted(definition: str) -> frozenset[str]:
    """The fields that Go does not write where they are empty: texts, numbers and flags that are no pointers, of a type by its
    name in OpenAPI, such as `io.k8s.api.core.v1.Pod`."""
    name = definition.replace("io.k8s.", "k8s.io.", 1).replace(
        "apiextensions-apiserver", "apiextensions_apiserver"
    )
    return _omitted(name)


def _omitted(name: str) -> frozenset[str]:
    found: set[str] = set()
    for field, kind, shape, presence in _table()["messages"].get(name, {}).values():
        if presence == "inline":
            found |= _omitted(kind)
        elif presence == "omitempty" and shape == "one" and kind in _SCALARS:
            found.add(field)
    return frozenset(found)


def kinds() -> frozenset[tuple[str, str]]:
    """The (apiVersion, kind) pairs that can be decoded; DeleteOptions come under any apiVersion, here `*`."""
    pairs = (key.rpartition("/") for key in _table()["kinds"])
    return frozenset((api_version, kind) for api_version, _, kind in pairs)


def _text(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        raise ProtobufError("a string is not UTF-8") from None


def _raw(data: bytes) -> Any:
    """RawExtension and FieldsV1: JSON inside bytes; nothing at all is null."""
    text = b"".join(f.value for f in fields(data) if f.number == 1 and isinstance(f.value, bytes))
    if not text:
        return _DROP
    try:
        return msgspec.json.decode(text)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise ProtobufError("an embedded object is not JSON") from None


def _scalars(data: bytes) -> dict[int, int | bytes]:
    return {f.number: f.value for f in fields(data)}


def _number(values: dict[int, int | bytes], number: int) -> int:
    value = values.get(number, 0)
    if not isinstance(value, int):
        raise ProtobufError(f"field {number} has the wrong wire type")
    return signed(value)


def _time(data: bytes, micro: bool) -> Any:
    if not data:
        return _DROP  # Go's zero time, which is null in JSON
    values = _scalars(data)
    try:
        moment = datetime.datetime.fromtimestamp(0, datetime.UTC)
        moment += datetime.timedelta(seconds=_number(values, 1))
    except OverflowError:
        raise ProtobufError("a time is out of range") from None
    text = time_text(moment)
    if not micro:
        return text
    nanos = _number(values, 2)
    if not 0 <= nanos < 1_000_000_000:
        raise ProtobufError("a time's fraction is out of range")
    return f"{text[:-1]}.{nanos // 1000:06}Z"


def _string_of(data: bytes, number: int) -> str:
    value = _scalars(data).get(number, b"")
    if not isinstance(value, bytes):
        raise ProtobufError(f"field {number} has the wrong wire type")
    return _text(value)


def _int_or_string(data: bytes) -> int | str:
    values = _scalars(data)
    return _string_of(data, 3) if _number(values, 1) == 1 else _number(values, 2)


def _schema_or(kind: str, data: bytes, depth: int) -> Any:
    """A schema, or what may stand in its place."""
    schema: Any = None
    several: list[Any] = []
    allows = False
    for field in fields(data):
        if field.number == _SCHEMA_AT[kind]:
            schema = _value(_SCHEMA, field, depth)
        elif kind == "schemaorbool" and field.number == 1:
            allows = _value("bool", field, depth)
        elif field.number == 2:
            several.append(_value(_SCHEMA if kind == "schemaorarray" else "string", field, depth))
    if kind == "schemaorbool":
        return allows if schema is None else schema
    return several if several or schema is None else schema


def _special(kind: str, data: bytes) -> Any:
    match kind:
        case "time":
            return _time(data, micro=False)
        case "microtime":
            return _time(data, micro=True)
        case "quantity":
            # A quantity never set is written by Go's JSON as zero.
            return _string_of(data, 1) or "0"
        case "intorstring":
            return _int_or_string(data)
        case _:
            return _raw(data)


_SPECIAL = frozenset(("time", "microtime", "quantity", "intorstring", "raw"))


def _value(kind: str, field: Field, depth: int) -> Any:
    wanted = _WIRE.get(kind, BYTES)
    if field.wire != wanted:
        raise ProtobufError(f"field {field.number} has the wrong wire type")
    if isinstance(field.value, int):
        return bool(field.value) if kind == "bool" else signed(field.value)
    match kind:
        case "double":
            return double(field.value)
        case "string":
            return _text(field.value)
        case "bytes":
            return base64.b64encode(field.value).decode("ascii")
        case _ if kind in _SPECIAL:
            return _special(kind, field.value)
        case _ if kind in _SCHEMA_AT:
            return _schema_or(kind, field.value, depth)
        case _:
            return _message(kind, field.value, depth + 1)


def _entry(kind: str, field: Field, depth: int) -> tuple[str, Any]:
    if not isinstance(field.value, bytes):
        raise ProtobufError(f"field {field.number} has the wrong wire type")
    key = ""
    # An entry without a value holds the type's empty value.
    value: Any = 0 if kind == "int" else False if kind == "bool" else 0.0 if kind == "double" else None
    if value is None:
        value = _value(kind, Field(2, BYTES, b""), depth)
    for part in fields(field.value):
        if part.number == 1:
            key = _value("string", part, depth)
        elif part.number == 2:
            value = _value(kind, part, depth)
    return key, None if value is _DROP else value


def _message(name: str, data: bytes, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ProtobufError(f"the message is nested more than {MAX_DEPTH} deep")
    table = _table()
    message: dict[int, list[str]] = table["messages"][name]
    result: dict[str, Any] = {}
    droppable: set[str] = set()
    for field in fields(data):
        known = message.get(field.number)
        if known is None:
            continue  # a field of a newer version
        json_name, kind, shape, presence = known
        if presence == "inline":
            result |= _value(kind, field, depth)
            continue
        if presence == "omitempty":
            droppable.add(json_name)
        if shape == "map":
            key, value = _entry(kind, field, depth)
            result.setdefault(json_name, {})[key] = value
        elif shape == "repeated":
            found = result.setdefault(json_name, [])
            if kind in ("int", "bool"):
                found.extend(bool(n) if kind == "bool" else n for n in integers(field))
            else:
                value = _value(kind, field, depth)
                found.append(None if value is _DROP else value)
        else:
            value = _value(kind, field, depth)
            if value is not _DROP:
                result[json_name] = value
    if name in table["lists"]:
        return result.get("items", [])
    # Go writes every field that is not a pointer, set or not; JSON has only those that are not empty.
    empty = [n for n in droppable if n in result and result[n] in ("", 0, False, {}, [])]
    for json_name in empty:
        del result[json_name]
    return result


def decode(body: bytes, max_bytes: int = MAX_BYTES) -> dict[str, Any]:
    """The object in a request body, with its apiVersion and kind; anything wrong with it is a ProtobufError."""
    if len(body) > max_bytes:
        raise ProtobufError(f"the body is larger than {max_bytes} bytes")
    if not body.startswith(MAGIC):
        raise ProtobufError("the body does not start with the protobuf envelope's mark")
    api_version = kind = ""
    raw = b""
    for field in fields(body[len(MAGIC) :]):
        if field.number > 4:
            continue
        if not isinstance(field.value, bytes):
            raise ProtobufError(f"envelope field {field.number} has the wrong wire type")
        if field.number == 1:
            api_version, kind = _string_of(field.value, 1), _string_of(field.value, 2)
        elif field.number == 2:
            raw = field.value
        elif field.value:
            raise ProtobufError("the envelope names an encoding or a content type, which is not supported")
    known: dict[str, str] = _table()["kinds"]
    name = known.get(f"{api_version}/{kind}") or known.get(f"*/{kind}")
    if name is None:
        raise ProtobufError(
            f"{kind or 'an object without a kind'} of {api_version or 'no version'} is not known"
        )
    decoded: dict[str, Any] = _message(name, raw, 0)
    return {"apiVersion": api_version, "kind": kind, **decoded}


__all__ = ["MAGIC", "MAX_BYTES", "MEDIA_TYPE", "ProtobufError", "decode", "kinds"]
