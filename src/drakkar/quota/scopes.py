"""Scopes: which objects a quota counts, of those that it has names for."""

from __future__ import annotations

from collections.abc import Collection
from typing import NamedTuple

from drakkar.api.object import Object
from drakkar.api.or_empty import items, mapping

TERMINATING, NOT_TERMINATING = "Terminating", "NotTerminating"
BEST_EFFORT, NOT_BEST_EFFORT = "BestEffort", "NotBestEffort"
PRIORITY_CLASS = "PriorityClass"
CROSS_NAMESPACE_AFFINITY = "CrossNamespacePodAffinity"
ATTRIBUTES_CLASS = "VolumeAttributesClass"
EXISTS = "Exists"


class Requirement(NamedTuple):
    """What an object must be to be counted; of most scopes only Exists can be asked."""

    scope: str
    operator: str = EXISTS
    values: tuple[str, ...] = ()

    def holds_of(self, name: str) -> bool:
        """Whether it holds of an object with this class; an empty name is none."""
        match self.operator:
            case "Exists":
                return bool(name)
            case "DoesNotExist":
                return not name
            case "In":
                return bool(name) and name in self.values
            case "NotIn":
                return not name or name not in self.values
        return False

    def holds_of_any(self, names: Collection[str]) -> bool:
        """Whether it holds of an object with one of these classes, or, where there are none, of one without."""
        return any(map(self.holds_of, names)) if names else self.holds_of("")


def requirements(quota: Object) -> list[Requirement]:
    """All that a quota asks of what it counts."""
    spec = mapping(quota.get("spec"))
    found = [Requirement(scope) for scope in items(spec.get("scopes")) if isinstance(scope, str)]
    for one in items(mapping(spec.get("scopeSelector")).get("matchExpressions")):
        if isinstance(one, dict):
            values = tuple(value for value in items(one.get("values")) if isinstance(value, str))
            found.append(Requirement(str(one.get("scopeName")), str(one.get("operator")), values))
    return found
