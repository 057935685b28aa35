"""References to requests: `name`, or `name/alternative` (dra-semantics 1.5.7)."""

from __future__ import annotations

from collections.abc import Iterable

from drakkar.api.object import Object
from drakkar.validation import names
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text, unique, within

_MOST = 32
_UNKNOWN = (
    "must be the name of a request in the claim or the name of a request and a subrequest separated by '/'"
)


def request_names(spec: Object) -> frozenset[str]:
    """All that a claim's requests and their alternatives can be called by."""
    # Of requests of the same name, which is not legal, the last counts.
    alternatives = {
        text(request, "name"): items(request, "firstAvailable")
        for request in items(spec.get("devices") or {}, "requests")
        # A name with a slash, which is not legal either, would be taken for one of an alternative.
        if "/" not in text(request, "name")
    }
    parts = {f"{name}/{text(one, 'name')}" for name, ones in alternatives.items() for one in ones}
    return frozenset(alternatives) | parts


def reference(found: Findings, path: str, name: str, known: Iterable[str]) -> None:
    """One reference."""
    parts = name.split("/")
    if len(parts) > 2:
        found.invalid(path, name, _UNKNOWN)
        return
    for part in parts:
        names.label(found, path, part)
    if name not in known:
        found.invalid(path, name, _UNKNOWN)


def references(found: Findings, path: str, given: list[str], known: Iterable[str]) -> None:
    """A list of references, each only once."""
    if within(found, path, given, _MOST):
        for at, name in enumerate(given):
            reference(found, f"{path}[{at}]", name, known)
        unique(found, path, given, str)
