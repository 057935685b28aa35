"""Functions of text, counted in code points: cel-go's strings library at version 2 and the standard ones."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from drakkar.cel.outcome import Fault, LimitExceeded
from drakkar.cel.values import SIZE_LIMIT

# What Go's unicode.IsSpace takes for white: Python's str.strip() knows four more (U+001C to U+001F).
WHITE: Final = (
    "\t\n\v\f\r \x85\xa0\u1680\u2000\u2001\u2002\u2003\u2004\u2005"
    "\u2006\u2007\u2008\u2009\u200a\u2028\u2029\u202f\u205f\u3000"
)
_LOWER: Final = {code: code + 32 for code in range(65, 91)}
_UPPER: Final = {code + 32: code for code in range(65, 91)}
_STRAY_BYTE: Final = re.compile("[\ud800-\udfff]")


def runes(text: str) -> str:
    """The text as Go sees it after `[]rune(text)`: a byte that is no UTF-8 reads as U+FFFD.

    Such bytes come out of percent-encoded URLs and are held as lone surrogates (`surrogateescape`).
    """
    return text if text.isascii() else _STRAY_BYTE.sub("\ufffd", text)


def char_at(text: str, at: int) -> str:
    """`charAt`: the code point at a position; at the very end there is an empty one."""
    if not 0 <= at <= len(text):
        raise Fault(f"index out of range: {at}")
    return runes(text[at : at + 1])


def index_of(text: str, part: str, start: int = 0) -> int:
    """`indexOf`: a start beyond the end finds nothing, and only the empty string is found there, at the end."""
    if start < 0:
        raise Fault(f"index out of range: {start}")
    if not part:
        return min(start, len(text))
    return runes(text).find(runes(part), start)


def last_index_of(text: str, part: str, start: int | None = None) -> int:
    """`lastIndexOf`: the last place at or before `start`; a start beyond the text finds nothing."""
    if start is None:
        return runes(text).rfind(runes(part))
    if start < 0:
        raise Fault(f"index out of range: {start}")
    if not part:
        return min(start, len(text))
    if start >= len(text):
        return -1
    return runes(text).rfind(runes(part), 0, start + len(part))


def lower_ascii(text: str) -> str:
    """`lowerAscii`: other letters stay as they are."""
    return text.lower() if text.isascii() else runes(text).translate(_LOWER)


def upper_ascii(text: str) -> str:
    """`upperAscii`: other letters stay as they are."""
    return text.upper() if text.isascii() else runes(text).translate(_UPPER)


def replace(text: str, old: str, new: str, limit: int = -1) -> str:
    """`replace`: the first `limit` places, all if it is negative; the empty string is before and after each."""
    count = text.count(old)
    if 0 <= limit < count:
        count = limit
    if len(text) + count * (len(new) - len(old)) > SIZE_LIMIT:
        raise LimitExceeded
    return text.replace(old, new, count)


def split(text: str, separator: str, limit: int = -1) -> tuple[str, ...]:
    """`split`: at most `limit` parts, the last with the rest; none if it is 0, all if it is negative."""
    if limit == 0:
        return ()
    # An empty text has one empty part, but between its (no) characters there is none.
    if not separator:
        if 0 < limit < len(text):
            return (*text[: limit - 1], text[limit - 1 :])
        return tuple(text)
    return tuple(text.split(separator, min(limit - 1, SIZE_LIMIT) if limit > 0 else -1))


def substring(text: str, start: int, end: int | None = None) -> str:
    """`substring`: from `start` up to, not including, `end`."""
    if end is None:
        end = len(text)
    elif start > end:
        raise Fault(f"invalid substring range. start: {start}, end: {end}")
    for at in (start, end):
        if not 0 <= at <= len(text):
            raise Fault(f"index out of range: {at}")
    return runes(text[start:end])


def trim(text: str) -> str:
    """`trim`: without the white space (Unicode's) around it."""
    return text.strip(WHITE)


def join(parts: tuple[Any, ...], separator: str = "") -> str:
    """`join`: Fault for an element that is no string."""
    length = len(separator) * (len(parts) - 1)
    for part in parts:
        if type(part) is not str:
            raise Fault(f"join: invalid input: {part}")
        length += len(part)
    if length > SIZE_LIMIT:
        raise LimitExceeded
    return separator.join(parts)


def contains(text: str, part: str) -> bool:
    """`contains`."""
    return part in text


# What makes a text of a text that is of ASCII if the first is.
CHANGES: Final[Mapping[str, Callable[[str], str]]] = {
    "string_lower_ascii": lower_ascii,
    "string_upper_ascii": upper_ascii,
}


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "string_char_at_int": char_at,
    "string_index_of_string": index_of,
    "string_index_of_string_int": index_of,
    "string_last_index_of_string": last_index_of,
    "string_last_index_of_string_int": last_index_of,
    "string_lower_ascii": lower_ascii,
    "string_upper_ascii": upper_ascii,
    "string_replace_string_string": replace,
    "string_replace_string_string_int": replace,
    "string_split_string": split,
    "string_split_string_int": split,
    "string_substring_int": substring,
    "string_substring_int_int": substring,
    "string_trim": trim,
    "list_join": join,
    "list_join_string": join,
    "contains_string": contains,
    "starts_with_string": str.startswith,
    "ends_with_string": str.endswith,
    "size_string": len,
    "string_size": len,
    "size_bytes": len,
    "bytes_size": len,
}
