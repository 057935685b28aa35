"""Reads request bodies: JSON, YAML and protobuf become plain values, with the duplicate fields that strict decoding
complains about."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

import msgspec
import yaml
from starlette.requests import Request

from drakkar.apiserver import errors, protobuf
from drakkar.apiserver.protobuf_wire import ProtobufError

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
OBJECTS = (JSON, YAML, PROTOBUF)
_MAX_BODY = 3 * 1024 * 1024
_MAX_NODES = 500_000
_MAX_DUPLICATES = 20


@dataclass(slots=True)
class Body:
    """A decoded body: `value` is None for an empty one; `duplicates` are the paths of fields given twice."""

    media: str
    value: Any
    duplicates: list[str] = field(default_factory=list)
    raw: bytes = b""


class _Twice(dict[str, Any]):
    """An object in which keys came twice; only strict decoding asks for them."""

    keys_twice: tuple[str, ...] = ()


class _Loader(getattr(yaml, "CSafeLoader", yaml.SafeLoader)):  # type: ignore[misc]
    """YAML as JSON has it: a date is a string."""


_Loader.yaml_implicit_resolvers = {
    first: [(tag, pattern) for tag, pattern in resolvers if tag != "tag:yaml.org,2002:timestamp"]
    for first, resolvers in _Loader.yaml_implicit_resolvers.items()
}


def media_type(request: Request) -> str:
    """The body's media type without parameters; JSON when the client names none."""
    return request.headers.get("content-type", JSON).split(";")[0].strip().lower() or JSON


async def read(request: Request, accepted: tuple[str, ...]) -> Body:
    """The body, decoded; raises StatusError 400, 413 or 415."""
    media = media_type(request)
    raw = bytearray()
    async for chunk in request.stream():
        raw += chunk
        if len(raw) > _MAX_BODY:
            raise errors.StatusError(413, "RequestEntityTooLarge", f"limit is {_MAX_BODY}")
    if media not in accepted:
        if not raw and JSON in accepted:
            return Body(media, None)
        raise errors.unsupported_media_type(request.method, media)
    return decode(media, bytes(raw))


def decode(media: str, raw: bytes) -> Body:
    """The value of a body; raises StatusError 400."""
    if not raw:
        return Body(media, None)
    if media == PROTOBUF:
        try:
            return Body(media, protobuf.decode(raw, _MAX_BODY), raw=raw)
        except ProtobufError as failure:
            raise errors.bad_request(f"the body is not a Kubernetes protobuf message: {failure}") from None
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        if not media.endswith("yaml"):
            raise errors.bad_request(
                f"the object provided is unrecognized: couldn't get version/kind; json parse error: {failure}"
            ) from None
        return Body(media, _yaml(raw), raw=raw)
    return Body(media, value, _duplicates(raw), raw)


def _yaml(raw: bytes) -> Any:
    try:
        value = yaml.load(raw, _Loader)
    except (yaml.YAMLError, ValueError, RecursionError) as failure:
        raise errors.bad_request(f"error converting YAML to JSON: {failure}") from None
    _bounded(value)
    return value


def _bounded(value: Any) -> None:
    # Aliases let a small document stand for an enormous one; count what a walk over it would see.
    left, waiting = _MAX_NODES, [value]
    while waiting:
        entry = waiting.pop()
        left -= 1
        if left < 0:
            raise errors.bad_request("the YAML document is too large once its aliases are followed")
        if isinstance(entry, dict):
            if not all(isinstance(key, str) for key in entry):
                raise errors.bad_request("error converting YAML to JSON: a key is not a string")
            waiting.extend(entry.values())
        elif isinstance(entry, list):
            waiting.extend(entry)


def _duplicates(raw: bytes) -> list[str]:
    seen = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal seen
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        seen = True
        twice = _Twice(made)
        keys = [key for key, _ in pairs]
        twice.keys_twice = tuple(dict.fromkeys(key for key in keys if keys.count(key) > 1))
        return twice

    try:
        value = json.loads(raw, object_pairs_hook=collect)
    except (ValueError, RecursionError):
        return []
    if not seen:
        return []
    found: list[str] = []
    _walk(value, "", found)
    return found[:_MAX_DUPLICATES]


def _walk(value: Any, path: str, found: list[str]) -> None:
    if isinstance(value, dict):
        if isinstance(value, _Twice):
            found += [f"{path}.{key}" if path else key for key in value.keys_twice]
        for key, entry in value.items():
            _walk(entry, f"{path}.{key}" if path else key, found)
    elif isinstance(value, list):
        for at, entry in enumerate(value):
            _walk(entry, f"{path}[{at}]", found)
