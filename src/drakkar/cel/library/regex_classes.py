"""The named character classes of Go's regular expressions, as items of a class for RE2."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from drakkar.cel.library.unicode_classes import ALIASES, CATEGORIES, SCRIPTS, UNASSIGNED

_POSIX_NAMES: Final = "alnum alpha ascii blank cntrl digit graph lower print punct space upper word xdigit"
POSIX: Final = frozenset(f"[:{sign}{name}:]" for name in _POSIX_NAMES.split() for sign in ("", "^"))
_TOP: Final = 0x10FFFF


def _items(ranges: Iterable[tuple[int, int]]) -> str:
    return "".join(f"\\x{{{low:x}}}-\\x{{{high:x}}}" for low, high in ranges)


def _gaps(ranges: Iterable[tuple[int, int]]) -> Iterable[tuple[int, int]]:
    at = 0
    for low, high in ranges:
        if at < low:
            yield at, low - 1
        at = high + 1
    if at <= _TOP:
        yield at, _TOP


# RE2 has no name for these, or (C) leaves out what is unassigned.
_UNASSIGNED: Final = _items(UNASSIGNED)
_ASSIGNED: Final = _items(_gaps(UNASSIGNED))
_OTHER: Final = r"\p{Cc}\p{Cf}\p{Cs}\p{Co}" + _UNASSIGNED
_CASED: Final = r"\p{Lu}\p{Ll}\p{Lt}"
_NOT_CASED: Final = r"\p{Lm}\p{Lo}\pM\pN\pP\pS\pZ" + _OTHER
_SPECIAL: Final = {
    "Any": (_items([(0, _TOP)]), ""),
    "Ascii": (_items([(0, 0x7F)]), _items([(0x80, _TOP)])),
    "Assigned": (_ASSIGNED, _UNASSIGNED),
    "Cn": (_UNASSIGNED, _ASSIGNED),
    "C": (_OTHER, r"\pL\pM\pN\pP\pS\pZ"),
    "LC": (_CASED, _NOT_CASED),
}
# Go does not fold these: a mark (U+0345) folds to a letter.
UNFOLDED: Final = frozenset(_SPECIAL["LC"])
# Case folding adds U+017F (long s) and U+212A (kelvin) to ASCII, which its negation then lacks.
_FOLDED_ASCII: Final = _items(_gaps([(0, 0x7F), (0x17F, 0x17F), (0x212A, 0x212A)]))


def property_items(name: str, negated: bool, fold: bool) -> str | None:
    r"""What stands for `\p{name}` or, if negated, `\P{name}` in a class; None if Go knows no such class."""
    if name.startswith("^"):
        name, negated = name[1:], not negated
    name = _canonical(name)
    if name == "Lc":
        name = "LC"
    if name not in _SPECIAL and name not in CATEGORIES and name not in SCRIPTS:
        if name not in ALIASES:
            return None
        name = ALIASES[name]
    if name == "Ascii" and negated and fold:
        return _FOLDED_ASCII
    if name in _SPECIAL:
        return _SPECIAL[name][negated]
    return f"\\{'P' if negated else 'p'}{{{name}}}"


def _canonical(name: str) -> str:
    """The first letter large, the others small, without spaces, hyphens and underscores; ASCII only."""
    kept = "".join(char for char in name if char not in " -_")
    if not kept.isascii():
        return ""
    return kept[:1].upper() + kept[1:].lower()
