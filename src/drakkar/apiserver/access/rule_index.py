"""A role's rules by the words that stand in them, so that a decision does not look at every rule.

For each verb, group, resource, name and path there is the set of rules that it stands in; what covers a request is in the
set of each of its words. A word of few rules has a list of them, a word of many a bit for each rule of the role: so the
sets take no more room than the rules themselves, and putting many together is one operation on an integer.
"""

from __future__ import annotations

from collections.abc import Generator, Iterable, Iterator

from drakkar.api.object import Object
from drakkar.apiserver.access.policy_rule import Attributes, is_rule

# A word that stands in fewer rules than this part of them has a list.
_FEW = 64
# So many rules are looked through at once.
_STEP = 500


class _Words:
    """Which rules a word of one kind stands in."""

    __slots__ = ("_masks", "_rules")

    def __init__(self) -> None:
        # Most words of a large role stand in one rule: a number is far smaller than a list of it.
        self._rules: dict[str, int | list[int]] = {}
        self._masks: dict[str, int] = {}

    def add(self, words: Iterable[str], at: int) -> None:
        """Note that each of the words stands in rule `at`, the last one so far."""
        known = self._rules
        for word in words:
            found = known.setdefault(word, at)
            if found is at or found == at:
                continue
            if isinstance(found, int):
                known[word] = [found, at]
            elif found[-1] != at:
                found.append(at)

    def settle(self, count: int) -> None:
        """No rule follows; there are `count`."""
        for word, rules in self._rules.items():
            if isinstance(rules, list) and len(rules) * _FEW > count:
                self._masks[word] = _mask(rules)

    def mask(self, words: Iterable[str]) -> int:
        """The rules that one of the words stands in, as bits."""
        found = 0
        for word in words:
            rules = self._masks.get(word)
            found |= _mask(self.rules(word)) if rules is None else rules
        return found

    def rules(self, word: str) -> list[int]:
        """The rules that the word stands in."""
        found = self._rules.get(word, [])
        return [found] if isinstance(found, int) else found

    def __iter__(self) -> Iterator[str]:
        return iter(self._rules)


def _mask(rules: list[int]) -> int:
    if len(rules) < 2:
        return 1 << rules[0] if rules else 0
    bits = bytearray(rules[-1] // 8 + 1)
    for at in rules:
        bits[at >> 3] |= 1 << (at & 7)
    return int.from_bytes(bits, "little")


class RuleIndex:
    """The rules of one role. They must not change any more."""

    __slots__ = (
        "_beginnings",
        "_groups",
        "_lengths",
        "_nameless",
        "_names",
        "_paths",
        "_resources",
        "_verbs",
        "_with_paths",
        "rules",
    )

    def __init__(self, rules: list[Object]) -> None:
        for _ in self.building(rules):
            pass

    @classmethod
    def in_steps(cls, rules: list[Object]) -> Generator[None, None, RuleIndex]:
        """The same, in steps of some milliseconds at most."""
        index = cls.__new__(cls)
        yield from index.building(rules)
        return index

    def building(self, rules: list[Object]) -> Iterator[None]:
        """Look through the rules. What is none grants nothing."""
        self.rules: list[Object] = []
        self._verbs, self._groups, self._resources, self._names = _Words(), _Words(), _Words(), _Words()
        self._paths, self._beginnings = _Words(), _Words()
        self._with_paths: list[int] = []
        nameless: list[int] = []
        for at, rule in enumerate(rules):
            if is_rule(rule):
                self._note(rule, len(self.rules), nameless)
                self.rules.append(rule)
            if at % _STEP == _STEP - 1:
                yield
        self._nameless = _mask(nameless)
        for words in (
            self._verbs,
            self._groups,
            self._resources,
            self._names,
            self._paths,
            self._beginnings,
        ):
            words.settle(len(self.rules))
        # How long beginnings are: there are few lengths, because all of them together are no longer than the role.
        self._lengths = sorted({len(beginning) for beginning in self._beginnings})

    def _note(self, rule: Object, at: int, nameless: list[int]) -> None:
        self._verbs.add(rule.get("verbs") or (), at)
        self._groups.add(rule.get("apiGroups") or (), at)
        self._resources.add(rule.get("resources") or (), at)
        names = rule.get("resourceNames")
        if names:
            self._names.add(names, at)
        else:
            nameless.append(at)
        paths = rule.get("nonResourceURLs")
        if paths:
            self._with_paths.append(at)
            self._paths.add(paths, at)
            self._beginnings.add((path.rstrip("*") for path in paths if path.endswith("*")), at)

    def allow(self, asked: Attributes) -> bool:
        """Whether one of the rules covers what is asked."""
        found = self._verbs.mask(("*", asked.verb))
        if not found:
            return False
        if asked.path:
            return bool(found & self._on_path(asked.path))
        found &= self._resources.mask(asked.resources)
        if not found:
            return False
        found &= self._groups.mask(("*", asked.group))
        return bool(found and found & (self._nameless | self._names.mask((asked.name,))))

    def _on_path(self, path: str) -> int:
        beginnings = (path[:length] for length in self._lengths if length <= len(path))
        return self._paths.mask((path,)) | self._beginnings.mask(beginnings)

    def about(self, resource: str) -> Iterator[Object]:
        """The rules that name a resource, just so."""
        return (self.rules[at] for at in self._resources.rules(resource))

    def on_paths(self) -> Iterator[Object]:
        """The rules on paths that are no resources."""
        return (self.rules[at] for at in self._with_paths)
