"""JSON Patch (RFC 6902) on plain JSON values; the document given is never changed."""

from __future__ import annotations

import copy
from typing import Any

import msgspec

from drakkar.api.object import alike
from drakkar.apiserver import beside
from drakkar.apiserver.patch.errors import PatchError, TestFailedError, TooManyOperationsError
from drakkar.apiserver.patch.long_lists import LongLists

MAX_OPERATIONS = 10_000  # the bound that the Kubernetes API documents for one request
MAX_COPIED = 3 * 1024 * 1024  # bytes of JSON that the copies of one patch may come to, as there


def equal(left: Any, right: Any) -> bool:
    """JSON equality: unlike Python's, it keeps booleans apart from numbers."""
    if isinstance(left, dict | list) and alike(left, right):
        return True
    return _equal(left, right)


def _equal(left: Any, right: Any) -> bool:
    if isinstance(left, bool) or isinstance(right, bool):
        return left is right
    if isinstance(left, dict) and isinstance(right, dict):
        return left.keys() == right.keys() and all(_equal(left[k], right[k]) for k in left)
    if isinstance(left, list) and isinstance(right, list):
        return len(left) == len(right) and all(map(_equal, left, right))
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


class _Document:
    """A document that is being patched."""

    def __init__(self, doc: Any) -> None:
        self._doc = doc
        self._lists = LongLists()
        self._left = MAX_COPIED

    def done(self) -> Any:
        """What has become of it."""
        self._lists.settle_all()
        return self._doc

    def apply(self, op: Any) -> None:
        """Do one operation."""
        if not isinstance(op, dict) or "path" not in op:
            raise PatchError("a JSON patch operation must be an object with op and path", invalid=False)
        pointer = op["path"]
        _tokens(pointer)
        match op.get("op"):
            case "add":
                self._add(pointer, _value(op))
            case "remove":
                self._remove(pointer)
            case "replace":
                self._replace(pointer, _value(op))
            case "test":
                # Go reads an absent value as null.
                self._test(pointer, op.get("value"))
            case "move":
                self._move(op.get("from"), pointer)
            case "copy":
                self._add(pointer, self._copied(self._get(op.get("from"))))
            case other:
                raise PatchError(f"unknown JSON patch operation {other!r}")

    def _child(self, value: Any, token: str, pointer: str) -> Any:
        if isinstance(value, dict):
            if token not in value:
                raise PatchError(f"{pointer}: the path does not exist")
            return value[token]
        if isinstance(value, list):
            return self._lists.get(value, _index(token, self._lists.length(value), pointer))
        raise PatchError(f"{pointer}: the path does not exist")

    def _get(self, pointer: Any) -> Any:
        found = self._doc
        for token in _tokens(pointer):
            found = self._child(found, token, pointer)
        return found

    def _parent(self, pointer: str) -> tuple[Any, str]:
        tokens, found = _tokens(pointer), self._doc
        for token in tokens[:-1]:
            found = self._child(found, token, pointer)
        return found, tokens[-1]

    def _add(self, pointer: str, value: Any) -> None:
        if pointer == "":
            self._doc = value
            return
        parent, token = self._parent(pointer)
        if isinstance(parent, dict):
            parent[token] = value
        elif isinstance(parent, list):
            length = self._lists.length(parent)
            at = length if token == "-" else _index(token, length + 1, pointer)
            self._lists.insert(parent, at, value)
        else:
            raise PatchError(f"{pointer}: the path does not exist")

    def _remove(self, pointer: str) -> None:
        if pointer == "":
            raise PatchError("the whole document cannot be removed")
        parent, token = self._parent(pointer)
        self._child(parent, token, pointer)
        if isinstance(parent, dict):
            del parent[token]
        else:
            self._lists.delete(parent, int(token))

    def _replace(self, pointer: str, value: Any) -> None:
        if pointer == "":
            self._doc = value
            return
        parent, token = self._parent(pointer)
        if isinstance(parent, dict):
            # As the Go servers do: what is to be replaced need not be there.
            parent[token] = value
        else:
            self._child(parent, token, pointer)
            self._lists.put(parent, int(token), value)

    def _test(self, pointer: str, wanted: Any) -> None:
        try:
            found = self._get(pointer)
        except PatchError as failure:
            if not pointer or not isinstance(self._parent(pointer)[0], dict):
                raise
            # As the Go servers do: testing an absent field for null succeeds.
            if wanted is None:
                return
            raise TestFailedError(failure.message) from None
        # What is not of this kind is not looked at, so that a patch cannot ask for much of it again and again.
        if isinstance(wanted, dict | list):
            self._lists.settle(found)
        if not equal(found, wanted):
            raise TestFailedError(f"test of {pointer} failed: the value differs")

    def _move(self, source: Any, pointer: str) -> None:
        if isinstance(source, str) and pointer.startswith(source + "/"):
            raise PatchError(f"{source} cannot be moved into its own child {pointer}")
        value = self._get(source)
        if source != pointer:
            self._remove(source)
            self._add(pointer, value)

    def _copied(self, value: Any) -> Any:
        """A copy, counted."""
        self._lists.settle(value)
        text = msgspec.json.encode(value)
        self._left -= len(text)
        # A few copies of copies are much.
        beside.demand(MAX_COPIED - self._left)
        if self._left < 0:
            why = f"Unable to complete the copy, the accumulated size increase of copy is more than the limit {MAX_COPIED}"
            raise PatchError(why)
        return msgspec.json.decode(text)


def _value(op: dict[str, Any]) -> Any:
    if "value" not in op:
        raise PatchError(f"operation {op.get('op')!r} needs a value", invalid=False)
    # Copied, so that two operations can never share one mutable value.
    return copy.deepcopy(op["value"])


def json_patch(doc: Any, ops: Any) -> Any:
    """The document after all operations; a failed test or a missing path is a PatchError. TooHeavyError for copies of more than
    the event loop has time for."""
    if not isinstance(ops, list):
        raise PatchError("a JSON patch must be an array of operations", invalid=False)
    if len(ops) > MAX_OPERATIONS:
        raise TooManyOperationsError(len(ops), MAX_OPERATIONS)
    try:
        document = _Document(copy.deepcopy(doc))
        for op in ops:
            document.apply(op)
        return document.done()
    except RecursionError:
        raise PatchError("the patch is nested too deeply", invalid=False) from None
