"""Cuts the text of an expression into tokens and decodes its literals."""

from __future__ import annotations

import math
import re
from typing import Final

from drakkar.cel.outcome import Refusal

_ESCAPES: Final = (
    r"""\\(?:[abfnrtv"'\\?`]|[xX][0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-3][0-7]{2})"""
)
# The three-fold forms, which may run over lines, are tried before the others, of which they seem to be two.
_TEXT: Final = rf"""[bB]?(?:
    [rR](?:'''(?s:.*?)'''|\"\"\"(?s:.*?)\"\"\"|'[^'\n\r]*'|"[^"\n\r]*")
    |'''(?:{_ESCAPES}|[^\\])*?'''|\"\"\"(?:{_ESCAPES}|[^\\])*?\"\"\"
    |'(?:{_ESCAPES}|[^\\'\n\r])*'|"(?:{_ESCAPES}|[^\\"\n\r])*"
)"""
_SPACE: Final = r"(?:[\t\n\f\r\ ]+|//[^\n]*)+"
_DOUBLE: Final = r"[0-9]+\.[0-9]+(?:[eE][+-]?[0-9]+)?|[0-9]+[eE][+-]?[0-9]+|\.[0-9]+(?:[eE][+-]?[0-9]+)?"
_WHOLE: Final = r"(?:0x[0-9a-fA-F]+|[0-9]+)[uU]?"
_WORD: Final = r"[A-Za-z_][A-Za-z0-9_]*"
_QUOTED: Final = r"`[A-Za-z0-9_.\-/\ ]+`"
# An expression as its pieces, one after the other; the last form is a character that nothing may begin with.
_PIECES: Final = re.compile(
    rf"""{_SPACE}|&&|\|\||==|!=|<=|>=|[-+*%!<>?:,()\[\]{{}}]|{_DOUBLE}|{_WHOLE}|{_TEXT}|{_WORD}|{_QUOTED}|(?s:.)""",
    re.VERBOSE,
)
_ESCAPE: Final = re.compile(
    r"\\(?:[xX]([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8})|([0-3][0-7]{2})|(.))", re.DOTALL
)
_SIMPLE: Final = {"a": "\a", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_OPERATORS: Final = ("&&", "||", "==", "!=", "<=", ">=", "in", *"-+*/%!<>?:.,()[]{}")
_Meaning = tuple[str, object]
_SKIPPED: Final[_Meaning] = ("space", None)
# What always means the same.
_FIXED: Final[dict[str, _Meaning]] = {
    **{operator: (operator, None) for operator in _OPERATORS},
    " ": _SKIPPED,
    "true": ("bool", True),
    "false": ("bool", False),
    "null": ("null", None),
}


class Tokens:
    """The tokens of an expression, by their places in it; the last one is of kind `end`.

    A kind is word, quoted word, end, the type of a literal, or the operator itself. Values are decoded; that of a number
    too large is None.
    """

    __slots__ = ("kinds", "starts", "texts", "values")

    def __init__(self) -> None:
        self.kinds: list[str] = []
        self.texts: list[str] = []
        self.values: list[object] = []
        self.starts: list[int] = []


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


def _text(piece: str, at: int) -> _Meaning:
    prefix = piece[: 2 - len(piece[:2].lstrip("bBrR"))].lower()
    quoted = piece[len(prefix) :]
    quotes = 3 if quoted[:3] in ("'''", '"""') else 1
    body = quoted[quotes:-quotes].replace("\r\n", "\n").replace("\r", "\n")
    is_bytes = "b" in prefix
    kind = "bytes" if is_bytes else "string"
    if "r" not in prefix and "\\" in body:
        return kind, _decode(body, is_bytes, at)
    return kind, body.encode() if is_bytes else body


def _number(text: str) -> _Meaning:
    if not text.startswith("0x") and not text.isdigit() and any(mark in text for mark in ".eE"):
        value = float(text)
        return "double", value if math.isfinite(value) else None
    unsigned = text[-1] in "uU"
    digits = text[:-1] if unsigned else text
    base = 16 if digits.startswith("0x") else 10
    digits = digits.removeprefix("0x").lstrip("0")
    number = int(digits or "0", base) if len(digits) < 40 else 1 << 64
    # 2^63 is let through for the minus sign that may stand before it; the parser checks.
    fits = number <= (2**64 - 1 if unsigned else 2**63)
    return "uint" if unsigned else "int", number if fits else None


def _meaning(piece: str, at: int, expression: str) -> _Meaning:
    """Kind and value of a piece, by how it begins and ends; Refusal for what is no token."""
    first = piece[0]
    if first in "\t\n\f\r /":
        return _SKIPPED
    if piece[-1] in "'\"" and len(piece) > 1:
        return _text(piece, at)
    if first in ".0123456789":
        return _number(piece)
    if first == "`" and len(piece) > 1:
        return "quoted word", piece[1:-1]
    if first.isascii() and (first.isalpha() or first == "_"):
        return "word", piece
    raise Refusal(f"Syntax error: token recognition error at: {expression[at : at + 10]!r}", at)


def tokenize(expression: str) -> Tokens:
    """All tokens of an expression; Refusal for what is no token."""
    tokens = Tokens()
    kinds, texts, values, starts = tokens.kinds, tokens.texts, tokens.values, tokens.starts
    # The same piece means the same wherever it stands.
    known = dict(_FIXED)
    at = 0
    for piece in _PIECES.findall(expression):
        meaning = known.get(piece)
        if meaning is None:
            meaning = known[piece] = _meaning(piece, at, expression)
        if meaning is not _SKIPPED:
            kinds.append(meaning[0])
            texts.append(piece)
            values.append(meaning[1])
            starts.append(at)
        at += len(piece)
    kinds.append("end")
    texts.append("<EOF>")
    values.append(None)
    starts.append(at)
    return tokens
