"""JSON Patch (RFC 6902) on plain JSON values; the document given is never changed."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from drakkar.apiserver.patch.error import PatchError

MAX_OPERATIONS = 10_000  # the bound that the Kubernetes API documents for one request
MAX_COPIED = 3 * 1024 * 1024  # bytes of JSON that the copies of one patch may come to, as there


class TooManyOperationsError(PatchError):
    """The patch is longer than one request may be."""

    def __init__(self, given: int) -> None:
        super().__init__(
            f"The allowed maximum operations in a JSON patch is {MAX_OPERATIONS}, got {given}", invalid=False
        )


def equal(left: Any, right: Any) -> bool:
    """JSON equality: unlike Python's, it keeps booleans apart from numbers."""
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(equal(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(equal, left, right))
    return bool(left == right)


def _tokens(pointer: Any) -> list[str]:
    if not isinstance(pointer, str) or (pointer and not pointer.startswith("/")):
        raise PatchError(f"invalid JSON pointer {pointer!r}", invalid=False)
    return [t.replace("~1", "/").replace("~0", "~") for t in pointer.split("/")[1:]]


def _index(token: str, length: int, pointer: str) -> int:
    # The ASCII test is needed because str.isdigit accepts other scripts' digits.
    if not (token.isascii() and token.isdigit()) or (len(token) > 1 and token[0] == "0"):
        raise PatchError(f"{pointer}: {token!r} is not an array index")
    if len(token) > 9 or int(token) >= length:
        raise PatchError(f"{pointer}: index {token} is out of bounds")
    return int(token)


def _child(value: Any, token: str, pointer: str) -> Any:
    if isinstance(value, dict):
        if token not in value:
            raise PatchError(f"{pointer}: the path does not exist")
        return value[token]
    if isinstance(value, list):
        return value[_index(token, len(value), pointer)]
    raise PatchError(f"{pointer}: the path does not exist")


def _get(doc: Any, pointer: str) -> Any:
    for token in _tokens(pointer):
        doc = _child(doc, token, pointer)
    return doc


def _parent(doc: Any, pointer: str) -> tuple[Any, str]:
    tokens = _tokens(pointer)
    for token in tokens[:-1]:
        doc = _child(doc, token, pointer)
    return doc, tokens[-1]


def _add(doc: Any, pointer: str, value: Any) -> Any:
    if pointer == "":
        return value
    parent, token = _parent(doc, pointer)
    if isinstance(parent, dict):
        parent[token] = value
    elif isinstance(parent, list):
        parent.insert(len(parent) if token == "-" else _index(token, len(parent) + 1, pointer), value)
    else:
        raise PatchError(f"{pointer}: the path does not exist")
    return doc


def _remove(doc: Any, pointer: str) -> None:
    if pointer == "":
        raise PatchError("the whole document cannot be removed")
    parent, token = _parent(doc, pointer)
    _child(parent, token, pointer)
    if isinstance(parent, dict):
        del parent[token]
    else:
        del parent[int(token)]


def _replace(doc: Any, pointer: str, value: Any) -> Any:
    if pointer == "":
        return value
    parent, token = _parent(doc, pointer)
    _child(parent, token, pointer)
    parent[token if isinstance(parent, dict) else int(token)] = value
    return doc


def _value(op: dict[str, Any]) -> Any:
    if "value" not in op:
        raise PatchError(f"operation {op.get('op')!r} needs a value", invalid=False)
    # Copied, so that two operations can never share one mutable value.
    return copy.deepcopy(op["value"])


def _test(doc: Any, pointer: str, wanted: Any) -> None:
    try:
        found = _get(doc, pointer)
    except PatchError:
        # As the Go servers do: testing an absent field for null succeeds.
        if wanted is None and isinstance(_parent(doc, pointer)[0], dict):
            return
        raise
    if not equal(found, wanted):
        raise PatchError(f"test of {pointer} failed: the value differs")


class _Copies:
    """How much may still be copied."""

    def __init__(self) -> None:
        self._left = MAX_COPIED

    def of(self, value: Any) -> Any:
        """A copy, counted."""
        text = msgspec.json.encode(value)
        self._left -= len(text)
        if self._left < 0:
            why = f"Unable to complete the copy, the accumulated size increase of copy is more than the limit {MAX_COPIED}"
            raise PatchError(why)
        return msgspec.json.decode(text)


def _apply_one(doc: Any, op: Any, copies: _Copies) -> Any:
    if not isinstance(op, dict) or "path" not in op:
        raise PatchError("a JSON patch operation must be an object with op and path", invalid=False)
    pointer = op["path"]
    _tokens(pointer)
    match op.get("op"):
        case "add":
            return _add(doc, pointer, _value(op))
        case "remove":
            _remove(doc, pointer)
        case "replace":
            return _replace(doc, pointer, _value(op))
        case "test":
            # Go reads an absent value as null.
            _test(doc, pointer, op.get("value"))
        case "move":
            source = op.get("from")
            if isinstance(source, str) and pointer.startswith(source + "/"):
                raise PatchError(f"{source} cannot be moved into its own child {pointer}")
            value = _get(doc, source) if isinstance(source, str) else _tokens(source)
            if source != pointer:
                _remove(doc, str(source))
                return _add(doc, pointer, value)
        case "copy":
            source = op.get("from")
            value = _get(doc, source) if isinstance(source, str) else _tokens(source)
            return _add(doc, pointer, copies.of(value))
        case other:
            raise PatchError(f"unknown JSON patch operation {other!r}", invalid=False)
    return doc


def json_patch(doc: Any, ops: Any) -> Any:
    """The document after all operations; a failed test or a missing path is a PatchError."""
    if not isinstance(ops, list):
        raise PatchError("a JSON patch must be an array of operations", invalid=False)
    if len(ops) > MAX_OPERATIONS:
        raise TooManyOperationsError(len(ops))
    try:
        doc, copies = copy.deepcopy(doc), _Copies()
        for op in ops:
            doc = _apply_one(doc, op, copies)
    except RecursionError:
        raise PatchError("the patch is nested too deeply", invalid=False) from None
    return doc
