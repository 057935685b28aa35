"""What a pod needs its node to be able to do, of what nodes declare (KEP-5328)."""

from __future__ import annotations

from drakkar.api.core import PodSpec

_RESTART_ALL = "RestartAllContainersOnContainerExits"
_NONE: frozenset[str] = frozenset()


def needed(spec: PodSpec) -> frozenset[str]:
    """The names of the features."""
    containers = (*spec.init_containers, *spec.containers)
    rules = (rule for one in containers for rule in one.restart_policy_rules)
    if any(rule.get("action") == "RestartAllContainers" for rule in rules):
        return frozenset((_RESTART_ALL,))
    return _NONE
