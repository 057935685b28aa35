"""A request as policies see it: what is done to what, by whom."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.kinds import conversion
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.policies.other_versions import OtherVersions, no_versions

CREATE, UPDATE, DELETE, CONNECT = "CREATE", "UPDATE", "DELETE", "CONNECT"


class Typed(NamedTuple):
    """A kind of objects in one version of its group."""

    group: str
    version: str
    kind: str


@dataclass(frozen=True, slots=True)
class AdmissionRequest:
    """`kind` is what the client named in the URL, whose `subresource` may have objects of another kind.

    `new` and `old` are in the version in which they are stored. `options` is what the client asked for besides; `named` the
    name on the URL, which is empty for a collection. `warnings` is filled for the answer's headers. `others` are the objects
    in other versions where a webhook converts them.
    """

    operation: str
    kind: Kind
    subresource: str
    namespace: str
    named: str
    new: Object | None
    old: Object | None
    options: Object | None
    dry_run: bool
    requester: Requester
    warnings: list[str] = field(default_factory=list)
    others: OtherVersions = field(default_factory=no_versions)

    @property
    def name(self) -> str:
        """The name of the object, which may have been made just now."""
        return self.named or _name_of(self.new)

    @property
    def called(self) -> str:
        """What a refusal calls the object."""
        meta = (self.new or {}).get("metadata") or {}
        return str(self.name or meta.get("generateName") or "Unknown")

    @property
    def is_namespace(self) -> bool:
        """Whether it is about a namespace itself."""
        return (self.kind.group, self.kind.plural) == ("", "namespaces")

    @property
    def home(self) -> str:
        """The namespace that it is in; a namespace is in itself."""
        if self.is_namespace:
            return self.name
        return self.namespace if self.kind.namespaced else ""

    def typed(self, kind: Kind) -> Typed:
        """What the objects are where the URL names this version of the resource."""
        found = kind.subresource(self.subresource) if self.subresource else None
        if found is None:
            return Typed(kind.group, kind.version, kind.kind)
        return Typed(found.group, found.version, found.kind)

    def versioned(self, kind: Kind, obj: Object | None) -> Object | None:
        """`new` or `old` as a client of this version of the resource sees it, once they were to be `shown` in it."""
        if obj is None or self.typed(kind).kind != kind.kind:
            return obj
        return self.others.of(kind, obj) if self._is_foreign(kind) else conversion.served(kind, obj)

    async def shown(self, kind: Kind) -> None:
        """Have `new` and `old` in this version of the resource; StatusError where its webhook fails."""
        if self._is_foreign(kind) and self.typed(kind).kind == kind.kind:
            await self.others.make(kind, [obj for obj in (self.new, self.old) if obj is not None])

    async def read_back(self, kind: Kind, obj: Object) -> Object:
        """A custom object of this version of the resource as one of the version that the client named; StatusError."""
        if self._is_foreign(kind):
            return (await self.others.make(self.kind, [obj]))[0]
        return {**obj, "apiVersion": self.kind.api_version}

    def _is_foreign(self, kind: Kind) -> bool:
        return kind.webhook is not None and kind.version != self.kind.version


def _name_of(obj: Object | None) -> str:
    return str(((obj or {}).get("metadata") or {}).get("name") or "")
