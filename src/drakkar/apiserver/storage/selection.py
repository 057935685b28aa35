"""Which objects a list, watch or collection is about: label and field selectors as tests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from drakkar.api.object import Object
from drakkar.api.selectors import SelectorError, parse_field_selector, parse_label_selector
from drakkar.apiserver import errors
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import selectable

Match = Callable[[Object], bool]

_LONGEST_FIELDS = 4096
_MOST_REQUIREMENTS = 200
_EVERYWHERE = selectable("metadata.name", "metadata.namespace")


def everything(obj: Object) -> bool:
    """The test that every object passes."""
    return True


def _value(obj: Object, path: list[str]) -> str | None:
    found: Any = obj
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    if isinstance(found, bool):
        return "true" if found else "false"
    return None if found is None else str(found)


def _terms(selector: str) -> list[tuple[str, bool, str]]:
    if len(selector) > _LONGEST_FIELDS:
        raise errors.bad_request(f"invalid field selector: it is longer than {_LONGEST_FIELDS} letters")
    try:
        return [(term.path, term.equal, term.value) for term in parse_field_selector(selector).requirements]
    except SelectorError as failure:
        raise errors.bad_request(f"invalid field selector: {failure}") from None


def _unknown(kind: Kind, field: str) -> errors.StatusError:
    if kind.form is not None:
        return errors.bad_request(f"field label not supported: {field}")
    if not kind.strategy.fields:
        known = ", ".join(f'"{name}"' for name in _EVERYWHERE)
        return errors.bad_request(f'"{field}" is not a known field selector: only {known}')
    if kind.group == "certificates.k8s.io":
        return errors.bad_request(f"field label not supported: {field}")
    if kind.group == "batch":
        return errors.bad_request(f'field label "{field}" not supported for {kind.kind}')
    where = f" for {kind.api_version}, Kind={kind.kind}" if kind.group else ""
    return errors.bad_request(f"field label not supported{where}: {field}")


def field_matcher(kind: Kind, selector: str) -> Match:
    """A test for a field selector; raises StatusError 400 for a field that the kind cannot be selected by."""
    renamed = kind.converter.fields if kind.converter is not None else {}
    terms: list[tuple[list[str], str, bool, str]] = []
    for field, equal, value in _terms(selector):
        for theirs, ours in renamed.items():
            field = ours + field.removeprefix(theirs) if field.startswith(theirs) else field
        path, absent = _EVERYWHERE.get(field) or kind.strategy.fields.get(field) or (None, "")
        if path is None:
            raise _unknown(kind, field)
        terms.append((path.split("."), absent, equal, value))
    if not terms:
        return everything

    def matches(obj: Object) -> bool:
        for path, absent, equal, value in terms:
            found = _value(obj, path)
            if ((absent if found is None else found) == value) is not equal:
                return False
        return True

    return matches


def label_matcher(selector: str) -> Match:
    """A test for a label selector; raises StatusError 400."""
    if not selector.strip():
        return everything
    try:
        wanted = parse_label_selector(selector)
    except SelectorError as failure:
        raise errors.bad_request(f"unable to parse requirement: {failure}") from None
    if len(wanted.requirements) > _MOST_REQUIREMENTS:
        # Each of them is asked of each object; a value among many is one requirement.
        raise errors.bad_request(f"a label selector may have {_MOST_REQUIREMENTS} requirements at most")

    def matches(obj: Object) -> bool:
        return wanted.matches(obj["metadata"].get("labels") or {})

    return matches


def effort(labels: str, fields: str) -> int:
    """How much work it is to ask both selectors of one object, in the units of `beside`."""
    return (labels.count(",") + fields.count(",")) // 2


def matcher(kind: Kind, labels: str, fields: str) -> Match:
    """Both selectors as one test."""
    by_label, by_field = label_matcher(labels), field_matcher(kind, fields)
    if by_label is everything:
        return by_field
    if by_field is everything:
        return by_label
    return lambda obj: by_label(obj) and by_field(obj)
