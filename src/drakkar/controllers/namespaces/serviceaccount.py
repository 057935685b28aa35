"""What every namespace has: the ServiceAccount `default`, and the ConfigMap with the cluster's root certificate."""

from __future__ import annotations

from typing import Any

from drakkar.api.core import Named
from drakkar.client import AlreadyExistsError, Client, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import CONFIGMAPS, NAMESPACES, SERVICEACCOUNTS
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.seen import Seen

ACCOUNT = "default"
ROOT_CA = "kube-root-ca.crt"
_DESCRIPTION = {
    "kubernetes.io/description": "Certificates with which a pod can verify this cluster's API server; for nothing else."
}


class ServiceAccountController:
    """Keys are names of namespaces. Without a root certificate no ConfigMap is written."""

    name = "serviceaccount"
    workers = 2

    def __init__(self, client: Client, mirrors: Mirrors, root_ca: bytes) -> None:
        self._client = client
        self._root_ca = root_ca.decode()
        self._namespaces = mirrors.of(NAMESPACES)
        self._accounts = mirrors.of(SERVICEACCOUNTS)
        self._configs = mirrors.of(CONFIGMAPS)
        self.queue: WorkQueue[str] = WorkQueue()
        self.needs = (self._namespaces, self._accounts, self._configs)
        self._namespaces.add_handler(self._on_namespace)
        self._accounts.add_handler(self._on_kept(ACCOUNT))
        self._configs.add_handler(self._on_kept(ROOT_CA))

    def _on_namespace(self, change: ChangeOf[Seen[Named]]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(new.key.name)

    def _on_kept(self, name: str) -> Any:
        def handle(change: ChangeOf[Seen[Named]]) -> None:
            old, new = change.old, change.new
            obj = new or old
            assert obj is not None
            if obj.key.name == name:
                self.queue.add(obj.key.namespace)

        return handle

    async def reconcile(self, key: str) -> None:
        namespace = self._namespaces.get("", key)
        if namespace is None or namespace.is_deleting:
            return
        if self._accounts.get(key, ACCOUNT) is None:
            account = {
                "apiVersion": "v1",
                "kind": "ServiceAccount",
                "metadata": {"name": ACCOUNT, "namespace": key},
            }
            try:
                self._accounts.learn(await self._client.create(SERVICEACCOUNTS, account, key))
            except AlreadyExistsError:
                pass  # the watch will bring it
        if self._root_ca:
            await self._publish(key)

    async def _publish(self, namespace: str) -> None:
        data = {"ca.crt": self._root_ca}
        held = self._configs.get(namespace, ROOT_CA)
        if held is not None and held.obj.get("data") == data:
            return
        metadata = {"name": ROOT_CA, "namespace": namespace, "annotations": _DESCRIPTION}
        config = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": data}
        if held is None:
            try:
                self._configs.learn(await self._client.create(CONFIGMAPS, config, namespace))
            except AlreadyExistsError:
                pass  # the watch will bring it, and if it differs, its update
        else:
            self._configs.learn(await self._client.update(CONFIGMAPS, held.with_parts(data=data)))
