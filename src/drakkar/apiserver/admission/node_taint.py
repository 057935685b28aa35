"""Keeps pods off a new node until somebody has seen that it is ready, as upstream's TaintNodesByCondition."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.storage.store import Store

_KEY, _EFFECT = "node.kubernetes.io/not-ready", "NoSchedule"


class NodeTaint(Plugin):
    """Puts one taint on new nodes; the controller of taints takes it off."""

    resources = frozenset({"/nodes"})

    def mutate(self, new: Object, old: Object | None, store: Store) -> None:
        """Complete a new node in place."""
        if old is not None:
            return
        taints = new["spec"].get("taints") or []
        if not any((one.get("key"), one.get("effect")) == (_KEY, _EFFECT) for one in taints):
            new["spec"]["taints"] = [*taints, {"key": _KEY, "effect": _EFFECT}]
