"""Role based access control: may this user do this, by the roles bound to them. Pure; the store is asked through callables."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from drakkar.api.object import Object

_GROUP = "rbac.authorization.k8s.io"
# So many users' rules are kept; past it all are forgotten and found again.
_MOST_KEPT = 512


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


class Grant(NamedTuple):
    """A rule that is bound to a user, and which binding grants it."""

    rule: Object
    source: str


@dataclass(frozen=True, slots=True)
class Bound:
    """All that is bound to one user in one namespace, and the roles that bindings name but nobody has made."""

    grants: list[Grant] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)


def path_matches(pattern: str, path: str) -> bool:
    """Whether a rule's path, which may end in a star, is or begins `path`."""
    if pattern == "*" or pattern == path:
        return True
    return pattern.endswith("*") and path.startswith(pattern.rstrip("*"))


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
        return any(path_matches(pattern, asked.path) for pattern in rule.get("nonResourceURLs") or ())
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
        return bool(name == user)
    if kind == "Group":
        return name in groups
    if kind == "ServiceAccount":
        namespace = subject.get("namespace") or binding_namespace
        return bool(namespace) and user == f"system:serviceaccount:{namespace}:{name}"
    return False


def aggregate(messages: Iterable[str]) -> str:
    """Several errors as one text, each once."""
    distinct = list(dict.fromkeys(messages))
    return distinct[0] if len(distinct) == 1 else f"[{', '.join(distinct)}]"


def _source(binding: Object, subject: Object, namespace: str) -> str:
    role, name = binding.get("roleRef") or {}, binding["metadata"]["name"]
    kind, who = subject.get("kind", ""), subject.get("name", "")
    if kind == "ServiceAccount":
        who = f"{who}/{subject.get('namespace') or namespace}"
    what = "RoleBinding" if namespace else "ClusterRoleBinding"
    named = f"{name}/{namespace}" if namespace else name
    return f'{what} "{named}" of {role.get("kind", "")} "{role.get("name", "")}" to {kind} "{who}"'


class Rbac:
    """Decides by the four RBAC kinds; `listing(resource, namespace)` and `getting(resource, namespace, name)` read the store.

    `changed()` says whether any of them changed since it was last asked; without it nothing is remembered.
    """

    def __init__(
        self,
        listing: Callable[[str, str], Iterable[Object]],
        getting: Callable[[str, str, str], Object | None],
        changed: Callable[[], bool] = lambda: True,
    ) -> None:
        self._list = listing
        self._get = getting
        self._changed = changed
        self._kept: dict[tuple[str, tuple[str, ...], str], Bound] = {}

    def bound(self, user: str, groups: Iterable[str], namespace: str) -> Bound:
        """Every rule that is bound to the user, cluster wide first, then in `namespace` if one is given."""
        key = (user, tuple(groups), namespace)
        if self._changed() or len(self._kept) >= _MOST_KEPT:
            self._kept.clear()
        found = self._kept.get(key)
        if found is None:
            found = self._kept[key] = self._bound(user, frozenset(key[1]), namespace)
        return found

    def decide(self, user: str, groups: Iterable[str], asked: Attributes) -> tuple[bool, str]:
        """Whether some bound rule covers what is asked, and which, or what could not be read.

        A cluster scoped question looks at cluster bindings only.
        """
        found = self.bound(user, groups, "" if asked.path else asked.namespace)
        for grant in found.grants:
            if rule_allows(grant.rule, asked):
                return True, f"RBAC: allowed by {grant.source}"
        return False, f"RBAC: {aggregate(found.missing)}" if found.missing else ""

    def role_rules(self, reference: Object, namespace: str) -> list[Object] | None:
        """The rules of the role that a binding in `namespace` refers to; None where there is no such role."""
        kind = reference.get("kind")
        if kind == "ClusterRole":
            role = self._get("clusterroles", "", reference.get("name", ""))
        elif kind == "Role":
            role = self._get("roles", namespace, reference.get("name", ""))
        else:
            role = None
        return None if role is None else role.get("rules") or []

    def _bound(self, user: str, groups: frozenset[str], namespace: str) -> Bound:
        found = Bound()
        for binding in self._list("clusterrolebindings", ""):
            self._add(found, binding, user, groups, "")
        if namespace:
            for binding in self._list("rolebindings", namespace):
                self._add(found, binding, user, groups, namespace)
        return found

    def _add(self, found: Bound, binding: Object, user: str, groups: frozenset[str], namespace: str) -> None:
        for subject in binding.get("subjects") or ():
            if not subject_matches(subject, user, groups, namespace):
                continue
            reference = binding.get("roleRef") or {}
            rules = self.role_rules(reference, namespace)
            if rules is None:
                # It grants nothing, and who is refused is told of it.
                kind = str(reference.get("kind", "")).lower()
                found.missing.append(f'{kind}.{_GROUP} "{reference.get("name", "")}" not found')
            else:
                source = _source(binding, subject, namespace)
                found.grants.extend(Grant(rule, source) for rule in rules)
            return
