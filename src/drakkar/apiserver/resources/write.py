"""One write on its way: what is asked for, and the object that may come of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.resources.write_options import WriteOptions
from drakkar.apiserver.storage.database import Key

Change = Callable[[Object], Object]


@dataclass(frozen=True, slots=True)
class Write:
    """What is done to what. `named` is the name on the URL, which is empty for a collection; without one it is the
    object's."""

    operation: str
    kind: Kind
    subresource: str
    namespace: str
    options: WriteOptions
    named: str | None = None

    @property
    def name(self) -> str:
        """The name on the URL."""
        return self.named or ""

    @property
    def key(self) -> Key:
        """Of the object that the URL names."""
        return (self.kind.resource, self.namespace, self.name)


@dataclass(frozen=True, slots=True)
class Candidate:
    """An object that has its defaults and is to be stored. The steps change it in place.

    `old` is None for a new object. `owners` is what the client says of who owns what, `told` the metadata to look at.
    `made_again` makes of what others have changed what it would be if the client had sent it. `claimed` is the object that the
    client would have, where its fields are to be his though less is stored.
    """

    write: Write
    old: Object | None
    new: Object
    owners: Any
    told: Object
    made_again: Change
    claimed: Object | None = None
