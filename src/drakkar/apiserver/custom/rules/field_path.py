"""The `fieldPath` of a rule: which field below its place it is about."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from drakkar.apiserver.custom.schema import Schema

_TOKENS: Final = re.compile(r"'(?:\\.|[^'\\])*'|[.\[\]]|[^.\[\]']+[^.\[\]]*|'.*", re.DOTALL)
_ESCAPES: Final = dict(zip("abfnrtv'\\", "\a\b\f\n\r\t\v'\\", strict=True))


class _NoPathError(Exception):
    """The text is no path, or leads nowhere."""


def field_path(text: str, schema: Schema) -> str | None:
    """The path as causes have it; None for what is none in this schema."""
    try:
        return "".join(_steps(iter(_TOKENS.findall(text)), schema)).removeprefix(".")
    except _NoPathError:
        return None


def _steps(tokens: Iterator[str], schema: Schema) -> Iterator[str]:
    for token in tokens:
        if token == ".":
            name = next(tokens, None)
        elif token == "[":
            name = _quoted(next(tokens, None))
        else:
            raise _NoPathError
        if name is None:
            raise _NoPathError
        if schema.properties:
            following = schema.properties.get(name)
            yield f".{name}"
        else:
            following = schema.values
            yield f"[{name}]"
        if following is None or (token == "[" and next(tokens, None) != "]"):
            raise _NoPathError
        schema = following


def _quoted(token: str | None) -> str:
    if token is None or len(token) < 2 or token[0] != "'" or token[-1] != "'":
        raise _NoPathError

    def meant(found: re.Match[str]) -> str:
        if found[1] not in _ESCAPES:
            raise _NoPathError
        return _ESCAPES[found[1]]

    return re.sub(r"\\(.)", meant, token[1:-1], flags=re.DOTALL)
