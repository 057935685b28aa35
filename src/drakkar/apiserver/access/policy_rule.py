"""What a request asks for, and whether one PolicyRule covers it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from drakkar.api.object import Object


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is asked: a verb on a resource, or (with `path`) on a path that is no resource.

    `fields` are what a field selector pins down: pairs of a field and its value.
    """

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""
    fields: tuple[tuple[str, str], ...] = ()

    @property
    def resources(self) -> tuple[str, ...]:
        """What a rule may name, so that it is about the resource."""
        if not self.subresource:
            return ("*", self.resource)
        return ("*", f"{self.resource}/{self.subresource}", f"*/{self.subresource}")


_LISTS = ("verbs", "apiGroups", "resources", "resourceNames", "nonResourceURLs")


def is_rule(given: Any) -> bool:
    """Whether what stands among the rules of a stored role can be read as one."""
    if not isinstance(given, dict):
        return False
    for name in _LISTS:
        words = given.get(name)
        if words is not None and not (
            isinstance(words, list) and all(isinstance(word, str) for word in words)
        ):
            return False
    return True


def path_matches(pattern: str, path: str) -> bool:
    """Whether a rule's path, which may end in a star, is or begins `path`."""
    if pattern == "*" or pattern == path:
        return True
    return pattern.endswith("*") and path.startswith(pattern.rstrip("*"))


def _resource_matches(allowed: Iterable[str], asked: Attributes) -> bool:
    wanted = asked.resources
    return any(entry in wanted for entry in allowed)


def rule_allows(rule: Object, asked: Attributes) -> bool:
    """Whether one PolicyRule covers what is asked."""
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and asked.verb not in verbs:
        return False
    if asked.path:
        return any(path_matches(pattern, asked.path) for pattern in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and asked.group not in groups:
        return False
    if not _resource_matches(rule.get("resources") or (), asked):
        return False
    names = rule.get("resourceNames") or ()
    return not names or asked.name in names
