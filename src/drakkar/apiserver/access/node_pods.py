"""Which pods are bound to which node, kept up to date from the store's events so that no request looks at every pod."""

from __future__ import annotations

import threading
from collections.abc import Iterable

from drakkar.api.object import Object, ObjectKey, key_of
from drakkar.apiserver.storage.errors import HistoryGoneError
from drakkar.apiserver.storage.store import Store

_PODS = "/pods"


class NodePods:
    """An index of the store's pods; it reads what happened since the last question before it answers."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._seen = -1
        self._one_at_a_time = threading.Lock()
        self._pods: dict[str, dict[ObjectKey, Object]] = {}

    def on(self, node: str, namespace: str) -> Iterable[Object]:
        """The pods of a namespace (of all, if it is empty) that are bound to the node."""
        # Heavy work asks beside the loop: what it reads is older than what was put here meanwhile.
        with self._one_at_a_time:
            self._catch_up()
            found = self._pods.get(node, {})
            return [pod for key, pod in found.items() if not namespace or key[0] == namespace]

    def _catch_up(self) -> None:
        seen, self._seen = self._seen, self._store.revision
        if seen == self._seen:
            return
        try:
            if seen < 0:
                raise HistoryGoneError
            events = self._store.newer(_PODS, seen)
        except HistoryGoneError:
            self._pods = {}
            for pod in self._store.list(_PODS):
                self._put(pod)
            return
        for event in events:
            if event.old is not None:
                self._drop(event.old)
            if event.kind != "DELETED":
                self._put(event.object)

    def _put(self, pod: Object) -> None:
        node = (pod.get("spec") or {}).get("nodeName")
        if node:
            self._pods.setdefault(node, {})[key_of(pod)] = pod

    def _drop(self, pod: Object) -> None:
        node = (pod.get("spec") or {}).get("nodeName") or ""
        held = self._pods.get(node)
        if held is not None:
            held.pop(key_of(pod), None)
            if not held:
                del self._pods[node]
