"""Whether one set of rules grants all that another does, and what is missing in the words of a refusal."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from drakkar.apiserver.rbac import path_matches

Object = dict[str, Any]

# The order in which a refusal names a rule's parts.
_PARTS = (
    ("APIGroups", "apiGroups"),
    ("Resources", "resources"),
    ("NonResourceURLs", "nonResourceURLs"),
    ("ResourceNames", "resourceNames"),
    ("Verbs", "verbs"),
)


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


def _resource_covered(held: list[str], wanted: str) -> bool:
    if "*" in held or wanted in held:
        return True
    _, slash, sub = wanted.partition("/")
    return bool(slash) and f"*/{sub}" in held


def covers(held: Object, small: Object) -> bool:
    """Whether a rule grants what one of the smallest rules does."""
    verbs = held.get("verbs") or []
    if "*" not in verbs and small["verbs"][0] not in verbs:
        return False
    paths = small.get("nonResourceURLs")
    if paths:
        return any(path_matches(pattern, paths[0]) for pattern in held.get("nonResourceURLs") or ())
    groups = held.get("apiGroups") or []
    if "*" not in groups and small["apiGroups"][0] not in groups:
        return False
    if not _resource_covered(held.get("resources") or [], small["resources"][0]):
        return False
    names = held.get("resourceNames") or []
    return not names or ("resourceNames" in small and small["resourceNames"][0] in names)


def missing(held: Iterable[Object], wanted: Iterable[Object]) -> list[Object]:
    """What `wanted` grants and `held` does not, as smallest rules."""
    owned = list(held)
    return [
        small for rule in wanted for small in smallest(rule) if not any(covers(one, small) for one in owned)
    ]


def described(rules: Iterable[Object]) -> list[str]:
    """Smallest rules in words, those that differ by verb alone as one; sorted, each once."""
    merged: dict[tuple[str, str, str], Object] = {}
    texts = set()
    for rule in rules:
        if rule.get("nonResourceURLs"):
            texts.add(_text(rule))
            continue
        names = rule.get("resourceNames")
        key = (rule["apiGroups"][0], rule["resources"][0], names[0] if names else "\0")
        if key in merged:
            merged[key] = {**merged[key], "verbs": [*merged[key]["verbs"], *rule["verbs"]]}
        else:
            merged[key] = rule
    return sorted(texts | {_text(rule) for rule in merged.values()})


def _text(rule: Object) -> str:
    parts = [
        f"{title}:[" + " ".join(f'"{value}"' for value in rule[field]) + "]"
        for title, field in _PARTS
        if rule.get(field)
    ]
    return "{" + ", ".join(parts) + "}"
