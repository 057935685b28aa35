"""Which requests are told, and how much of each: the rules of an audit.k8s.io/v1 Policy, the first that fits first."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.policy_rule import Attributes, path_matches
from drakkar.apiserver.audit_annotations import Level

RECEIVED, STARTED, COMPLETE, PANIC = "RequestReceived", "ResponseStarted", "ResponseComplete", "Panic"
STAGES = (RECEIVED, STARTED, COMPLETE, PANIC)


class Ruling(NamedTuple):
    """How much of a request is told, at which stages nothing is, and whether bodies are told without their managed fields."""

    level: Level
    silent: frozenset[str] = frozenset()
    without_managed_fields: bool = False


class GroupResources(NamedTuple):
    """Resources of a group, `*` for all groups. A resource may be `pods/log`, `pods/*`, `*/scale` or `*`; none is all of them,
    and so are no names."""

    group: str
    resources: frozenset[str]
    names: frozenset[str]

    def fits(self, asked: Attributes) -> bool:
        """Whether a request is about one of them."""
        if self.group not in ("*", asked.group):
            return False
        if not self.resources:
            return True
        if self.names and asked.name not in self.names:
            return False
        below = asked.subresource
        named = {"*", f"{asked.resource}/*", f"{asked.resource}/{below}" if below else asked.resource}
        if below:
            named.add(f"*/{below}")
        return not self.resources.isdisjoint(named)


@dataclass(frozen=True, slots=True)
class Rule:
    """What is told of the requests that fit: of users, of groups, verbs, and either resources and namespaces or paths; what is
    empty fits all."""

    ruling: Ruling
    users: frozenset[str] = frozenset()
    groups: frozenset[str] = frozenset()
    verbs: frozenset[str] = frozenset()
    resources: tuple[GroupResources, ...] = ()
    namespaces: frozenset[str] = frozenset()
    paths: tuple[str, ...] = ()

    def fits(self, user: User | None, asked: Attributes) -> bool:
        """Whether the rule is about a request; without a user, one whose credentials are not good."""
        if self.users and (user is None or user.name not in self.users):
            return False
        if self.groups and (user is None or self.groups.isdisjoint(user.groups)):
            return False
        if self.verbs and asked.verb not in self.verbs:
            return False
        if self.namespaces or self.resources:
            return not asked.path and self._fits_resource(asked)
        if self.paths:
            return bool(asked.path) and any(path_matches(one, asked.path) for one in self.paths)
        return True

    def _fits_resource(self, asked: Attributes) -> bool:
        if self.namespaces and asked.namespace not in self.namespaces:
            return False
        return not self.resources or any(one.fits(asked) for one in self.resources)


class AuditPolicy:
    """The rules of a server; what none of them is about is not told."""

    def __init__(self, rules: Sequence[Rule]) -> None:
        self._rules = tuple(rules)

    def ruling(self, user: User | None, asked: Attributes) -> Ruling:
        """How much of a request is told."""
        return next((rule.ruling for rule in self._rules if rule.fits(user, asked)), _NOTHING)


_NOTHING = Ruling(Level.NOTHING)
