"""What may only be used where a quota counts it, as the server is configured."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

from drakkar.quota.evaluator import Measured
from drakkar.quota.scopes import Requirement


class LimitedResource(NamedTuple):
    """Of objects of this resource: amounts whose names contain one of these texts, and objects of these scopes."""

    group: str
    plural: str
    contains: tuple[str, ...] = ()
    scopes: tuple[Requirement, ...] = ()


class Limits:
    """All that is limited on one server."""

    def __init__(self, limited: Sequence[LimitedResource] = ()) -> None:
        self._limited = tuple(limited)

    def __bool__(self) -> bool:
        return bool(self._limited)

    def uncounted(self, group: str, plural: str, new: Measured, counted: Collection[str]) -> list[str]:
        """The limited amounts of an object of this resource that are not among those that quotas count."""
        texts = [one.contains for one in self._limited if (one.group, one.plural) == (group, plural)]
        return sorted(
            name
            for name, amount in new.usage.items()
            if amount.nanos > 0
            and name not in counted
            and any(part in name for parts in texts for part in parts)
        )

    def unselected(self, new: Measured, selected: Iterable[Requirement]) -> list[Requirement]:
        """The limited scopes that an object is of, and that no quota selects it by. As upstream has it, these hold for objects of
        all resources that have such scopes."""
        asked = [scope for one in self._limited for scope in one.scopes if new.in_scope(scope)]
        covered = {one.scope for one in selected if new.in_scope(one)} if asked else set()
        return [one for one in asked if one.scope not in covered]


NO_LIMITS = Limits()
