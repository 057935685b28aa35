"""Decodes request bodies: JSON, YAML and protobuf become plain values, with the duplicate fields that strict decoding
complains about."""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import msgspec

from drakkar.apiserver import errors
from drakkar.apiserver.wire import large_numbers, nesting, protobuf, yaml_body
from drakkar.apiserver.wire.place import Place, place_text
from drakkar.apiserver.wire.protobuf_wire import ProtobufError

JSON, YAML, PROTOBUF = "application/json", "application/yaml", "application/vnd.kubernetes.protobuf"
OBJECTS = (JSON, YAML, PROTOBUF)
# Bytes of a body.
LARGEST = 3 * 1024 * 1024
_MAX_DUPLICATES = 20
_YAML_TIMES = 4


@dataclass(slots=True)
class Body:
    """A decoded body: `value` is None for an empty one; `duplicates` says which fields were given twice, in the words of strict
    decoding; `expanded` is how large the aliases of YAML make it."""

    media: str
    value: Any
    duplicates: list[str] = field(default_factory=list)
    raw: bytes = b""
    expanded: int = 0
    yaml: bool = False

    @property
    def twice_in_yaml(self) -> str:
        """What a strict reader of YAML says of keys that were given twice, also of JSON; empty where none was."""
        if not self.duplicates or self.media in (JSON, PROTOBUF):
            return ""
        told = self.duplicates if self.yaml else _told_twice(_yaml(self.raw).twice)
        return f"error converting YAML to JSON: {told[0]}" if told else ""

    @property
    def weight(self) -> int:
        """How many bytes of work it is."""
        return max(len(self.raw), self.expanded)


def cost(media: str, length: int) -> int:
    """The bytes of JSON that are as much work to decode as a body of so many bytes."""
    return _YAML_TIMES * length if media.endswith("yaml") else length


class _Twice(dict[str, Any]):
    """An object in which keys came twice; only strict decoding asks for them."""

    keys_twice: tuple[str, ...] = ()


def decode(media: str, raw: bytes) -> Body:
    """The value of a body; raises StatusError 400."""
    if not raw:
        return Body(media, None)
    if media == PROTOBUF:
        try:
            value = protobuf.decode(raw, LARGEST)
            _not_too_deep(value)
            _not_too_many(value)
            _not_too_large(raw, value)
            return Body(media, value, raw=raw)
        except ProtobufError as failure:
            raise errors.bad_request(f"the body is not a Kubernetes protobuf message: {failure}") from None
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as failure:
        if not media.endswith("yaml"):
            raise errors.bad_request(
                f"the object provided is unrecognized: couldn't get version/kind; json parse error: {failure}"
            ) from None
        loaded = _yaml(raw)
        return Body(media, loaded.value, _told_twice(loaded.twice), raw, loaded.size, True)
    if nesting.may_be_deep(raw):
        _not_too_deep(value)
    if nesting.may_be_many(raw):
        _not_too_many(value)
    _not_too_large(raw, value)
    # What is written as we would write it has nothing in it that the value lacks.
    twice = [] if msgspec.json.encode(value) == raw.rstrip(b"\n") else _duplicates(raw)
    return Body(media, value, [f'duplicate field "{path}"' for path in twice], raw)


def _not_too_deep(value: Any) -> None:
    if nesting.too_deep(value):
        raise errors.bad_request(f"the body is nested deeper than {nesting.DEEPEST} levels")


def _not_too_many(value: Any) -> None:
    if nesting.too_many(value):
        raise _too_many()


def _not_too_large(raw: bytes, value: Any) -> None:
    if large_numbers.may_be_too_large(raw) and large_numbers.too_large(value):
        raise errors.bad_request(
            "json: cannot unmarshal number into Go value of type float64: value out of range"
        )


def _too_many() -> errors.StatusError:
    return errors.too_large(f"the body holds more than {nesting.MOST} lists and objects")


def _told_twice(twice: list[str]) -> list[str]:
    return ["\n  ".join(("yaml: unmarshal errors:", *twice))] if twice else []


def _yaml(raw: bytes) -> yaml_body.Loaded:
    try:
        return yaml_body.load(raw, LARGEST)
    except yaml_body.YamlSizeError:
        raise _too_many() from None
    except yaml_body.YamlError as failure:
        raise errors.bad_request(f"error converting YAML to JSON: {failure}") from None


def _duplicates(raw: bytes) -> list[str]:
    seen = False

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        nonlocal seen
        made = dict(pairs)
        if len(made) == len(pairs):
            return made
        seen = True
        twice = _Twice(made)
        counted = Counter(key for key, _ in pairs)
        again = (key for key, times in counted.items() if times > 1)
        twice.keys_twice = tuple(itertools.islice(again, _MAX_DUPLICATES))
        return twice

    try:
        value = json.loads(raw, object_pairs_hook=collect)
    except (ValueError, RecursionError):
        return []
    if not seen or not isinstance(value, dict | list):
        return []
    return list(itertools.islice(_twice(value), _MAX_DUPLICATES))


def _twice(value: Any) -> Iterator[str]:
    """The paths of fields that came twice, in their order; a path is only put together for one of them."""
    waiting: list[tuple[Any, Place]] = [(value, None)]
    while waiting:
        entry, path = waiting.pop()
        if isinstance(entry, dict):
            if isinstance(entry, _Twice):
                yield from (place_text((path, key)) for key in entry.keys_twice)
            below = [(one, (path, key)) for key, one in entry.items() if isinstance(one, dict | list)]
        else:
            below = [(one, (path, at)) for at, one in enumerate(entry) if isinstance(one, dict | list)]
        waiting += reversed(below)
