"""What a form of pod would say of a node that others had left, or come to."""

from __future__ import annotations

from collections.abc import Sequence
from types import TracebackType

from drakkar.api.core import Pod
from drakkar.api.object import ObjectKey
from drakkar.placement.form import Form
from drakkar.placement.node.node_info import Needs, NodeInfo
from drakkar.placement.preemption.nominations import Nominated
from drakkar.placement.reason import Reason
from drakkar.placement.volumes.pod_volumes import PodVolumes


class Trial:
    """Pods come and go here alone; at the end of the block all is as it was. Nothing else may change meanwhile."""

    def __init__(
        self,
        form: Form,
        node: NodeInfo,
        guests: Sequence[Nominated] = (),
        volumes: PodVolumes | None = None,
    ) -> None:
        """`guests` are pods that wait for the node and that the pod makes way for; `volumes` are those of one pod of the form."""
        self._form, self._guests, self._volumes = form, guests, volumes
        self._node = node.copy()
        # Who has moved, and by how much; each moved back is moved no more.
        self._moved: dict[ObjectKey, tuple[Pod, Needs, int]] = {}

    def __enter__(self) -> Trial:
        return self

    def __exit__(self, *_: type[BaseException] | BaseException | TracebackType | None) -> None:
        for pod, needs, by in self._moved.values():
            self._form.neighbours.count(pod, needs, self._node, -by)

    def take_off(self, key: ObjectKey, pod: Pod, needs: Needs) -> None:
        """A pod goes."""
        self._node.remove(key, needs)
        self._move(key, pod, needs, -1)

    def put(self, key: ObjectKey, pod: Pod, needs: Needs) -> None:
        """A pod comes, or comes back."""
        self._node.add(key, pod, needs)
        self._move(key, pod, needs, 1)

    def _move(self, key: ObjectKey, pod: Pod, needs: Needs, by: int) -> None:
        self._form.neighbours.count(pod, needs, self._node, by)
        if self._moved.pop(key, None) is None:
            self._moved[key] = pod, needs, by

    def objections(self) -> list[Reason]:
        """What speaks against the node as it is now: with its guests there, and, as they may go elsewhere, without them."""
        if self._guests:
            for one in self._guests:
                self.put(*one)
            found = self._form.judged(self._node, self._volumes)
            for one in self._guests:
                self.take_off(*one)
            if found:
                return found
        return self._form.judged(self._node, self._volumes)


def with_guests(
    form: Form, node: NodeInfo, guests: Sequence[Nominated], volumes: PodVolumes | None = None
) -> list[Reason]:
    """What speaks against the node as it is, where pods wait for it; `volumes` are those of one pod of the form."""
    if not guests:
        return form.objections(node, volumes)
    with Trial(form, node, guests, volumes) as trial:
        return trial.objections()
