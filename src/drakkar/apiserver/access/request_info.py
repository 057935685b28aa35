"""What a request is about for those who judge it: a verb on a resource, or on a path, told by the URL alone.

It knows nothing of what is served, so that whoever may not ask does not learn it either.
"""

from __future__ import annotations

import re
from typing import Protocol

from drakkar.api.selectors import SelectorError, parse_field_selector
from drakkar.apiserver.access.policy_rule import Attributes

_VERBS = {
    "GET": "get",
    "HEAD": "get",
    "POST": "create",
    "PUT": "update",
    "PATCH": "patch",
    "DELETE": "delete",
}
_COLLECTION = {"delete": "deletecollection"}
# In front of a path that says by itself what is done there, whatever the method; kube-apiserver calls it deprecated.
WATCH = "watch"
_SPECIAL = ("proxy", WATCH)
_NAMESPACE_PARTS = ("status", "finalize")
_SELECTING = ("list", "watch", "deletecollection")
_NO_NAME = re.compile(r"\.\.?\Z|.*[/%]", re.DOTALL)


class UnclearPathError(Exception):
    """A path that says what is done, and not with what."""


class Parameters(Protocol):
    """A query's parameters, each of which may come more than once."""

    def get(self, name: str, default: str, /) -> str:
        """The value of a name."""

    def getlist(self, name: str, /) -> list[str]:
        """All its values."""


def is_true(query: Parameters, name: str) -> bool:
    """A boolean parameter: there, and no word for false; the empty text is true."""
    values = query.getlist(name)
    return bool(values) and values[0].lower() not in ("false", "0")


def pinned(selector: str) -> tuple[tuple[str, str], ...]:
    """The fields that a field selector pins down, with their values; none where it cannot be read."""
    try:
        found = parse_field_selector(selector)
    except SelectorError:
        return ()
    return tuple((term.path, term.value) for term in found.requirements if term.equal)


def version_of(path: str) -> str:
    """The version of the resource that a path is about; empty where it is about none."""
    parts = path.strip("/").split("/")
    match parts:
        case ["api", version, _, *_]:
            return version
        case ["apis", _, version, _, *_]:
            return version
    return ""


def attributes(method: str, path: str, query: Parameters) -> Attributes:
    """The question that a request puts to the authorizers; UnclearPathError."""
    parts = path.strip("/").split("/")
    apart = Attributes(method.lower(), path=path)
    if len(parts) < 3 or parts[0] not in ("api", "apis"):
        return apart
    group = ""
    if parts[0] == "apis":
        if len(parts) < 4:
            return apart
        group, parts = parts[1], parts[1:]
    parts = parts[2:]
    verb = _VERBS.get(method, "")
    special = parts[0] in _SPECIAL
    if special:
        if len(parts) < 2:
            raise UnclearPathError
        verb, parts = parts[0], parts[1:]
    namespace = ""
    if parts[0] == "namespaces" and len(parts) > 1:
        namespace = parts[1]
        if len(parts) > 2 and parts[2] not in _NAMESPACE_PARTS:
            parts = parts[2:]
    resource, name, sub = [*parts, "", ""][:3]
    if verb == "proxy":
        sub = ""
    fields = () if special else pinned(query.get("fieldSelector", ""))
    if not name and verb == "get":
        verb = "watch" if is_true(query, "watch") else "list"
        names = {value for field, value in fields if field == "metadata.name"}
        if len(names) == 1 and not _NO_NAME.match(min(names)):
            name = min(names)
    if not name and verb in _COLLECTION:
        verb = _COLLECTION[verb]
    return Attributes(verb, group, resource, sub, namespace, name, "", fields if verb in _SELECTING else ())
