"""The admission plugins in their order, each asked for the resources that concern it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drakkar.api.object import Object
from drakkar.apiserver.admission import quota
from drakkar.apiserver.admission.configuration import PLAIN, AdmissionConfig
from drakkar.apiserver.admission.limit_ranges import LimitRanges
from drakkar.apiserver.admission.node_taint import NodeTaint
from drakkar.apiserver.admission.plugin import Plugin
from drakkar.apiserver.admission.plugin_names import LIMIT_RANGER, POD_SECURITY, RESOURCE_QUOTA, TAINT_NODES
from drakkar.apiserver.admission.pod_resizing import PodResizing
from drakkar.apiserver.admission.pod_security import PodSecurity, Writer
from drakkar.apiserver.admission.pods import PodAdmission
from drakkar.apiserver.admission.service_addresses import ServiceAddresses
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.storage.change import Alongside, Check
from drakkar.apiserver.storage.store import Store


class Admission:
    """Every plugin, asked as if it were one; see `Plugin` for the questions."""

    def __init__(self, plugins: Sequence[Plugin], config: AdmissionConfig = PLAIN) -> None:
        self._plugins = tuple(plugins)
        self._pod_security = PodSecurity(config.defaults, config.exemptions)
        self._limits = config.limits
        self._off = config.off

    def has(self, plugin: str) -> bool:
        """Whether a plugin of this name, as kube-apiserver calls it, is asked."""
        return plugin not in self._off

    def _concerned(self, resource: str) -> list[Plugin]:
        return [one for one in self._plugins if not one.resources or resource in one.resources]

    async def settle(self, resource: str, namespace: str, given: Object, store: Store) -> None:
        """Wait a moment for what a controller is just making, as the default account of a new namespace."""
        for plugin in self._concerned(resource):
            await plugin.settle(namespace, given, store)

    def refuse(self, resource: str, new: Object) -> None:
        """Refuse at once what can never become of an object."""
        for plugin in self._concerned(resource):
            plugin.refuse(new)

    def mutate(self, resource: str, new: Object, old: Object | None, store: Store) -> None:
        """Complete an object in place, before it is looked at."""
        for plugin in self._concerned(resource):
            plugin.mutate(new, old, store)

    def mutate_part(self, resource: str, new: Object, old: Object, subresource: str, store: Store) -> None:
        """The same for one of which a part was written by itself."""
        for plugin in self._concerned(resource):
            plugin.mutate_part(new, old, subresource, store)

    def validate(
        self, resource: str, new: Object, old: Object | None, subresource: str, store: Store
    ) -> None:
        """Refuse an object as it would be stored."""
        for plugin in self._concerned(resource):
            plugin.validate(new, old, subresource, store)

    async def secure(
        self,
        kind: Kind,
        new: Object,
        old: Object | None,
        subresource: str,
        store: Store,
        writer: Writer,
    ) -> list[str]:
        """Hold an object that passed the plugins to what its namespace asks of pods; StatusError, or what is to be warned of."""
        if not self.has(POD_SECURITY):
            return []
        return await self._pod_security.examine(kind, new, old, subresource, store, writer)

    def check(self, resource: str, new: Object, store: Store) -> None:
        """Refuse at the moment of the write what somebody else has got meanwhile."""
        for plugin in self._concerned(resource):
            plugin.check(new, store)

    def charging(
        self, kind: Kind, namespace: str, new: Object, old: Object | None, subresource: str, store: Store
    ) -> Check:
        """What is asked last of all, at the moment of the write: it says what becomes of the namespace's quotas with it, and
        raises StatusError where one of them does not allow it."""
        if not self.has(RESOURCE_QUOTA):
            return _nothing
        return quota.charging(kind, namespace, new, old, subresource, store, self._limits) or _nothing


def _nothing() -> Iterable[Alongside]:
    return ()


def built_in(config: AdmissionConfig = PLAIN) -> Admission:
    """The plugins of a server, less those that are left out. What a pod is given by a LimitRange counts for its class of
    service."""
    plugins: list[Plugin] = [PodAdmission(config.off), PodResizing(), ServiceAddresses()]
    if TAINT_NODES not in config.off:
        plugins.insert(2, NodeTaint())
    if LIMIT_RANGER not in config.off:
        plugins.insert(0, LimitRanges())
    return Admission(plugins, config)
