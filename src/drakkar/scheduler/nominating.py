"""Which pods wait for room on which node: by what the watch shows, and by what was decided and is not shown yet."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object, ObjectKey
from drakkar.placement import Snapshot

from .queue import SchedulingQueue
from .room import Room
from .soundness import KnownPod


class Nominating:
    """Keeps the snapshot's nominations."""

    def __init__(
        self, snapshot: Snapshot, queue: SchedulingQueue, latest: Callable[[ObjectKey], Object | None]
    ) -> None:
        """`latest` gives a pod as the watch has shown it."""
        self._snapshot, self._queue, self._latest = snapshot, queue, latest

    def saw(self, before: KnownPod | None, now: KnownPod) -> None:
        """The watch has shown a pod that waits. What was decided here and is not shown yet stays."""
        told = now.pod.status.nominated_node_name
        if before is not None and before.uid == now.uid:
            was = before.pod.status.nominated_node_name
            if was == told:
                decided = self._snapshot.nominations.node_of(now.key)
                if decided and (before.pod.spec, before.pod.metadata.labels) != (
                    now.pod.spec,
                    now.pod.metadata.labels,
                ):
                    self._snapshot.nominate(now.key, now.pod, decided, now.needs)
                return
            if was:
                # Others made way for it there.
                self._queue.move_up_to(now.priority)
        self._wait_for(now, told)

    def decided(self, known: KnownPod, room: Room) -> list[Object]:
        """Count the pod on the node where room is made for it, if there is one; the pods that wait for that node in vain now."""
        displaced = []
        # As upstream, where all who have to go are on their way already nobody loses the place that he waits for.
        if room.node and any(one.pod.metadata.deletion_timestamp is None for one in room.victims):
            for one in list(self._snapshot.nominations.on(room.node)):
                if one.priority < known.priority and (obj := self._latest(one.key)) is not None:
                    self._snapshot.withdraw(one.key)
                    displaced.append(obj)
        if room.node is not None:
            self._wait_for(known, room.node)
        return displaced

    def _wait_for(self, known: KnownPod, node: str) -> None:
        if not node:
            self._snapshot.withdraw(known.key)
        elif node != self._snapshot.nominations.node_of(known.key):
            self._snapshot.nominate(known.key, known.pod, node, known.needs)
