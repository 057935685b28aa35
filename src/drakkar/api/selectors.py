"""Label selectors, as text and as objects, and field selectors."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from drakkar.api.core import LabelSelector as Written
from drakkar.api.integers import int64_of
from drakkar.api.names import is_key, is_subdomain
from drakkar.api.resource import DecodeError, decode

_TOKEN: Final = re.compile(r"[ \t\r\n]*(==|!=|[=!<>(),]|[^ \t\r\n=!<>(),]+|\Z)")
_SIGNS: Final = {"gt": ">", "lt": "<"}
_OBJECT_OPERATORS: Final = {"In": "in", "NotIn": "notin", "Exists": "exists", "DoesNotExist": "!"}


class SelectorError(ValueError):
    """The text or the object is not a selector."""


class LabelRequirement(NamedTuple):
    """One comparison; the operator is one of in, =, ==, notin, !=, exists, !, gt, lt. Some mean the same and differ as text."""

    key: str
    operator: str
    values: frozenset[str] = frozenset()

    def matches(self, labels: Mapping[str, str]) -> bool:
        """Whether the labels satisfy this one requirement; a missing label satisfies notin and !."""
        value = labels.get(self.key)
        match self.operator:
            case "in" | "=" | "==":
                return value is not None and value in self.values
            case "notin" | "!=":
                return value is None or value not in self.values
            case "exists":
                return value is not None
            case "!":
                return value is None
        (text,) = self.values
        number, bound = None if value is None else int64_of(value), int64_of(text)
        if number is None or bound is None:
            return False
        return number > bound if self.operator == "gt" else number < bound

    def text(self) -> str:
        """As labels.Requirement.String has it: several values in order."""
        values = ",".join(sorted(self.values))
        match self.operator:
            case "exists":
                return self.key
            case "!":
                return f"!{self.key}"
            case "in" | "notin":
                return f"{self.key} {self.operator} ({values})"
        return f"{self.key}{_SIGNS.get(self.operator, self.operator)}{values}"


class LabelSelector(NamedTuple):
    """Requirements that must all hold; without any, everything matches."""

    requirements: tuple[LabelRequirement, ...] = ()

    def matches(self, labels: Mapping[str, str] | None) -> bool:
        """Whether the labels of an object satisfy every requirement."""
        found = labels or {}
        return all(requirement.matches(found) for requirement in self.requirements)

    def text(self) -> str:
        """As labels.Selector.String has it, which scales and tables show: by key; empty where everything matches."""
        return ",".join(one.text() for one in sorted(self.requirements, key=lambda one: one.key))


class FieldRequirement(NamedTuple):
    """A field's path, the value it is compared with, and whether it must equal it or differ."""

    path: str
    value: str
    equal: bool


class FieldSelector(NamedTuple):
    """Comparisons that must all hold."""

    requirements: tuple[FieldRequirement, ...] = ()

    def matches(self, fields: Mapping[str, str]) -> bool:
        """Whether the fields (path to text) satisfy every requirement; a missing field is the empty text."""
        return all((fields.get(r.path, "") == r.value) is r.equal for r in self.requirements)


def _requirement(key: str, operator: str, values: frozenset[str] = frozenset()) -> LabelRequirement:
    prefix, slash, name = key.rpartition("/")
    if not is_key(name) or (slash and not is_subdomain(prefix)):
        raise SelectorError(f"{key!r} is not a label key")
    for value in values:
        if operator in ("gt", "lt") and int64_of(value) is None:
            raise SelectorError(f"{key}: {value!r} is not an integer")
        if value and not is_key(value):
            raise SelectorError(f"{key}: {value!r} is not a label value")
    return LabelRequirement(key, operator, values)


class _Tokens:
    def __init__(self, text: str) -> None:
        self._tokens = list(self._split(text))
        self._at = 0

    @staticmethod
    def _split(text: str) -> Iterator[str]:
        # Every character is either white space or part of a token, so the pattern matches everywhere.
        at = 0
        while match := _TOKEN.match(text, at):
            yield match[1]
            if not match[1]:
                return
            at = match.end()

    @property
    def next(self) -> str:
        return self._tokens[self._at]

    def take(self) -> str:
        token = self._tokens[self._at]
        if token:
            self._at += 1
        return token

    def word(self, what: str) -> str:
        token = self.take()
        if not token or token[0] in "=!<>(),":
            raise SelectorError(f"found {token!r}, expected {what}")
        return token

    def value(self) -> str:
        # Nothing before the next comma, bracket or the end is the empty value.
        return "" if self.next in ("", ",", ")") else self.word("a value")


def _parse_set(tokens: _Tokens) -> frozenset[str]:
    if (token := tokens.take()) != "(":
        raise SelectorError(f"found {token!r}, expected '('")
    values = {tokens.value()}
    while (token := tokens.take()) == ",":
        values.add(tokens.value())
    if token != ")":
        raise SelectorError(f"found {token!r}, expected ',' or ')'")
    return frozenset(values)


def _parse_requirement(tokens: _Tokens) -> LabelRequirement:
    if tokens.next == "!":
        tokens.take()
        return _requirement(tokens.word("a label key"), "!")
    key = tokens.word("a label key")
    if tokens.next in ("", ","):
        return _requirement(key, "exists")
    match operator := tokens.take():
        case "=" | "==" | "!=":
            return _requirement(key, operator, frozenset((tokens.value(),)))
        case "in" | "notin":
            return _requirement(key, operator, _parse_set(tokens))
        case ">" | "<":
            return _requirement(
                key, "gt" if operator == ">" else "lt", frozenset((tokens.word("an integer"),))
            )
    raise SelectorError(f"found {operator!r}, expected one of: in, notin, =, ==, !=, >, <")


def parse_label_selector(text: str) -> LabelSelector:
    """Read a selector such as ``app=x,tier in (a,b),!old``; empty text selects everything; SelectorError."""
    tokens = _Tokens(text)
    if not tokens.next:
        return LabelSelector()
    found = [_parse_requirement(tokens)]
    while (token := tokens.take()) == ",":
        found.append(_parse_requirement(tokens))
    if token:
        raise SelectorError(f"found {token!r}, expected ',' or the end")
    return LabelSelector(tuple(found))


def label_selector_of(selector: Written) -> LabelSelector:
    """The selector of an object's matchLabels and matchExpressions; SelectorError."""
    found = [_requirement(key, "=", frozenset((value,))) for key, value in selector.match_labels.items()]
    for entry in selector.match_expressions:
        if entry.operator not in _OBJECT_OPERATORS:
            raise SelectorError(f"{entry.key}: {entry.operator!r} is not a valid label selector operator")
        if bool(entry.values) is not (entry.operator in ("In", "NotIn")):
            wants = "no values" if entry.values else "at least one value"
            raise SelectorError(f"{entry.key}: {entry.operator} takes {wants}")
        operator = _OBJECT_OPERATORS[entry.operator]
        found.append(_requirement(entry.key, operator, frozenset(entry.values)))
    return LabelSelector(tuple(found))


def label_selector(selector: Mapping[str, Any] | None) -> LabelSelector | None:
    """The selector of a plain object; None, which selects nothing, stays None. SelectorError."""
    if selector is None:
        return None
    try:
        return label_selector_of(decode(Written, selector))
    except DecodeError as error:
        raise SelectorError(str(error)) from None


def match_labels(selector: Mapping[str, Any] | None, labels: Mapping[str, str] | None) -> bool:
    """Whether a selector object selects these labels: None selects nothing, an empty one everything."""
    parsed = label_selector(selector)
    return parsed is not None and parsed.matches(labels)


def _split_fields(text: str) -> Iterator[str]:
    start = at = 0
    while at < len(text):
        if text[at] == "\\":
            at += 1
        elif text[at] == ",":
            yield text[start:at]
            start = at + 1
        at += 1
    yield text[start:]


def _unescape(value: str) -> str:
    out: list[str] = []
    characters = iter(value)
    for character in characters:
        if character == "\\":
            character = next(characters, "")
            if character not in ("\\", ",", "="):
                raise SelectorError(
                    f"invalid field selector: {value!r} has an escape of neither '\\', ',' nor '='"
                )
        elif character in ",=":
            raise SelectorError(f"invalid field selector: {value!r} has an unescaped {character!r}")
        out.append(character)
    return "".join(out)


def parse_field_selector(text: str) -> FieldSelector:
    r"""Read ``path=value,path!=value`` (``==`` too; ``\`` escapes ``,``, ``=`` and itself); SelectorError."""
    found: list[FieldRequirement] = []
    for part in _split_fields(text):
        if not part:
            continue
        match = re.match(r"([^=!\\]*)(!=|==|=)", part)
        if match is None:
            raise SelectorError(f"invalid field selector: {part!r}")
        found.append(FieldRequirement(match[1], _unescape(part[match.end() :]), match[2] != "!="))
    return FieldSelector(tuple(found))
