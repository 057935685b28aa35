"""What expressions of admission policies may name: an object, the request about it, and what the policy adds."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import Final

from drakkar.cel import types
from drakkar.cel.environment.declarations import Environment
from drakkar.cel.types import DYN, STRING, TIMESTAMP, Type, list_of, map_of

# The types of a policy's variables, in their order.
Named = tuple[tuple[str, Type], ...]

_AUTHORIZATION: Final = "kubernetes.authorization"
_TEXTS: Final = map_of(STRING, STRING)
# As many bytes as a policy can have in all; of letters upstream takes as many.
_LONGEST: Final = 100_000


def _struct(name: str) -> Type:
    return Type("struct", f"kubernetes.{name}")


_VARIABLES: Final = _struct("variables")
_NAMESPACE: Final[Mapping[str, Mapping[str, Type]]] = {
    "kubernetes.Namespace": {
        "metadata": _struct("NamespaceMetadata"),
        "spec": _struct("NamespaceSpec"),
        "status": _struct("NamespaceStatus"),
    },
    "kubernetes.NamespaceMetadata": {
        **dict.fromkeys(("name", "generateName", "namespace", "UID", "resourceVersion"), STRING),
        **dict.fromkeys(("labels", "annotations"), _TEXTS),
        **dict.fromkeys(("creationTimestamp", "deletionTimestamp"), TIMESTAMP),
        **dict.fromkeys(("deletionGracePeriodSeconds", "generation"), types.INT),
        "finalizers": list_of(STRING),
    },
    "kubernetes.NamespaceSpec": {"finalizers": list_of(STRING)},
    "kubernetes.NamespaceStatus": {"conditions": list_of(_struct("NamespaceCondition")), "phase": STRING},
    "kubernetes.NamespaceCondition": {
        **dict.fromkeys(("status", "type", "message", "reason"), STRING),
        "lastTransitionTime": TIMESTAMP,
    },
}
_REQUEST: Final[Mapping[str, Mapping[str, Type]]] = {
    "kubernetes.AdmissionRequest": {
        **dict.fromkeys(("kind", "requestKind"), _struct("GroupVersionKind")),
        **dict.fromkeys(("resource", "requestResource"), _struct("GroupVersionResource")),
        **dict.fromkeys(("subResource", "requestSubResource", "name", "namespace", "operation"), STRING),
        "userInfo": _struct("UserInfo"),
        "dryRun": types.BOOL,
        "options": DYN,
    },
    "kubernetes.GroupVersionKind": dict.fromkeys(("group", "version", "kind"), STRING),
    "kubernetes.GroupVersionResource": dict.fromkeys(("group", "version", "resource"), STRING),
    "kubernetes.UserInfo": {
        **dict.fromkeys(("username", "uid"), STRING),
        "groups": list_of(STRING),
        "extra": map_of(STRING, list_of(STRING)),
    },
}


@functools.lru_cache(maxsize=1024)
def environment(params: bool, authorizer: bool, named: Named | None, patches: bool = False) -> Environment:
    """The environment of a policy with or without parameters, and of an expression that may or may not ask the authorizer.

    `named` are the variables that come before the expression; None says that there is nothing called `variables`.
    With `patches` it may say what is to be changed.
    """
    variables = {
        "object": DYN,
        "oldObject": DYN,
        "request": _struct("AdmissionRequest"),
        "namespaceObject": _struct("Namespace"),
    }
    if params:
        variables["params"] = DYN
    if authorizer:
        variables["authorizer"] = Type("struct", f"{_AUTHORIZATION}.Authorizer")
        variables["authorizer.requestResource"] = Type("struct", f"{_AUTHORIZATION}.ResourceCheck")
    structs = {**_NAMESPACE, **_REQUEST}
    if named is not None:
        variables["variables"] = _VARIABLES
        structs[_VARIABLES.name] = dict(named)
    return Environment({}, frozenset(), DYN, variables, structs, _LONGEST, False, patches=patches)


def kept(type_: Type | None) -> Type:
    """The type that a variable has for those who read it: what is no plain value, list or map of such is anything."""
    if type_ is None:
        return DYN
    if type_.kind in ("list", "map"):
        return Type(type_.kind, type_.name, tuple(map(kept, type_.params)))
    return type_ if type_.kind in _PLAIN else DYN


_PLAIN: Final = frozenset(
    ("any", "bool", "bytes", "double", "duration", "int", "null", "string", "timestamp", "uint")
)
