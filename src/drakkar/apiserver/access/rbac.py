"""Role based access control: may this user do this, by the roles bound to them. Pure; the store is asked through callables."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, NamedTuple, TypeVar

from drakkar.api.object import Object
from drakkar.apiserver.access.policy_rule import Attributes
from drakkar.apiserver.access.rule_index import RuleIndex
from drakkar.apiserver.access.subject_index import SubjectIndex

_GROUP = "rbac.authorization.k8s.io"
# So many users' rules are kept; past it all are forgotten and found again.
_MOST_KEPT = 512
# Letters of a user's name and groups.
_LONGEST_KEPT = 4096
_MOST_TOLD = 100
# Resource, namespace and name.
_Place = tuple[str, str, str]
# A user, the groups, a namespace.
_Whose = tuple[str, tuple[str, ...], str]
T = TypeVar("T")


class Grant(NamedTuple):
    """The rules of a role that is bound to a user, and which binding grants them."""

    rules: RuleIndex
    source: str


@dataclass(frozen=True, slots=True)
class Bound:
    """All that is bound to one user in one namespace, and the roles that bindings name but nobody has made."""

    grants: list[Grant] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)

    @property
    def rules(self) -> Iterator[Object]:
        """Every rule, one after the other."""
        return (rule for grant in self.grants for rule in grant.rules.rules)


@dataclass(frozen=True, slots=True)
class _Remembered:
    """What is bound to whom after so many changes."""

    changes: object
    bound: dict[_Whose, Bound] = field(default_factory=dict)


def aggregate(messages: Iterable[str]) -> str:
    """Several errors as one text, each once, and not too many."""
    distinct = list(dict.fromkeys(messages))
    more = len(distinct) - _MOST_TOLD
    if more > 0:
        distinct[_MOST_TOLD:] = [f"and {more} more"]
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

    `changes()` says how often any of them has changed by now; without it nothing is remembered.
    """

    def __init__(
        self,
        listing: Callable[[str, str], Iterable[Object]],
        getting: Callable[[str, str, str], Object | None],
        changes: Callable[[], object] = object,
    ) -> None:
        self._list = listing
        self._get = getting
        self._changes = changes
        self._remembered = _Remembered(None)
        # By what they were made of, which is there for as long as they are.
        self._roles: dict[_Place, tuple[list[Object], RuleIndex]] = {}
        self._subjects: dict[_Place, tuple[list[Object], SubjectIndex]] = {}

    def bound(self, user: str, groups: Iterable[str], namespace: str) -> Bound:
        """Every rule that is bound to the user, cluster wide first, then in `namespace` if one is given."""
        key = (user, tuple(groups), namespace)
        # Heavy work finds out beside the loop, where they may change meanwhile: what it found goes with what is forgotten then.
        kept = self._kept()
        found = kept.get(key)
        if found is None:
            found = Bound()
            for _ in self._binding(found, user, frozenset(key[1]), namespace):
                pass
            # A review may ask about users of any size.
            if len(user) + sum(map(len, key[1])) <= _LONGEST_KEPT:
                kept[key] = found
        return found

    def prepare(self, user: str, groups: Iterable[str], namespace: str) -> Iterator[None]:
        """What `bound` would have to do first, in steps: large roles and bindings are looked through once."""
        if not self.knows(user, groups, namespace):
            yield from self._binding(Bound(), user, frozenset(groups), namespace)

    def knows(self, user: str, groups: Iterable[str], namespace: str) -> bool:
        """Whether `bound` has nothing to look through."""
        return (user, tuple(groups), namespace) in self._kept()

    def _kept(self) -> dict[_Whose, Bound]:
        """What was found out of the roles and bindings as they are."""
        changes, remembered = self._changes(), self._remembered
        if remembered.changes != changes:
            for made_of in (self._roles, self._subjects):
                for place, (listed, _) in list(made_of.items()):
                    if _listed(self._get(*place), made_of is self._roles) is not listed:
                        made_of.pop(place, None)
        elif len(remembered.bound) < _MOST_KEPT:
            return remembered.bound
        self._remembered = remembered = _Remembered(changes)
        return remembered.bound

    def decide(self, user: str, groups: Iterable[str], asked: Attributes) -> tuple[bool, str]:
        """Whether some bound rule covers what is asked, and which, or what could not be read.

        A cluster scoped question looks at cluster bindings only.
        """
        found = self.bound(user, groups, "" if asked.path else asked.namespace)
        for grant in found.grants:
            if grant.rules.allow(asked):
                return True, f"RBAC: allowed by {grant.source}"
        return False, f"RBAC: {aggregate(found.missing)}" if found.missing else ""

    def role_rules(self, reference: Object, namespace: str) -> list[Object] | None:
        """The rules of the role that a binding in `namespace` refers to; None where there is no such role."""
        place = _role_place(reference, namespace)
        role = None if place is None else self._get(*place)
        if role is None:
            return None
        rules = role.get("rules")
        return rules if isinstance(rules, list) else []

    def _binding(self, found: Bound, user: str, groups: frozenset[str], namespace: str) -> Iterator[None]:
        """Fill in what is bound, one binding after the other."""
        for where in ("", namespace) if namespace else ("",):
            resource = "rolebindings" if where else "clusterrolebindings"
            for binding in self._list(resource, where):
                subjects = binding.get("subjects")
                # What cannot be read binds nothing, and leaves the others as they are.
                if not isinstance(subjects, list) or not _is_reference(binding.get("roleRef")):
                    continue
                place = (resource, where, binding["metadata"]["name"])
                index = _kept_of(self._subjects, place, subjects)
                if index is None:
                    index = SubjectIndex(subjects)
                    self._subjects[place] = (subjects, index)
                    yield
                subject = index.first(user, groups, where)
                if subject is not None:
                    yield from self._add(found, binding, subject, where)
                yield

    def _add(self, found: Bound, binding: Object, subject: Object, namespace: str) -> Iterator[None]:
        reference = binding.get("roleRef") or {}
        place = _role_place(reference, namespace)
        rules = self.role_rules(reference, namespace)
        if place is None or rules is None:
            # It grants nothing, and who is refused is told of it.
            kind = str(reference.get("kind", "")).lower()
            found.missing.append(f'{kind}.{_GROUP} "{reference.get("name", "")}" not found')
        else:
            index = _kept_of(self._roles, place, rules)
            if index is None:
                index = yield from RuleIndex.in_steps(rules)
                self._roles[place] = (rules, index)
            found.grants.append(Grant(index, _source(binding, subject, namespace)))


def _role_place(reference: Object, namespace: str) -> _Place | None:
    name = reference.get("name", "")
    match reference.get("kind"):
        case "ClusterRole":
            return "clusterroles", "", name
        case "Role":
            return "roles", namespace, name
    return None


def _is_reference(given: Any) -> bool:
    return isinstance(given, dict) and all(isinstance(given.get(key, ""), str) for key in ("kind", "name"))


def _listed(obj: Object | None, role: bool) -> list[Object] | None:
    return None if obj is None else obj.get("rules" if role else "subjects")


def _kept_of(kept: dict[_Place, tuple[list[Object], T]], place: _Place, made_of: list[Object]) -> T | None:
    found = kept.get(place)
    return found[1] if found is not None and found[0] is made_of else None
