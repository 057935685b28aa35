"""What is put to work by stored objects, policies and webhooks alike: which of it may be about a request."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from drakkar.apiserver.kinds.registry import Registry
from drakkar.apiserver.policies.matching import Matching
from drakkar.apiserver.policies.request import AdmissionRequest
from drakkar.apiserver.storage.store import Store


class Matched(Protocol):
    """Something that says which requests it is about."""

    @property
    def matching(self) -> Matching:
        """By which a request falls under it."""


H = TypeVar("H", bound=Matched)


@dataclass(frozen=True, slots=True)
class _Index(Generic[H]):
    """All of them in their order, and which may be about a request by its operation, resource and what is below it; it holds
    as long as neither they, which have had so many `changes`, nor the kinds that are served change."""

    hooks: tuple[H, ...]
    served: object
    changes: int
    concerned: dict[tuple[str, str, str, str], tuple[H, ...]] = field(default_factory=dict)


class Concerned(Generic[H]):
    """Those that `read` makes of what is stored; it is asked again when one of the resources changes."""

    def __init__(
        self, store: Store, kinds: Registry, resources: Iterable[str], read: Callable[[], Iterable[H]]
    ) -> None:
        self._kinds = kinds
        self._read = read
        self._index: _Index[H] | None = None
        self._changes = 0
        for one in resources:
            store.listen(one, self._changed)

    def _changed(self) -> None:
        self._changes += 1

    def by(self, request: AdmissionRequest) -> tuple[H, ...]:
        """Those that may be about such a request, in their order."""
        # Both are looked at before what is stored: heavy work reads it beside the loop, where it may change meanwhile.
        served, changes = self._kinds.derived(Concerned, object), self._changes
        index = self._index
        if index is None or index.served is not served or index.changes != changes:
            index = self._index = _Index(tuple(self._read()), served, changes)
        if not index.hooks:
            return ()
        kind = request.kind
        key = (request.operation, kind.api_version, kind.plural, request.subresource)
        found = index.concerned.get(key)
        if found is None:
            found = tuple(hook for hook in index.hooks if hook.matching.concerns(request, self._kinds))
            index.concerned[key] = found
        return found
