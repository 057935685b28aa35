"""Role based access control: may this user do this, by the roles bound to them. Pure; the store is asked through callables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Attributes:
    """What is asked: a verb on a resource, or (with `path`) on a path that is no resource."""

    verb: str
    group: str = ""
    resource: str = ""
    subresource: str = ""
    namespace: str = ""
    name: str = ""
    path: str = ""


def _path_matches(pattern: str, path: str) -> bool:
    if pattern == "*" or pattern == path:
        return True
    return pattern.endswith("*") and path.startswith(pattern[:-1])


def _resource_matches(allowed: Iterable[str], resource: str, subresource: str) -> bool:
    wanted = f"{resource}/{subresource}" if subresource else resource
    for entry in allowed:
        if entry == "*" or entry == wanted:
            return True
        if subresource and entry == f"*/{subresource}":
            return True
    return False


def rule_allows(rule: Object, asked: Attributes) -> bool:
    """Whether one PolicyRule covers what is asked."""
    verbs = rule.get("verbs") or ()
    if "*" not in verbs and asked.verb not in verbs:
        return False
    if asked.path:
        return any(_path_matches(pattern, asked.path) for pattern in rule.get("nonResourceURLs") or ())
    groups = rule.get("apiGroups") or ()
    if "*" not in groups and asked.group not in groups:
        return False
    if not _resource_matches(rule.get("resources") or (), asked.resource, asked.subresource):
        return False
    names = rule.get("resourceNames") or ()
    return not names or asked.name in names


def subject_matches(subject: Object, user: str, groups: Iterable[str], binding_namespace: str) -> bool:
    """Whether a binding's subject is this user; a ServiceAccount without a namespace is the binding's own."""
    kind = subject.get("kind")
    name = subject.get("name", "")
    if kind == "User":
        return bool(name == "*" or name == user)
    if kind == "Group":
        return name in groups
    if kind == "ServiceAccount":
        namespace = subject.get("namespace") or binding_namespace
        return bool(namespace) and user == f"system:serviceaccount:{namespace}:{name}"
    return False


class Rbac:
    """Decides by the four RBAC kinds; `listing(resource, namespace)` and `getting(resource, namespace, name)` read the store."""

    def __init__(
        self,
        listing: Callable[[str, str], Iterable[Object]],
        getting: Callable[[str, str, str], Object | None],
    ) -> None:
        self._list = listing
        self._get = getting

    def rules(self, user: str, groups: Iterable[str], namespace: str) -> Iterator[Object]:
        """Every rule that is bound to the user, cluster wide first, then in `namespace` if one is given."""
        held = frozenset(groups)
        for binding in self._list("clusterrolebindings", ""):
            if self._bound(binding, user, held, ""):
                yield from self._role_rules(binding, "")
        if namespace:
            for binding in self._list("rolebindings", namespace):
                if self._bound(binding, user, held, namespace):
                    yield from self._role_rules(binding, namespace)

    def allows(self, user: str, groups: Iterable[str], asked: Attributes) -> bool:
        """True if some bound rule covers what is asked. A cluster scoped question looks at cluster bindings only."""
        namespace = "" if asked.path else asked.namespace
        return any(rule_allows(rule, asked) for rule in self.rules(user, groups, namespace))

    def _bound(self, binding: Object, user: str, groups: frozenset[str], namespace: str) -> bool:
        return any(
            subject_matches(subject, user, groups, namespace) for subject in binding.get("subjects") or ()
        )

    def _role_rules(self, binding: Object, namespace: str) -> Iterable[Object]:
        reference = binding.get("roleRef") or {}
        if reference.get("kind") == "ClusterRole":
            role = self._get("clusterroles", "", reference.get("name", ""))
        else:
            role = self._get("roles", namespace, reference.get("name", ""))
        # A binding to a role that is not there grants nothing, and is no error.
        return (role or {}).get("rules") or ()
