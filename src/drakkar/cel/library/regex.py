"""Regular expressions: `matches`, `find` and `findAll` as Go's regexp package has them, on RE2."""

from __future__ import annotations

import functools
from bisect import bisect_right
from collections.abc import Callable, Mapping
from typing import Any, Final, NamedTuple

from drakkar.cel.library.regex_syntax import translate
from drakkar.cel.library.strings import runes
from drakkar.cel.library.unicode_classes import UNASSIGNED
from drakkar.cel.outcome import LimitExceeded
from drakkar.cel.values import SIZE_LIMIT

# What RE2 may use for a pattern; the second try is for the few that Go takes and that do not fit the first. It compiles them
# in a quarter of a second; larger ones would take gigabytes between them.
_MEMORY: Final = 2 << 20
_MORE_MEMORY: Final = 8 << 20
# What it takes to find that a pattern is too large, in instructions.
_GIVEN_UP: Final = 100_000
# Bytes of text times instructions of the program: about a second's work for RE2 at its slowest.
_LARGEST_SEARCH: Final = 1_000_000_000
# Devices have few texts between them: a pattern remembers what it said of so many texts, of at most this length.
_REMEMBERED: Final = 1024
_SHORT: Final = 256
_LARGEST_WORK: Final = 10**9
_UNASSIGNED_STARTS: Final = tuple(low for low, _ in UNASSIGNED)
_STAND_IN: Final = "\u0378"


class _Program(NamedTuple):
    regexp: Any
    size: int
    properties: bool
    inside: bool  # it may match where Go would not, between the bytes of a character


@functools.lru_cache(maxsize=128)
def _translated(pattern: str) -> tuple[str, bool]:
    """What RE2 reads for a pattern; it is asked for when the pattern is checked, planned and compiled."""
    return translate(pattern)


class _Compiled:
    """How many instructions have been compiled."""

    instructions = 0


_compiled = _Compiled()


def compiled() -> int:
    """How many instructions this process has compiled so far: about a million in a second. Patterns that are compiled already
    count for nothing."""
    return _compiled.instructions


def _program(pattern: str) -> _Program:
    """The compiled pattern; Fault where Go's regexp.Compile gives an error, LimitExceeded where it is too large."""
    program = _small(pattern) or _large(pattern)
    if program is None:
        raise LimitExceeded
    return program


@functools.lru_cache(maxsize=128)
def _small(pattern: str) -> _Program | None:
    return _made(pattern, _MEMORY)


@functools.lru_cache(maxsize=2)
def _large(pattern: str) -> _Program | None:
    return _made(pattern, _MORE_MEMORY)


def _made(pattern: str, memory: int) -> _Program | None:
    """The compiled pattern, or None where it does not fit."""
    text, properties = _translated(pattern)
    regexp = _compile(text, memory)
    if regexp is None:
        _compiled.instructions += _GIVEN_UP
        return None
    _compiled.instructions += regexp.programsize
    return _Program(regexp, regexp.programsize, properties, r"\B" in text)


def _compile(text: str, memory: int) -> Any:
    import re2  # loaded only by the few expressions that need it

    options = re2.Options()
    options.log_errors = False
    options.never_capture = True
    options.max_mem = memory
    try:
        # Not re2.compile(), which would keep the programs in a cache of its own.
        return type(re2.compile(""))(text, options)
    except re2.error:
        return None


def check_pattern(pattern: str) -> None:
    """Fault where Go's regexp.Compile would refuse the pattern."""
    _translated(pattern)


def program_size(pattern: str) -> int:
    """Instructions of the compiled pattern, which may be a hundred thousand, compiled in a tenth of a second; Fault where Go
    would refuse it, LimitExceeded where it is larger than that."""
    program = _small(pattern)
    if program is None:
        raise LimitExceeded
    return program.size


def byte_length(text: str) -> int:
    """Bytes of a text as they are searched."""
    return len(text) if text.isascii() else len(runes(text).encode())


def _prepared(text: str, pattern: str) -> tuple[_Program, bytes]:
    """The program and the text as it shall read it, which has as many code points as the text itself."""
    program = _program(pattern)
    read = runes(text)
    if program.properties and not read.isascii():
        # RE2's tables may be of a later Unicode than Go's; what Go takes for unassigned, it shall too.
        read = "".join(_STAND_IN if _unassigned(char) else char for char in read)
    data = read.encode()
    if len(data) * program.size > _LARGEST_SEARCH:
        raise LimitExceeded
    return program, data


def _unassigned(char: str) -> bool:
    code = ord(char)
    at = bisect_right(_UNASSIGNED_STARTS, code) - 1
    return at >= 0 and code <= UNASSIGNED[at][1]


def _search(program: _Program, data: bytes, at: int) -> tuple[int, int] | None:
    r"""Where the next match begins and ends. RE2 lets `\B` match between the bytes of a character; Go does not."""
    while (match := program.regexp.search(data, at)) is not None:
        start, end = match.span()
        if start < end or start == len(data) or data[start] & 0xC0 != 0x80:
            return int(start), int(end)
        at = start
        while at < len(data) and data[at] & 0xC0 == 0x80:
            at += 1
    return None


def matches(text: str, pattern: str) -> bool:
    """`matches`: whether the pattern is found anywhere in the text."""
    program, data = _prepared(text, pattern)
    if program.inside:
        return _search(program, data, 0) is not None
    return program.regexp.search(data) is not None


def searcher(pattern: str, change: Callable[[str], str] | None = None) -> Callable[[str], bool]:
    """`matches` for one pattern and many texts, each changed before it is read; Fault where the pattern is none."""
    program = _program(pattern)
    search = program.regexp.search
    known: dict[str, bool] = {}

    def found(text: str) -> bool:
        answer = known.get(text)
        if answer is not None:
            return answer
        read = text if change is None else change(text)
        if program.inside or not text.isascii() or len(text) > _SHORT:
            return matches(read, pattern)
        if len(known) >= _REMEMBERED:
            known.clear()
        answer = known[text] = search(read.encode()) is not None
        return answer

    return found


def find(text: str, pattern: str) -> str:
    """`find`: the first (leftmost) match, of which alternatives the first; empty if there is none."""
    found = find_all(text, pattern, 1)
    return found[0] if found else ""


def find_all(text: str, pattern: str, limit: int = -1) -> tuple[str, ...]:
    """`findAll`: the matches one after the other, at most `limit` unless it is negative.

    An empty match right after another match does not count.
    """
    program, data = _prepared(text, pattern)
    if limit == 0:
        return ()
    found: list[str] = []
    work = 0
    at, previous_end = 0, -1
    # The text that was passed over is counted in code points as well, to cut the matches out of it.
    seen_bytes, seen = 0, 0
    while at <= len(data) and (span := _search(program, data, at)) is not None:
        start, end = span
        if end == at:
            accepted = start != previous_end
            at += _width(data, at)
        else:
            accepted = True
            at = end
        previous_end = end
        if not accepted:
            continue
        seen += len(data[seen_bytes:start].decode())
        length = len(data[start:end].decode())
        found.append(text[seen : seen + length])
        seen += length
        seen_bytes = end
        if len(found) == limit:
            break
        # Each search may have to look at all that is left.
        work += len(data) - at
        if len(found) > SIZE_LIMIT or work > _LARGEST_WORK:
            raise LimitExceeded
    return tuple(found)


def _width(data: bytes, at: int) -> int:
    """The bytes of the character at a position; 1 at the end."""
    if at >= len(data) or data[at] < 0x80:
        return 1
    return 2 if data[at] < 0xE0 else 3 if data[at] < 0xF0 else 4


FUNCTIONS: Final[Mapping[str, Callable[..., Any]]] = {
    "matches": matches,
    "matches_string": matches,
    "string_find_string": find,
    "string_find_all_string": find_all,
    "string_find_all_string_int": find_all,
}
