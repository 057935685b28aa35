"""What is asked of each sort of object that quotas count."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from drakkar.api.object import Object
from drakkar.api.pod_totals import Amounts
from drakkar.quota.amounts import whole
from drakkar.quota.scopes import Requirement

ONE = whole(1)


@dataclass(frozen=True)
class World:
    """What the usage of an object may depend on beside itself.

    `extended` has every DeviceClass with the extended resource that it stands for, empty where it names none. `pod` finds
    one by namespace and name, `claims` gives all of a namespace.
    """

    now: datetime.datetime
    extended: Mapping[str, str] = field(default_factory=dict)
    pod: Callable[[str, str], Object | None] = lambda namespace, name: None
    claims: Callable[[str], Iterable[Object]] = lambda namespace: ()


def no_scope(requirement: Requirement) -> bool:
    """Of objects that no scope is about."""
    return False


@dataclass(frozen=True)
class Measured:
    """One object: what it uses by the names of quotas, and of which scopes it is. `unsaid` has the containers that do not say
    how much they take of something, by the names of quotas that want all of them to."""

    usage: Amounts
    in_scope: Callable[[Requirement], bool] = no_scope
    unsaid: Mapping[str, list[str]] = field(default_factory=dict)

    def meets(self, asked: Iterable[Requirement]) -> bool:
        """Whether a quota that asks this counts it."""
        return all(map(self.in_scope, asked))


class Evaluator:
    """One sort of objects. As it stands, those of which only the number counts."""

    def __init__(self, *names: str) -> None:
        """`names` are what their number is called."""
        self._names = names

    def names(self, hard: Iterable[str], world: World) -> set[str]:
        """Those names of a quota that such objects may use something of."""
        return {name for name in hard if name in self._names}

    def measure(self, obj: Object, world: World) -> Measured:
        """What one of them uses; it never raises, whatever stands in the object."""
        return Measured({name: ONE for name in self._names})

    def concerns(self, new: Object, old: Object | None, subresource: str) -> bool:
        """Whether a write may change what is used; `old` is None for a new object."""
        return old is None and not subresource

    def frees(self, new: Object, old: Object) -> bool:
        """Whether a change that is stored may have left less in use."""
        return False
