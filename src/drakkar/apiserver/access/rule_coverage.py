"""Whether one set of rules grants all that another does, and what is missing in the words of a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from drakkar.api.object import Object
from drakkar.apiserver.access.policy_rule import path_matches
from drakkar.apiserver.access.rule_index import RuleIndex

# A rule stands for as many rights as its lists multiply to, which a short text can make millions of.
MOST_RIGHTS = 10_000
# And so often two rules are compared; it is a few hundredths of a second.
_MOST_COMPARED = 50_000
# So often a role is asked for its rules on a resource.
_MOST_SEARCHED = 200_000
_MOST_TOLD = 100
# The order in which a refusal names a rule's parts.
_PARTS = (
    ("APIGroups", "apiGroups"),
    ("Resources", "resources"),
    ("NonResourceURLs", "nonResourceURLs"),
    ("ResourceNames", "resourceNames"),
    ("Verbs", "verbs"),
)


class TooManyRightsError(Exception):
    """What is asked for cannot be looked at right by right."""

    def __init__(self) -> None:
        super().__init__(
            f"its rules stand for more than {MOST_RIGHTS} single rights, or are compared with too many others; "
            "split it into several roles, or write * for all of a kind"
        )


class _Held:
    """A rule that somebody holds, made ready to be asked often."""

    def __init__(self, rule: Object) -> None:
        self._verbs = frozenset(rule.get("verbs") or ())
        self._groups = frozenset(rule.get("apiGroups") or ())
        self._resources = frozenset(rule.get("resources") or ())
        self._names = frozenset(rule.get("resourceNames") or ())
        self._paths: list[str] = rule.get("nonResourceURLs") or []

    def covers(self, rule: Object) -> bool:
        """Whether this rule alone grants all that the other does, on resources or on paths."""
        if not _all_in(self._verbs, rule.get("verbs")):
            return False
        paths = rule.get("nonResourceURLs") or ()
        if not all(any(path_matches(pattern, path) for pattern in self._paths) for path in paths):
            return False
        resources = rule.get("resources") or ()
        if not resources:
            return True
        if not _all_in(self._groups, rule.get("apiGroups")):
            return False
        names = rule.get("resourceNames") or ()
        if self._names and not (names and self._names.issuperset(names)):
            return False
        return "*" in self._resources or all(self._has(resource) for resource in resources)

    def _has(self, resource: str) -> bool:
        _, slash, sub = resource.partition("/")
        return resource in self._resources or (bool(slash) and f"*/{sub}" in self._resources)


class _Owned:
    """All rules that somebody holds, made ready as far as they are asked."""

    def __init__(self, roles: Sequence[RuleIndex]) -> None:
        self._roles = roles
        self._ready: dict[int, _Held] = {}
        self._by_resource: dict[str, list[Object]] = {}
        self._compared = 0
        self._searched = 0

    def covers(self, rule: Object) -> bool:
        """Whether one of the rules alone grants all that this one does; raises TooManyRightsError."""
        for held in self._candidates(rule):
            self._compared += 1
            if self._compared > _MOST_COMPARED:
                raise TooManyRightsError
            if self._made_ready(held).covers(rule):
                return True
        return False

    def _made_ready(self, rule: Object) -> _Held:
        found = self._ready.get(id(rule))
        if found is None:
            found = self._ready[id(rule)] = _Held(rule)
        return found

    def _candidates(self, rule: Object) -> Iterator[Object]:
        resources = rule.get("resources")
        if not resources:
            for role in self._roles:
                yield from role.on_paths()
            return
        _, slash, sub = resources[0].partition("/")
        for resource in ("*", resources[0], *([f"*/{sub}"] if slash else [])):
            yield from self._about(resource)

    def _about(self, resource: str) -> list[Object]:
        found = self._by_resource.get(resource)
        if found is None:
            self._searched += len(self._roles)
            if self._searched > _MOST_SEARCHED:
                raise TooManyRightsError
            found = [rule for role in self._roles for rule in role.about(resource)]
            self._by_resource[resource] = found
        return found


def _all_in(held: frozenset[str], wanted: Iterable[str] | None) -> bool:
    return "*" in held or held.issuperset(wanted or ())


def _count(rule: Object) -> int:
    sizes = [len(rule.get(field) or ()) for field in ("apiGroups", "resources", "verbs", "nonResourceURLs")]
    names = len(rule.get("resourceNames") or ()) or 1
    return sizes[0] * sizes[1] * sizes[2] * names + sizes[2] * sizes[3]


def smallest(rule: Object) -> Iterator[Object]:
    """A rule as rules of one verb, one resource and one name each."""
    for group in rule.get("apiGroups") or ():
        for resource in rule.get("resources") or ():
            for verb in rule.get("verbs") or ():
                for name in rule.get("resourceNames") or (None,):
                    named = {} if name is None else {"resourceNames": [name]}
                    yield {"apiGroups": [group], "resources": [resource], "verbs": [verb], **named}
    for path in rule.get("nonResourceURLs") or ():
        for verb in rule.get("verbs") or ():
            yield {"nonResourceURLs": [path], "verbs": [verb]}


def missing(held: Iterable[Object], wanted: Iterable[Object]) -> list[Object]:
    """What `wanted` grants and `held` does not, as smallest rules; raises TooManyRightsError."""
    return missing_in([RuleIndex(list(held))], wanted)


def missing_in(held: Sequence[RuleIndex], wanted: Iterable[Object]) -> list[Object]:
    """What `wanted` grants and no role of `held` does, as smallest rules; raises TooManyRightsError."""
    owned = _Owned(held)
    doubtful = [rule for rule in wanted if not owned.covers(rule)]
    if sum(_count(rule) for rule in doubtful) > MOST_RIGHTS:
        raise TooManyRightsError
    return [small for rule in doubtful for small in smallest(rule) if not owned.covers(small)]


def described(rules: Iterable[Object]) -> list[str]:
    """Smallest rules in words, those that differ by verb alone as one; sorted, each once, and not too many."""
    merged: dict[tuple[str, str, str], Object] = {}
    texts = set()
    for rule in rules:
        if rule.get("nonResourceURLs"):
            texts.add(_text(rule))
            continue
        names = rule.get("resourceNames")
        key = (rule["apiGroups"][0], rule["resources"][0], names[0] if names else "\0")
        merged.setdefault(key, {**rule, "verbs": []})["verbs"].extend(rule["verbs"])
    told = sorted(texts | {_text(rule) for rule in merged.values()})
    more = len(told) - _MOST_TOLD
    return [*told[:_MOST_TOLD], f"and {more} more"] if more > 0 else told


def _text(rule: Object) -> str:
    parts = [
        f"{title}:[" + " ".join(f'"{value}"' for value in rule[field]) + "]"
        for title, field in _PARTS
        if rule.get(field)
    ]
    return "{" + ", ".join(parts) + "}"
