"""Cuts the text of an expression into tokens and decodes its literals."""

from __future__ import annotations

import math
import re
from typing import Final, NamedTuple

from drakkar.cel.outcome import Refusal

_ESCAPES: Final = (
    r"""\\(?:[abfnrtv"'\\?`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})"""
)
# What comes next behind white space and comments; a text is only recognized by how it begins.
_NEXT: Final = re.compile(
    r"""(?:[\t\n\f\r ]+|//[^\n]*)*(?:
        (?P<text>(?=[bB]?[rR]?["']))
        |(?P<word>[A-Za-z_][A-Za-z0-9_]*)
        |(?P<double>[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?)
        |(?P<whole>(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?)
        |(?P<op>&&|\|\||==|!=|<=|>=|[-+*/%!<>?:.,()\[\]{}])
        |(?P<quoted>`[A-Za-z0-9_.\-/ ]+`)
        |(?P<end>\Z)
    )""",
    re.VERBOSE,
)
_SPACE: Final = re.compile(r"(?:[\t\n\f\r ]+|//[^\n]*)*")
_PREFIX: Final = re.compile(r"([bB]?)([rR]?)(?=[\"'])")
# Each form by its opening quotes and whether it is raw; the three-fold ones may run over lines.
_WORD: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*", re.ASCII)
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


def _double(text: str, at: int) -> Token:
    value = float(text)
    return Token("double", text, value if math.isfinite(value) else None, at)


def _whole(text: str, at: int) -> Token:
    unsigned = text[-1] in "uU"
    digits = text[:-1] if unsigned else text
    base = 16 if digits.startswith("0x") else 10
    digits = digits.removeprefix("0x").lstrip("0")
    number = int(digits or "0", base) if len(digits) < 40 else 1 << 64
    # 2^63 is let through for the minus sign that may stand before it; the parser checks.
    fits = number <= (2**64 - 1 if unsigned else 2**63)
    return Token("uint" if unsigned else "int", text, number if fits else None, at)


def _unrecognized(text: str, at: int) -> Refusal:
    return Refusal(f"Syntax error: token recognition error at: {text[at : at + 10]!r}", at)


def tokenize(text: str) -> list[Token]:
    """All tokens, with one of kind `end` as the last; Refusal for what is no token."""
    tokens: list[Token] = []
    at = 0
    while True:
        match = _NEXT.match(text, at)
        if match is None:
            space = _SPACE.match(text, at)
            raise _unrecognized(text, space.end() if space else at)
        kind = match.lastgroup
        assert kind is not None
        start, at = match.span(kind)
        found = match[kind]
        if kind == "op":
            tokens.append(Token("op", found, found, start))
        elif kind == "word":
            value, of = _CONSTANTS.get(found, (found, "op" if found == "in" else "word"))
            tokens.append(Token(of, found, value, start))
        elif kind == "whole":
            tokens.append(_whole(found, start))
        elif kind == "double":
            tokens.append(_double(found, start))
        elif kind == "quoted":
            tokens.append(Token("quoted word", found, found[1:-1], start))
        elif kind == "end":
            tokens.append(Token("end", "<EOF>", None, start))
            return tokens
        else:
            string = _string(text, start)
            if string is not None:
                token, at = string
            elif (word := _WORD.match(text, start)) is not None:
                # What looked like the prefix of a text is a name, and the text behind it has no end.
                token, at = Token("word", word[0], word[0], start), word.end()
            else:
                raise _unrecognized(text, start)
            tokens.append(token)
