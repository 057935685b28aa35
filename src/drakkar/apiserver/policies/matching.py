"""Whether a request is one that a policy or a binding is about."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from drakkar.api.object import Object
from drakkar.api.selectors import LabelSelector, SelectorError, label_selector
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.errors import ConfigurationError
from drakkar.apiserver.policies.request import CREATE, UPDATE, AdmissionRequest
from drakkar.apiserver.storage.store import Store


class Matching:
    """One MatchResources, whose selectors are read once."""

    def __init__(self, given: Object) -> None:
        self._rules: list[Object] = given.get("resourceRules") or []
        self._excluded: list[Object] = given.get("excludeResourceRules") or []
        self._equivalent = given.get("matchPolicy") == "Equivalent"
        self._failure = ""
        self._namespaces = self._selector(given.get("namespaceSelector"))
        self._objects = self._selector(given.get("objectSelector"))

    def _selector(self, given: Object | None) -> LabelSelector | None:
        """The selector; None for one that selects all, or that cannot be read."""
        try:
            return label_selector(given) if given else None
        except SelectorError as error:
            self._failure = str(error)
            return None

    def concerns(self, request: AdmissionRequest, kinds: Registry) -> bool:
        """Whether its rules may match a request that is about such a resource, whatever the object is."""
        return not self._rules or any(
            _about(rule, request, kind)
            for rule in self._rules
            for kind in (request.kind, *self._others(request, kinds))
        )

    def match(self, request: AdmissionRequest, store: Store, kinds: Registry) -> Kind | None:
        """The version of the resource by which it matches; None where it does not, ConfigurationError if that cannot be told."""
        failure = ConfigurationError(self._failure) if self._failure else None
        try:
            if not self._in_namespace(request, store):
                return None
        except ConfigurationError as error:
            # It is only told of a request that matches otherwise.
            failure = error
        if not self._selected(request):
            return None
        if self._ruled(self._excluded, request, kinds) is not None:
            return None
        found = self._ruled(self._rules, request, kinds) if self._rules else request.kind
        if found is not None and failure is not None:
            raise failure
        return found

    def _in_namespace(self, request: AdmissionRequest, store: Store) -> bool:
        if self._namespaces is None or (not request.home and not request.is_namespace):
            return True
        if request.is_namespace and not request.subresource and request.operation in (CREATE, UPDATE):
            return self._namespaces.matches(_labels(request.new))
        home = store.get(("/namespaces", "", request.home))
        if home is None:
            raise ConfigurationError(f'namespaces "{request.home}" not found')
        return self._namespaces.matches(_labels(home))

    def _selected(self, request: AdmissionRequest) -> bool:
        if self._objects is None:
            return True
        found = [obj for obj in (request.new, request.old) if obj is not None and "metadata" in obj]
        return any(self._objects.matches(_labels(obj)) for obj in found)

    def _others(self, request: AdmissionRequest, kinds: Registry) -> Iterable[Kind]:
        if not self._equivalent:
            return ()
        return [
            kind
            for kind in kinds
            if kind.resource == request.kind.resource
            and kind is not request.kind
            and (not request.subresource or kind.subresource(request.subresource))
        ]

    def _ruled(self, rules: list[Object], request: AdmissionRequest, kinds: Registry) -> Kind | None:
        if not rules:
            return None
        for rule in rules:
            if _about(rule, request, request.kind) and _names(rule, request):
                return request.kind
        for rule in rules:
            for kind in self._others(request, kinds):
                if _about(rule, request, kind) and _names(rule, request):
                    return kind
        return None


def _labels(obj: Object | None) -> Mapping[str, str]:
    return ((obj or {}).get("metadata") or {}).get("labels") or {}


def _has(given: Any, wanted: str) -> bool:
    return "*" in (given or ()) or wanted in (given or ())


def _names(rule: Object, request: AdmissionRequest) -> bool:
    names = rule.get("resourceNames")
    return not names or request.name in names


def _about(rule: Object, request: AdmissionRequest, kind: Kind) -> bool:
    scope = rule.get("scope", "*")
    if scope != "*" and (scope == "Namespaced") is not kind.namespaced:
        return False
    return (
        _has(rule.get("operations"), request.operation)
        and _has(rule.get("apiGroups"), kind.group)
        and _has(rule.get("apiVersions"), kind.version)
        and any(_resource(one, kind.plural, request.subresource) for one in rule.get("resources") or ())
    )


def _resource(given: str, plural: str, subresource: str) -> bool:
    resource, _, below = given.partition("/")
    return resource in ("*", plural) and below in ("*", subresource)
