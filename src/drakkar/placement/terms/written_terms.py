"""Terms between pods as they are written, as a key: they may be long, and a workload's pods have the same."""

from __future__ import annotations

import hashlib
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")


class WrittenTerms(Generic[T]):
    """Told from others by a digest of namespace and terms."""

    __slots__ = ("_digest", "namespace", "terms")

    def __init__(self, namespace: str, terms: T) -> None:
        self.namespace, self.terms = namespace, terms
        text = msgspec.json.encode((namespace, terms))
        self._digest = hashlib.blake2b(text, digest_size=16).digest()

    def __hash__(self) -> int:
        return hash(self._digest)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, WrittenTerms) and self._digest == other._digest
