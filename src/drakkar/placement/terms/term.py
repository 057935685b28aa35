"""A required term of a pod's affinity or anti-affinity: which other pods it is about."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.core import LabelSelector as Written
from drakkar.api.core import Pod, PodAffinityTerm
from drakkar.api.selectors import LabelSelector, SelectorError, label_selector_of

# The labels of each namespace.
Namespaces = Mapping[str, Mapping[str, str]]


def selector(written: Written | None) -> LabelSelector | None:
    """None selects nothing, and so does one that makes no sense."""
    try:
        return None if written is None else label_selector_of(written)
    except SelectorError:
        return None


class Term:
    """One term of a pod in this namespace."""

    __slots__ = ("_by_label", "_labels", "_named", "key")

    def __init__(self, written: PodAffinityTerm, namespace: str) -> None:
        self.key = written.topology_key
        self._labels = selector(written.label_selector)
        self._by_label = selector(written.namespace_selector)
        named = frozenset(written.namespaces)
        if not named and written.namespace_selector is None:
            named = frozenset((namespace,))
        self._named = named

    @property
    def namespaces(self) -> frozenset[str] | None:
        """Where the pods are that the term is about; None where labels of namespaces decide."""
        return self._named if self._by_label is None else None

    def selects(self, pod: Pod, namespaces: Namespaces) -> bool:
        """Whether the term is about this pod."""
        if self._labels is None or not self._labels.matches(pod.metadata.labels):
            return False
        namespace = pod.metadata.namespace
        if namespace in self._named:
            return True
        return self._by_label is not None and self._by_label.matches(namespaces.get(namespace, {}))
