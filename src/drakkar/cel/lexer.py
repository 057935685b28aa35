"""Cuts the text of an expression into tokens and decodes its literals."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from drakkar.cel.outcome import Refusal

_ESCAPES: Final = (
    r"""\\(?:[abfnrtv"'\\?`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})"""
)
_SPACE: Final = re.compile(r"(?:[\t\n\f\r ]+|//[^\n]*)*")
_FLOAT: Final = re.compile(
    r"[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
)
_INTEGER: Final = re.compile(r"(0x[0-9a-fA-F]+|[0-9]+)([uU]?)")
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
_QUOTED_WORD: Final = re.compile(r"`([A-Za-z0-9_.\-/ ]+)`")
_PREFIX: Final = re.compile(r"([bB]?)([rR]?)(?=[\"'])")
# Each form by its opening quotes and whether it is raw; the three-fold ones may run over lines.
_STRINGS: Final = {
    ("'", False): re.compile(rf"'((?:{_ESCAPES}|[^\\'\n\r])*)'"),
    ('"', False): re.compile(rf'"((?:{_ESCAPES}|[^\\"\n\r])*)"'),
    ("'", True): re.compile(r"'([^'\n\r]*)'"),
    ('"', True): re.compile(r'"([^"\n\r]*)"'),
    ("'''", False): re.compile(rf"'''((?:{_ESCAPES}|[^\\])*?)'''"),
    ('"""', False): re.compile(rf'"""((?:{_ESCAPES}|[^\\])*?)"""'),
    ("'''", True): re.compile(r"'''(.*?)'''", re.DOTALL),
    ('"""', True): re.compile(r'"""(.*?)"""', re.DOTALL),
}
_OPERATOR: Final = re.compile(r"&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}]")
_ESCAPE: Final = re.compile(
    r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL
)
_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_CONSTANTS: Final = {"true": (True, "bool"), "false": (False, "bool"), "null": (None, "null")}


class Token(NamedTuple):
    """`kind` is word, quoted word, op, end, or the type of a literal; `value` is decoded, None for a number too large."""

    kind: str
    text: str
    value: object
    at: int


def _decode(body: str, is_bytes: bool, at: int) -> str | bytes:
    out: list[str | bytes] = []
    last = 0
    for match in _ESCAPE.finditer(body):
        out.append(body[last : match.start()])
        last = match.end()
        two, four, eight, octal, simple = match.groups()
        if simple is not None:
            out.append(_SIMPLE.get(simple, simple))
            continue
        code = int(octal, 8) if octal else int(two or four or eight, 16)
        if is_bytes and (two or octal):
            out.append(bytes((code,)))
        elif code > 0x10FFFF or 0xD800 <= code < 0xE000 or is_bytes:
            raise Refusal("Syntax error: unable to unescape string", at)
        else:
            out.append(chr(code))
    out.append(body[last:])
    if is_bytes:
        return b"".join(part.encode() if isinstance(part, str) else part for part in out)
    return "".join(part for part in out if isinstance(part, str))


def _string(text: str, at: int) -> tuple[Token, int] | None:
    prefix = _PREFIX.match(text, at)
    if prefix is None:
        return None
    is_bytes, raw = bool(prefix[1]), bool(prefix[2])
    start = prefix.end()
    for quotes in (text[start] * 3, text[start]):
        match = _STRINGS[quotes, raw].match(text, start)
        if match is not None:
            body = match[1].replace("\r\n", "\n").replace("\r", "\n")
            value: str | bytes = _decode(body, is_bytes, at) if not raw else body
            if is_bytes and isinstance(value, str):
                value = value.encode()
            return Token("bytes" if is_bytes else "string", text[at : match.end()], value, at), match.end()
    return None


def _number(text: str, at: int) -> tuple[Token, int] | None:
    if match := _FLOAT.match(text, at):
        value = float(match[0])
        return Token("double", match[0], value if math.isfinite(value) else None, at), match.end()
    match = _INTEGER.match(text, at)
    if match is None:
        return None
    hexadecimal = match[1].startswith("0x")
    digits = match[1][2:].lstrip("0") if hexadecimal else match[1].lstrip("0")
    number = int(digits or "0", 16 if hexadecimal else 10) if len(digits) < 40 else 1 << 64
    # 2^63 is let through for the minus sign that may stand before it; the parser checks.
    fits = number <= (2**64 - 1 if match[2] else 2**63)
    return Token("uint" if match[2] else "int", match[0], number if fits else None, at), match.end()


def _one(text: str, at: int) -> tuple[Token, int]:
    found = _string(text, at) or _number(text, at)
    if found is not None:
        return found
    if match := _WORD.match(text, at):
        if match[0] in _CONSTANTS:
            value, kind = _CONSTANTS[match[0]]
            return Token(kind, match[0], value, at), match.end()
        return Token("op" if match[0] == "in" else "word", match[0], match[0], at), match.end()
    if match := _OPERATOR.match(text, at):
        return Token("op", match[0], match[0], at), match.end()
    if match := _QUOTED_WORD.match(text, at):
        return Token("quoted word", match[0], match[1], at), match.end()
    raise Refusal(f"Syntax error: token recognition error at: {text[at : at + 10]!r}", at)


def tokenize(text: str) -> list[Token]:
    """All tokens, with one of kind `end` as the last; Refusal for what is no token."""
    tokens: list[Token] = []
    at = 0
    while True:
        space = _SPACE.match(text, at)
        at = space.end() if space else at
        if at >= len(text):
            tokens.append(Token("end", "<EOF>", None, at))
            return tokens
        token, at = _one(text, at)
        tokens.append(token)
