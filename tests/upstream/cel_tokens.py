"""Expressions as tokens: to break them on purpose, to write them with other white space, and to make them smaller."""

from __future__ import annotations

import random
import re
from collections.abc import Iterator
from typing import Final

_TOKEN = re.compile(
    r"""\s+|//[^\n]*"""
    r"""|[rRbB]{0,2}(?:'{3}(?:\\.|[^\\])*?'{3}|"{3}(?:\\.|[^\\])*?"{3}|'(?:\\.|[^'\\\n])*'|"(?:\\.|[^"\\\n])*")"""
    r"""|`[^`]*`|0[xX][0-9a-fA-F]+[uU]?|\d+(?:\.\d+)?(?:[eE][+-]?\d+)?[uU]?|\w+|\.\?|\[\?|[=!<>]=|&&|\|\||.""",
    re.DOTALL,
)
_CLOSING: Final = {"(": ")", "[": "]", "[?": "]", "{": "}"}
_SIGNS: Final = frozenset(("+", "-", "*", "/", "%", "==", "!=", "<", ">", "<=", ">=", "&&", "||"))
# fmt: off
_STRAY: Final = (
    "(", ")", "[", "]", "{", "}", ",", ".", "?", ":", "+", "-", "*", "==", "&&", "||", "!", "in", "null",
    "1", "'a'", "x", "true", "0x", "1u", "1e", "b'\\xff'", "'\\q'", "device", "=", "&", "|", "@", "#", "$",
    "^", ";", "'", "\"", "`a`", "has", ".?", "[?", "?", "if", "for", "namespace", "void", "list", "\\",
    "int", "math", "_", "ä", "\u200b", "😀", "~", "1.", ".1", "01", "9999999999999999999", "'''", "r'",
    "// x\n", "\t", "\x00", "a.b", "this", "as", "1_0", "%",
)
# fmt: on


def tokens(text: str) -> list[str]:
    """The text in pieces; together they are the text."""
    return _TOKEN.findall(text)


def mutated(text: str, rng: random.Random) -> str:
    """The expression with one to three accidents: a token dropped, doubled, swapped, replaced or added."""
    parts = [part for part in tokens(text) if not part.isspace()]
    for _ in range(rng.choice((1, 1, 1, 1, 2, 3))):
        if not parts:
            break
        at, other = rng.randrange(len(parts)), rng.randrange(len(parts))
        match rng.randrange(10):
            case 6 | 7 | 8 | 9:
                # The grammar often stays whole, the types seldom do.
                alike = [part for part in parts if _sort(part) == _sort(parts[at])]
                parts[at] = rng.choice(alike)
            case 0:
                del parts[at]
            case 1:
                parts.insert(at, parts[at])
            case 2:
                parts[at], parts[other] = parts[other], parts[at]
            case 3:
                parts[at] = parts[other]
            case 4:
                parts[at] = rng.choice(_STRAY)
            case _:
                parts.insert(at, rng.choice(_STRAY))
    return _joined(parts)


def _sort(part: str) -> str:
    if part[0] in "'\"`" or part[-1] in "'\"":
        return "text"
    if part[0].isdigit():
        return "number"
    return "word" if part[0].isalpha() else "sign" if part in _SIGNS else part


def _joined(parts: list[str]) -> str:
    """Words stay apart."""
    text = ""
    for part in parts:
        if text and (text[-1].isalnum() or text[-1] == "_") and (part[:1].isalnum() or part[:1] in "_'\""):
            text += " "
        text += part
    return text


def respaced(text: str, rng: random.Random) -> str:
    """The same expression with other white space and remarks between its tokens."""
    parts = []
    for part in tokens(text):
        if part.isspace():
            parts.append(
                rng.choice((" ", "  ", "\n", "\t", "\r\n", " \x0c", " // remark ( '\n", "\n// \u00e4\n"))
            )
            continue
        parts.append(part)
        if rng.random() < 0.1 and not (part[-1].isalnum() or part[-1] in "_."):
            parts.append(rng.choice((" ", "\n", "\t", " // x\n")))
    return "".join(parts)


def smaller(text: str) -> Iterator[str]:
    """Expressions with something left out: the larger pieces first."""
    parts = tokens(text)
    pairs = _pairs(parts)
    seen = {text}
    candidates = []
    for start, end in pairs:
        # Only what is inside, nothing, or something plain instead of the brackets.
        for instead in (parts[start + 1 : end], [], ["1"], ["true"], ["'a'"], ["[]"]):
            candidates.append(parts[:start] + instead + parts[end + 1 :])
        candidates.append(parts[start + 1 : end])
        candidates.append(parts[start : end + 1])
        candidates.append(parts[: start + 1] + parts[end:])
    length = max(1, len(parts) // 2)
    while length:
        for start in range(0, len(parts), max(1, length // 2)):
            candidates.append(parts[:start] + parts[start + length :])
        length //= 2
    for at, part in enumerate(parts):
        if len(part) > 3 and part[0] in "'\"":
            candidates += [
                [*parts[:at], part[0] * 2, *parts[at + 1 :]],
                [*parts[:at], part[:2] + part[-1], *parts[at + 1 :]],
            ]
    for candidate in sorted(candidates, key=lambda found: sum(map(len, found))):
        shorter = "".join(candidate).strip()
        if shorter and len(shorter) < len(text) and shorter not in seen:
            seen.add(shorter)
            yield shorter


def _pairs(parts: list[str]) -> list[tuple[int, int]]:
    found, open_at = [], []
    for at, part in enumerate(parts):
        if part in _CLOSING:
            open_at.append(at)
        elif part in _CLOSING.values() and open_at:
            found.append((open_at.pop(), at))
    return found
