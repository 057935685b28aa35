"""Seeded chance for generated cases, and what a case is mostly about."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import Any, TypeVar

Object = dict[str, Any]
T = TypeVar("T")

# One to four of them make a case, so that features meet instead of drowning in one another.
TOPICS = (
    "admin",
    "alternatives",
    "attributes",
    "binding",
    "capacity",
    "counters",
    "derived",
    "fault",
    "generations",
    "groups",
    "limits",
    "lists",
    "operations",
    "places",
    "selectors",
    "taints",
    "used",
)
# What a topic is nothing without.
_NEEDS = {"groups": "counters"}


class Dice:
    """Everything random in a case comes from here, so that its seed says it all."""

    def __init__(self, seed: int | str, topics: Sequence[str] | None = None) -> None:
        self.random = random.Random(seed)
        if topics is None:
            topics = self.random.sample(TOPICS, self.random.randint(1, 4))
        self.topics = frozenset(topics) | {_NEEDS[topic] for topic in topics if topic in _NEEDS}
        # The features that are on: what the others are for is asked for now and then only.
        self.features: frozenset[str] = frozenset()

    def chance(self, probability: float) -> bool:
        return self.random.random() < probability

    def about(self, topic: str, probability: float = 0.5) -> bool:
        """True now and then in a case about the topic, never in another."""
        return topic in self.topics and self.chance(probability)

    def may(self, feature: str) -> bool:
        """Always true of a feature that is on; of another seldom, since most of what it is for is refused."""
        return feature in self.features or self.chance(0.05)

    def one(self, *of: T) -> T:
        """One of the arguments; to name one twice makes it twice as likely."""
        return self.random.choice(of)

    def some(self, of: Sequence[T], least: int = 1) -> list[T]:
        """A few different ones, in any order."""
        return self.random.sample(list(of), self.random.randint(min(least, len(of)), len(of)))

    def number(self, least: int, most: int) -> int:
        return self.random.randint(least, most)
