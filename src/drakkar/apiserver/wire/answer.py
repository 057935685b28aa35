"""JSON that a webhook answers with. What becomes of it is stored and read as if a client had sent it, so it is held to the
same bounds."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final

import msgspec

from drakkar.apiserver.wire import large_numbers, nesting

# Lists and objects around those that an answer is about.
_AROUND: Final = 5


class AnswerError(Exception):
    """The answer is no JSON, or holds what no client may send."""


def decoded(raw: bytes) -> Any:
    """The value of an answer; AnswerError."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as failure:
        raise AnswerError(f"json parse error: {failure}") from None
    if nesting.may_be_deep(raw) and nesting.too_deep(value, nesting.DEEPEST + _AROUND):
        raise AnswerError(f"it is nested deeper than {nesting.DEEPEST} levels")
    if large_numbers.may_be_too_large(raw) and large_numbers.too_large(value):
        raise AnswerError("json: cannot unmarshal number into Go value of type float64: value out of range")
    return value


def check(objects: Iterable[Any]) -> None:
    """AnswerError where one of the objects in an answer is nested too deeply, or has too many parts."""
    for one in objects:
        if nesting.too_deep(one):
            raise AnswerError(f"an object is nested deeper than {nesting.DEEPEST} levels")
        if nesting.too_many(one):
            raise AnswerError(f"an object holds more than {nesting.MOST} lists and objects")
