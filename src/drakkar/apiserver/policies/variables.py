"""What the names in a policy's expressions stand for, for one request and one parameter."""

from __future__ import annotations

import functools
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.authorizer import authorizer, of_resource
from drakkar.apiserver.policies.request import AdmissionRequest, Typed
from drakkar.cel.objects.plain import plain
from drakkar.cel.outcome import Fault

_KEPT = (
    *("name", "generateName", "namespace", "uid", "resourceVersion", "generation", "creationTimestamp"),
    *("deletionTimestamp", "deletionGracePeriodSeconds", "labels", "annotations", "finalizers"),
)


class Versioned:
    """The objects of a request in the version by which a policy matched; each is read when it is first asked for."""

    def __init__(self, request: AdmissionRequest, kind: Kind) -> None:
        self.request = request
        self.kind = kind

    @functools.cached_property
    def object(self) -> Any:
        return plain(self.request.versioned(self.kind, self.request.new))

    @functools.cached_property
    def old(self) -> Any:
        return plain(self.request.versioned(self.kind, self.request.old))

    @functools.cached_property
    def described(self) -> Any:
        """The request as conditions see it."""
        return plain(_described(self.request, self.kind))

    @functools.cached_property
    def described_as_sent(self) -> Any:
        """The request as match conditions see it: its resource is the one of the URL."""
        return plain(_described(self.request, self.kind) | {"resource": _resource(self.request.kind)})


class Given:
    """The variables of one evaluation; `namespace` is the stored one, or None."""

    def __init__(self, about: Versioned, described: Any, params: Any, namespace: Object | None) -> None:
        self._about = about
        self._described = described
        self._params = params
        self._namespace = namespace
        self.variables: Variables | None = None

    def read(self, name: str) -> Any:
        """What a variable stands for."""
        return _READ[name](self)

    def _namespace_object(self) -> Any:
        home = self._namespace
        if home is None:
            return None
        meta = {field: home["metadata"][field] for field in _KEPT if field in home["metadata"]}
        return plain({"metadata": meta, "spec": home.get("spec") or {}, "status": home.get("status") or {}})


_READ: dict[str, Callable[[Given], Any]] = {
    "object": lambda given: given._about.object,
    "oldObject": lambda given: given._about.old,
    "params": lambda given: given._params,
    "request": lambda given: given._described,
    "namespaceObject": Given._namespace_object,
    "authorizer": lambda given: authorizer(given._about.request),
    "authorizer.requestResource": lambda given: of_resource(given._about.request),
    "variables": lambda given: given.variables,
}


class Variables(Mapping[str, Any]):
    """What is worked out when it is first read, and known from then on, be it an error."""

    cel_type = "kubernetes.variables"

    def __init__(self, names: tuple[str, ...], make: Callable[[str], Any]) -> None:
        self._names = names
        self._make = make
        self._known: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        found = self._known.get(name)
        if found is None:
            found = self._known[name] = self._made(name)
        if isinstance(found, Exception):
            raise found
        return found[0]

    def _made(self, name: str) -> Any:
        try:
            return (self._make(name),)
        except Fault as fault:
            return fault

    def __contains__(self, name: object) -> bool:
        return name in self._names

    def __iter__(self) -> Iterator[str]:
        return iter(self._names)

    def __len__(self) -> int:
        return len(self._names)


def _gvk(typed: Typed) -> Object:
    return typed._asdict()


def _resource(kind: Kind) -> Object:
    return {"group": kind.group, "version": kind.version, "resource": kind.plural}


def _described(request: AdmissionRequest, kind: Kind) -> Object:
    """AdmissionRequest in JSON: what is empty is left out where upstream leaves it out."""
    user = request.requester.user
    info: Object = {"username": user.name, "uid": user.uid, "groups": list(user.groups)}
    info["extra"] = {key: list(values) for key, values in user.extra.items()}
    maybe = {
        "subResource": request.subresource,
        "requestSubResource": request.subresource,
        "name": request.name,
        "namespace": request.home,
    }
    return {
        "uid": "",
        "kind": _gvk(request.typed(kind)),
        "resource": _resource(kind),
        "requestKind": _gvk(request.typed(request.kind)),
        "requestResource": _resource(request.kind),
        **{key: value for key, value in maybe.items() if value},
        "operation": request.operation,
        "userInfo": {key: value for key, value in info.items() if value},
        "object": None,
        "oldObject": None,
        "dryRun": request.dry_run,
        "options": request.options,
    }
