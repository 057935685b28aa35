"""Reads one YAML document as kube-apiserver reads it: the words of sigs.k8s.io/yaml, with anchors and merges followed only
as far as the size of the document allows."""

from __future__ import annotations

import base64
import binascii
import codecs
import decimal
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final, NamedTuple

import yaml

from drakkar.apiserver.wire import nesting

_Loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# What the aliases of a document may stand for, together: so many bytes, and so many times the document.
_ALIASED = 64 * 1024
_ALIASED_TIMES = 8
# What a value costs besides its letters: a comma, quotes.
_EACH = 4
# Keys that are given twice and told of, and letters of each.
_MOST_TWICE = 20
_LONGEST_KEY = 200
_WORDS: dict[str, Any] = {
    **dict.fromkeys(("y", "Y", "yes", "Yes", "YES", "true", "True", "TRUE", "on", "On", "ON"), True),
    **dict.fromkeys(("n", "N", "no", "No", "NO", "false", "False", "FALSE", "off", "Off", "OFF"), False),
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
}
_NO_JSON = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_INTEGER = re.compile(r"[-+]?(?:0[bB][01]+|0[oO]?[0-7]+|0[xX][0-9a-fA-F]+|[1-9][0-9]*|0)")
# The parser compares each of them with all others, and copies its text for each tag that it is used in.
_TAG_DIRECTIVE = re.compile(rb"(?:\A|[\r\n]|\xc2\x85|\xe2\x80[\xa8\xa9])(?:\xef\xbb\xbf)?%TAG")
# An integer of 64 bits is not longer than this, whatever its base.
_LONGEST_INTEGER = 67
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NUMBER_STARTS = frozenset("+-.0123456789")
_LEAST, _MOST, _MOST_SIGNED = -(2**63), 2**64 - 1, 2**63 - 1
# From here on JSON writes a float with an exponent.
_EXPONENT = 1e21
_TAG = "tag:yaml.org,2002:"
_MERGE: Final = object()
# What a scalar with one of these tags must be; what has any other tag is text.
_FITS: dict[str, tuple[type, ...]] = {
    "bool": (bool,),
    "int": (int,),
    "float": (int, float),
    "null": (type(None),),
}


class YamlError(ValueError):
    """The document is not YAML, or no JSON can be made of it."""


class YamlSizeError(YamlError):
    """The document holds too many lists and objects."""


@dataclass(slots=True)
class _Size:
    """How much a finished value is: about its bytes as JSON, its lists and objects, and how deep they are nested."""

    letters: int
    parts: int = 0
    depth: int = 0


_Anchors = dict[str, "tuple[Any, _Size] | None"]


class _Open:
    """A list or an object of which more is to come."""

    __slots__ = ("anchor", "key", "merged", "merges", "size", "value")

    def __init__(self, value: Any, anchor: str | None) -> None:
        self.value = value
        self.anchor = anchor
        self.key: Any = None
        # What is merged may be said otherwise, which is not twice.
        self.merged = False
        self.merges = False
        self.size = _Size(_EACH, 1, 1)

    def grow(self, size: _Size) -> None:
        self.size.letters += size.letters
        self.size.parts += size.parts
        self.size.depth = max(self.size.depth, size.depth + 1)


class Loaded(NamedTuple):
    """The value of a document, every part of it a value of its own, about how many bytes it is as JSON, and the keys that were
    given twice: each with its line, the first of them in upstream's words."""

    value: Any
    size: int
    twice: list[str]


def load(raw: bytes, largest: int) -> Loaded:
    """The first document; raises YamlError.

    The work is linear in the bytes of `raw`; a document whose aliases stand for more than `largest` is refused.
    """
    if raw.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raw = raw.decode("utf-16", "replace").encode()
    if _TAG_DIRECTIVE.search(raw):
        raise YamlError("yaml: %TAG directives are not supported")
    loader = _Loader(raw)
    try:
        return _Document(loader.get_event, min(largest, _ALIASED + _ALIASED_TIMES * len(raw))).value()
    except (yaml.YAMLError, UnicodeError) as failure:
        raise YamlError(f"yaml: {failure}") from None
    finally:
        loader.dispose()


class _Document:
    """Builds a value from the events of a parser, without recursion."""

    def __init__(self, event: Callable[[], Any], most_aliased: int) -> None:
        self._event = event
        self._anchors: _Anchors = {}
        self._left = most_aliased
        self._parts = nesting.MOST
        self._open: list[_Open] = []
        self._line = 0
        self._twice: list[str] = []

    def value(self) -> Loaded:
        """What the parser's events say."""
        while True:
            event = self._event()
            if event is None or isinstance(event, yaml.StreamEndEvent):
                return Loaded(None, 0, [])
            if isinstance(event, yaml.StreamStartEvent | yaml.DocumentStartEvent):
                continue
            finished = self._finished(event)
            if finished is None:
                continue
            if not self._open:
                value, size = finished
                return Loaded(value, size.letters, self._twice)
            self._add(*finished)

    def _finished(self, event: Any) -> tuple[Any, _Size] | None:
        """The value that an event finishes."""
        if isinstance(event, yaml.ScalarEvent):
            key = bool(self._open) and isinstance(self._open[-1].value, dict) and self._open[-1].key is None
            value = _scalar(event, key)
            letters = len(event.value) if event.value.isascii() else len(event.value.encode())
            size = _Size(letters + _EACH)
            if key and event.start_mark is not None:
                self._line = event.start_mark.line + 1
            if event.anchor:
                self._anchors[event.anchor] = (event.value if value is _MERGE else value, size)
            return value, size
        if isinstance(event, yaml.AliasEvent):
            return self._aliased(event.anchor or "")
        if isinstance(event, yaml.SequenceStartEvent | yaml.MappingStartEvent):
            self._begin([] if isinstance(event, yaml.SequenceStartEvent) else {}, event.anchor)
            return None
        closed = self._open.pop()
        if closed.anchor:
            self._anchors[closed.anchor] = (closed.value, closed.size)
        return closed.value, closed.size

    def _begin(self, value: Any, anchor: str | None) -> None:
        self._parts -= 1
        if self._parts < 0:
            raise YamlSizeError
        self._open.append(_Open(value, anchor))
        self._check_depth(0)
        if anchor:
            self._anchors[anchor] = None

    def _check_depth(self, below: int) -> None:
        if len(self._open) + below > nesting.DEEPEST + 1:
            raise YamlError(f"the body is nested deeper than {nesting.DEEPEST} levels")

    def _aliased(self, anchor: str) -> tuple[Any, _Size]:
        if anchor not in self._anchors:
            raise YamlError(f"yaml: unknown anchor '{anchor}' referenced")
        found = self._anchors[anchor]
        if found is None:
            raise YamlError(f"yaml: anchor '{anchor}' value contains itself")
        value, size = found
        self._left -= size.letters
        if self._left < 0:
            raise YamlError("yaml: document contains excessive aliasing")
        self._parts -= size.parts
        if self._parts < 0:
            raise YamlSizeError
        self._check_depth(size.depth)
        return _copied(value), size

    def _add(self, value: Any, size: _Size) -> None:
        """Put a finished value where it belongs."""
        into = self._open[-1]
        into.grow(size)
        if isinstance(into.value, list):
            into.value.append(value)
        elif into.key is None and not into.merges:
            into.merges = value is _MERGE
            into.key = None if into.merges else _key(value)
            if into.key in into.value and not into.merged and len(self._twice) < _MOST_TWICE:
                self._twice.append(f'line {self._line}: key "{into.key[:_LONGEST_KEY]}" already set in map')
        elif into.merges:
            into.merges, into.merged = False, True
            for one in _to_merge(value):
                into.value.update(one)
        else:
            into.value[into.key] = value
            into.key = None


def _copied(value: Any) -> Any:
    # Whoever changes one of them later must not change the others. Nested no deeper than a body may be.
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    if isinstance(value, list):
        return [_copied(one) for one in value]
    return value


def _to_merge(value: Any) -> list[dict[str, Any]]:
    several = value[::-1] if isinstance(value, list) else [value]
    if not all(isinstance(one, dict) for one in several):
        raise YamlError("yaml: map merge requires map or sequence of maps as the value")
    return several


def _key(value: Any) -> str:
    if isinstance(value, str):
        return value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int) and value > _MOST_SIGNED:
        raise YamlError(f"unsupported map key of type: uint64, key: {value}")
    if isinstance(value, int | float):
        return str(value)
    raise YamlError("unsupported map key of type: %!s(<nil>)" if value is None else "yaml: invalid map key")


def _scalar(event: Any, key: bool) -> Any:
    text: str = event.value
    plain, _ = event.implicit
    if event.tag is None or event.tag == "!":
        if not plain or event.tag == "!":
            return text
        return _MERGE if key and text == "<<" else _resolved(text)
    short = event.tag.removeprefix(_TAG)
    if key and short == "merge" and text == "<<":
        return _MERGE
    if short == "binary":
        try:
            return base64.b64decode("".join(text.split()), validate=True).decode(errors="replace")
        except (binascii.Error, ValueError):
            raise YamlError("yaml: !!binary value contains invalid base64 data") from None
    if short not in _FITS:
        return text
    value = _resolved(text)
    if type(value) not in _FITS[short]:
        raise YamlError(f"yaml: cannot decode `{text[:100]}` as a !!{short}")
    return value


def _resolved(text: str) -> Any:
    """What a plain scalar means; all that is no word and no number is text, dates and times of day too."""
    if text in _WORDS:
        return _WORDS[text]
    if text[0] not in _NUMBER_STARTS:
        return text
    if text[0] == ".":
        return _float(text, text)
    plain = text.replace("_", "")
    if len(plain) <= _LONGEST_INTEGER and _INTEGER.fullmatch(plain):
        number = _integer(plain)
        if _LEAST <= number <= (_MOST if plain[0] != "+" else _MOST_SIGNED):
            return number
    return _float(plain, text)


def _integer(plain: str) -> int:
    digits = plain.lstrip("+-")
    octal = digits[0] == "0" and digits[1:].isdecimal()
    number = int(digits, 8 if octal else 0)
    return -number if plain[0] == "-" else number


def _float(plain: str, text: str) -> Any:
    if _NO_JSON.fullmatch(text):
        raise YamlError(f"json: unsupported value: {text}")
    if not _FLOAT.fullmatch(plain):
        return text
    number = float(plain)
    if number in (float("inf"), float("-inf")):
        return text
    if not number.is_integer() or abs(number) >= _EXPONENT:
        return number
    # JSON knows no difference between 1 and 1.0, and Go writes as many digits as tell a float from all others.
    return int(decimal.Decimal(repr(number)))
