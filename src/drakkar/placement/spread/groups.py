"""Which pods belong together where nobody says how they are to be spread: those of the same Services and the same workload."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.core import LabelSelector as Written
from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.resource import DecodeError, decode
from drakkar.api.selectors import LabelRequirement, LabelSelector, SelectorError, label_selector_of

# The kinds whose pods belong together, as their owner references name them. A Deployment owns pods in plans alone, where there
# are no ReplicaSets yet.
_WORKLOADS = frozenset(
    {
        ("v1", "ReplicationController"),
        ("apps/v1", "Deployment"),
        ("apps/v1", "ReplicaSet"),
        ("apps/v1", "StatefulSet"),
    }
)
# What there is to be told of.
KINDS = ("Service", "ReplicationController", "Deployment", "ReplicaSet", "StatefulSet")
# So many answers are kept; a workload's pods have the same.
_REMEMBERED = 4096
Labels = Mapping[str, str]
_Asked = tuple[str, frozenset[tuple[str, str]], str, str]


class SpreadGroups:
    """Services by namespace and the first of the labels that they select by, so that a pod is held against few of them."""

    def __init__(self) -> None:
        self._services: dict[ObjectKey, Labels] = {}
        self._by_label: dict[tuple[str, str, str], dict[ObjectKey, Labels]] = {}
        self._workloads: dict[tuple[str, ObjectKey], LabelSelector] = {}
        self._answers: dict[_Asked, LabelSelector | None] = {}

    def copy(self) -> SpreadGroups:
        """One that changes by itself."""
        made = SpreadGroups()
        for key, selector in self._services.items():
            made.set_service(key, selector)
        made._workloads = dict(self._workloads)
        return made

    def tell(self, kind: str, key: ObjectKey, obj: Object | None) -> None:
        """Take in an object of one of KINDS as it is stored; None, it is gone. One that makes no sense selects nobody."""
        spec = (obj or {}).get("spec")
        selector = spec.get("selector") if isinstance(spec, dict) else None
        if kind == "Service":
            self.set_service(key, _labels(selector))
        elif kind == "ReplicationController":
            labels = _labels(selector)
            self.set_workload(kind, key, None if labels is None else _equal(labels))
        else:
            self.set_workload(kind, key, _selector(selector))

    def set_service(self, key: ObjectKey, selector: Labels | None) -> None:
        """A Service selects by these labels; None, it is gone or selects nobody."""
        before = self._services.pop(key, None)
        if before == (selector or None):
            if before:
                self._services[key] = before
            return
        self._answers.clear()
        if before:
            place = self._place(key, before)
            del self._by_label[place][key]
            if not self._by_label[place]:
                del self._by_label[place]
        if selector:
            self._services[key] = selector
            self._by_label.setdefault(self._place(key, selector), {})[key] = selector

    @staticmethod
    def _place(key: ObjectKey, selector: Labels) -> tuple[str, str, str]:
        name, value = min(selector.items())
        return key[0], name, value

    def set_workload(self, kind: str, key: ObjectKey, selector: LabelSelector | None) -> None:
        """A workload selects so; None, it is gone or makes no sense."""
        before = self._workloads.pop((kind, key), None)
        if selector is not None:
            self._workloads[kind, key] = selector
        if before != selector:
            self._answers.clear()

    def of(self, pod: Pod) -> LabelSelector | None:
        """By what those are told that belong together with this pod; None where it belongs to nothing."""
        metadata = pod.metadata
        owner = metadata.controller
        kind, name = "", ""
        if owner is not None and (owner.api_version, owner.kind) in _WORKLOADS:
            kind, name = owner.kind, owner.name
        if not kind and not self._by_label:
            return None
        asked = metadata.namespace, frozenset(metadata.labels.items()), kind, name
        if asked not in self._answers:
            if len(self._answers) >= _REMEMBERED:
                self._answers.clear()
            self._answers[asked] = self._found(metadata.namespace, metadata.labels, kind, name)
        return self._answers[asked]

    def _found(self, namespace: str, labels: Labels, kind: str, name: str) -> LabelSelector | None:
        merged: dict[str, str] = {}
        for label in labels.items():
            for selector in self._by_label.get((namespace, *label), {}).values():
                if selector.items() <= labels.items():
                    merged.update(selector)
        found = _equal(merged).requirements
        workload = self._workloads.get((kind, ObjectKey(namespace, name))) if kind else None
        if workload is not None:
            found += workload.requirements
        return LabelSelector(found) if found else None


def _labels(selector: object) -> Labels | None:
    if not isinstance(selector, dict):
        return None
    return selector if all(isinstance(one, str) for pair in selector.items() for one in pair) else None


def _equal(labels: Labels) -> LabelSelector:
    return LabelSelector(
        tuple(LabelRequirement(key, "=", frozenset((value,))) for key, value in sorted(labels.items()))
    )


def _selector(selector: object) -> LabelSelector | None:
    try:
        return None if selector is None else label_selector_of(decode(Written, selector))
    except (DecodeError, SelectorError):
        return None
