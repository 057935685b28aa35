"""Who and what is held to no standard, and what is told of a namespace whose labels go for nothing by that."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, NamedTuple

from drakkar.api.go_quoting import quoted
from drakkar.pod_security.policy import LABELS, Policy, Standard

_MODES: Final = ("enforce", "audit", "warn")


class Exemptions(NamedTuple):
    """Users by their names, namespaces, and runtime classes of pods."""

    usernames: frozenset[str] = frozenset()
    namespaces: frozenset[str] = frozenset()
    runtime_classes: frozenset[str] = frozenset()


NOBODY: Final = Exemptions()


def ignored(namespace: str, policy: Policy, labels: Mapping[str, str], defaults: Policy) -> str:
    """What to warn whoever labels an exempt namespace; empty where the labels ask for nothing of their own."""
    if policy.forbids_nothing or all(_are_alike(*two) for two in zip(policy, defaults, strict=True)):
        return ""
    asked = [
        f"{mode}={standard}"
        for mode, standard in zip(_MODES, policy, strict=True)
        if not standard.forbids_nothing and not labels.keys().isdisjoint(LABELS[mode])
    ]
    told = f"the policy ({', '.join(asked)}) will be ignored"
    return f"namespace {quoted(namespace)} is exempt from Pod Security, and {told}"


def _are_alike(one: Standard, other: Standard) -> bool:
    return one == other or (one.forbids_nothing and other.forbids_nothing)
