"""The nodes and the pods on them, kept up to date by events, and what was learned about them."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Mapping, Sequence

from drakkar.api.core import Node, Pod, PodAffinity
from drakkar.api.extended_resources import ExtendedClasses
from drakkar.api.object import ObjectKey
from drakkar.api.resource import DeviceClass
from drakkar.placement.between.placed_pods import Placed, PlacedPods
from drakkar.placement.form import Form, signature
from drakkar.placement.node.images import Images
from drakkar.placement.node.node_info import Needs, NodeInfo
from drakkar.placement.preemption.budgets import Budgets
from drakkar.placement.preemption.making_room import Preemption
from drakkar.placement.preemption.nominations import Nominated, Nominations
from drakkar.placement.spread.groups import SpreadGroups
from drakkar.placement.volumes.pod_volumes import PodVolumes, matter_for
from drakkar.placement.volumes.stored_volumes import StoredVolumes

_FORMS = 32
# Of each form, so many priorities.
_PRIORITIES = 16
_NOTHING = PodAffinity()


class Snapshot:
    """An event costs what it changes: one node, in each of the forms that are kept."""

    def __init__(self, comparing: bool = False) -> None:
        """`comparing` is the gate TaintTolerationComparisonOperators."""
        self._by_name: dict[str, NodeInfo] = {}
        self._nodes: list[NodeInfo] | None = []
        self._placed = PlacedPods()
        self._namespaces: dict[str, Mapping[str, str]] = {}
        self._comparing = comparing
        self._classes = ExtendedClasses()
        self._forms: OrderedDict[bytes, Form] = OrderedDict()
        self._images = Images()
        self._turn = 0
        # Services and workloads, and what volumes there are; whoever has some tells them of it.
        self.groups, self.volumes = SpreadGroups(), StoredVolumes()
        self.nominations = Nominations()
        self.budgets = Budgets()

    @property
    def nodes(self) -> Sequence[NodeInfo]:
        """In the order of their names."""
        if self._nodes is None:
            self._nodes = [self._by_name[name] for name in sorted(self._by_name)]
            for index, node in enumerate(self._nodes):
                node.index = index
        return self._nodes

    @property
    def namespaces(self) -> Mapping[str, Mapping[str, str]]:
        """Their labels."""
        return self._namespaces

    @property
    def turn(self) -> int:
        """The position of the node that is looked at first: where there are more than are looked at, all have their turn."""
        return self._turn % len(self.nodes) if self.nodes else 0

    def take_turns(self, nodes: int) -> None:
        """So many nodes were looked at."""
        self._turn = (self.turn + nodes) % max(len(self.nodes), 1)

    def node(self, name: str) -> NodeInfo | None:
        """The node of that name."""
        return self._by_name.get(name)

    # Events.

    def copy(self) -> Snapshot:
        """One in which pods can be placed without this one's changing."""
        made = Snapshot(self._comparing)
        made._by_name = {name: node.copy() for name, node in self._by_name.items()}
        made._nodes = None
        made._placed = self._placed.copy()
        made._namespaces = dict(self._namespaces)
        made._images, made.groups = self._images.copy(), self.groups.copy()
        made.volumes = self.volumes.copy()
        made._classes = self._classes.copy()
        made.nominations, made.budgets = self.nominations.copy(), self.budgets.copy()
        return made

    def set_node(self, node: Node, boundless: bool = False) -> None:
        """A node is there, or is another now; QuantityError, with nothing changed. A boundless one has room for all."""
        name = node.metadata.name
        known = self._by_name.get(name)
        if known is None:
            made = NodeInfo(node, boundless)
            for key, placed in self._placed.on(name).items():
                made.add(key, placed.pod, placed.needs)
            self._by_name[name] = made
            self._images.changed(name, (), node.status.images)
            self._reordered()
            return
        before, labels = known.node, known.labels
        known.take(node)
        if before.status.images != node.status.images:
            names = self._images.changed(name, before.status.images, node.status.images)
            for form in self._forms.values():
                form.images_changed(names)
        if known.labels != labels:
            # Rules between pods count by labels.
            self._forms.clear()
        elif _judged(before) != _judged(node):
            for asked, form in list(self._forms.items()):
                form.node_changed(known)
                if form.neighbours.mind_taints and before.spec != node.spec:
                    del self._forms[asked]

    def remove_node(self, name: str) -> None:
        """The node is gone; pods that were on it are remembered for its return."""
        gone = self._by_name.pop(name, None)
        if gone is not None:
            self._images.changed(name, gone.node.status.images, ())
            self._reordered()

    def _reordered(self) -> None:
        self._nodes = None
        self._forms.clear()

    def put(self, key: ObjectKey, pod: Pod, node: str, needs: Needs | None = None) -> None:
        """The pod is on the node, or on its way there; QuantityError, with nothing changed. `needs` are the pod's, if known."""
        known = self._placed.get(key)
        if known is not None and known.node == node and _counts_alike(known.pod, pod):
            if known.pod.status.start_time != pod.status.start_time:
                self._started(key, known, pod)
            return
        needs = needs or Needs(pod)
        if known is not None:
            self.take_off(key)
        self._placed.put(key, Placed(pod, needs, node))
        self.volumes.used(pod, 1)
        info = self._by_name.get(node)
        if info is not None:
            info.add(key, pod, needs)
            self._moved(pod, needs, info, 1)

    def _started(self, key: ObjectKey, known: Placed, pod: Pod) -> None:
        """It takes as much room as before; who has to leave first goes by when he began."""
        known.pod = pod
        info = self._by_name.get(known.node)
        if info is not None:
            info.pods[key] = pod
            self._importance_changed(known.node)

    def take_off(self, key: ObjectKey) -> None:
        """The pod is on no node any more, if it was."""
        placed = self._placed.pop(key)
        if placed is None:
            return
        self.volumes.used(placed.pod, -1)
        info = self._by_name.get(placed.node)
        if info is not None:
            info.remove(key, placed.needs)
            self._moved(placed.pod, placed.needs, info, -1)

    def _moved(self, pod: Pod, needs: Needs, node: NodeInfo, by: int) -> None:
        for form in self._forms.values():
            form.room_changed(node)
            form.neighbours.count(pod, needs, node, by)

    def nominate(self, key: ObjectKey, pod: Pod, node: str, needs: Needs | None = None) -> None:
        """The pod waits for room on the node, and on no other; QuantityError, with nothing changed."""
        one = Nominated(key, pod, needs or Needs(pod))
        self.withdraw(key)
        self.nominations.add(node, one)
        self._importance_changed(node)

    def withdraw(self, key: ObjectKey) -> str:
        """The pod waits for no node; the one that it waited for, or nothing."""
        node = self.nominations.remove(key)
        if node:
            self._importance_changed(node)
        return node

    def _importance_changed(self, node: str) -> None:
        info = self._by_name.get(node)
        if info is not None:
            for form in self._forms.values():
                form.importance_changed(info)

    def _needs_of(self, key: ObjectKey) -> Needs:
        placed = self._placed.get(key)
        assert placed is not None
        return placed.needs

    def set_namespace(self, name: str, labels: Mapping[str, str] | None) -> None:
        """A namespace has these labels; None, it is gone."""
        before = self._namespaces.get(name)
        if labels is None:
            self._namespaces.pop(name, None)
        else:
            self._namespaces[name] = labels
        if before != labels:
            # Terms may choose pods by them.
            self._forms.clear()

    def set_class(self, found: DeviceClass) -> None:
        """A DeviceClass is there, or is another now."""
        if self._classes.set_class(found):
            self._forms.clear()

    def remove_class(self, name: str) -> None:
        """A DeviceClass is gone."""
        if self._classes.remove_class(name):
            self._forms.clear()

    # Questions.

    def volumes_of(self, pod: Pod) -> PodVolumes | None:
        """What the pod's volumes have to say about nodes, good until the next event; None where they do not matter."""
        return PodVolumes(pod, self.volumes) if matter_for(pod.spec.volumes) else None

    def form(self, pod: Pod, needs: Needs | None = None) -> Form:
        """What is known of all nodes for pods like this one; good until the next event. QuantityError. `needs` are the
        pod's, if known.
        """
        affinity = pod.spec.affinity
        minds = affinity.pod_affinity != _NOTHING or affinity.pod_anti_affinity != _NOTHING
        spread = pod.spec.topology_spread_constraints
        together = None if spread else self.groups.of(pod)
        wanted = self._images.of(pod)
        mind = self._placed.any_minds or self.nominations.minding
        key = signature(pod, bool(mind or minds or spread), together, wanted)
        form = self._forms.get(key)
        if form is None:
            form = self._forms[key] = Form(
                pod,
                needs or Needs(pod),
                self.nodes,
                self._placed,
                self._namespaces,
                together,
                self._images,
                wanted,
                self._comparing,
                self._classes,
            )
            if len(self._forms) > _FORMS:
                self._forms.popitem(last=False)
        else:
            self._forms.move_to_end(key)
        return form

    def preemption(self, form: Form, priority: int, volumes: PodVolumes | None = None) -> Preemption:
        """What is known of room for pods of the form, which is a form of now, and of this priority. Where a pod's volumes matter
        it is looked at by itself.
        """
        known = form.followers.get(priority)
        if volumes is None and isinstance(known, Preemption):
            return known
        made = Preemption(
            form,
            priority,
            self.nodes,
            self.nominations,
            self.budgets,
            self._needs_of,
            self.node,
            volumes,
        )
        if volumes is None:
            if len(form.followers) >= _PRIORITIES:
                form.followers.pop(next(iter(form.followers)))
            form.followers[priority] = made
        return made


def _judged(node: Node) -> object:
    """What of a node is looked at beyond its labels and images."""
    return node.spec, node.status.allocatable, node.status.declared_features


def _counts_alike(pod: Pod, other: Pod) -> bool:
    """Whether nothing changed that a node or a rule between pods looks at: most updates are of the status."""
    one, two = pod.spec, other.spec
    return (
        one.containers == two.containers
        and one.init_containers == two.init_containers
        and (one.resources, one.overhead, one.host_network) == (two.resources, two.overhead, two.host_network)
        and one.affinity == two.affinity
        and _sizes(pod) == _sizes(other)
        and pod.metadata.labels == other.metadata.labels
        and pod.metadata.deletion_timestamp == other.metadata.deletion_timestamp
    )


def _sizes(pod: Pod) -> object:
    """What its node says that it has, of which it may have another amount than it asks for."""
    statuses = (*pod.status.init_container_statuses, *pod.status.container_statuses)
    reasons = [one.reason for one in pod.status.conditions if one.type == "PodResizePending"]
    return [(one.name, one.allocated_resources, one.resources) for one in statuses], reasons
