"""DaemonSets: one pod on every node that is eligible, replaced node by node when the template changes."""

from __future__ import annotations

from collections import Counter, OrderedDict
from typing import Any, NamedTuple

from drakkar.api.core import Node, Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.workloads import ControllerRevision, RollingUpdate, Workload
from drakkar.client import ApiError, Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import CONTROLLERREVISIONS, DAEMONSETS, NODES, PODS
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import claim_dependents, controller_of
from drakkar.controllers.machinery.podstate import SeenPod, available_in, is_finished, is_ready
from drakkar.controllers.machinery.podwork import PodWork, namespace_is_ending
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.controller_revisions import HASH_LABEL, RevisionHistory
from drakkar.controllers.workloads.podtemplate import pod_from_template
from drakkar.controllers.workloads.rollout import resolve
from drakkar.controllers.workloads.selector import selects
from drakkar.placement.node.daemons import Eligibility, tie_to_node, tied_node

SeenSet = Seen[Workload]

_GENERATION_LABEL = "pod-template-generation"
_GENERATION_ANNOTATION = "deprecated.daemonset.template.generation"
_FIRST_BACKOFF, _LONGEST_BACKOFF = 1.0, 900.0
_REMEMBERED_FAILURES = 4096
# Counts of a status: those that it always has, and those that it has where they are not zero.
_ALWAYS = ("currentNumberScheduled", "numberMisscheduled", "desiredNumberScheduled", "numberReady")
_WHERE_ANY = ("updatedNumberScheduled", "numberAvailable", "numberUnavailable")


class _Place(NamedTuple):
    """A node, whether a pod shall start and stay there, and the pods that are there."""

    node: str
    starts: bool
    stays: bool
    pods: list[SeenPod]

    @property
    def alive(self) -> list[SeenPod]:
        """Those that are not on their way out."""
        return [pod for pod in self.pods if not pod.is_deleting]


class DaemonSetController:
    """Keys are (namespace, name)."""

    name = "daemonset"
    workers = 2

    def __init__(
        self, client: Client, mirrors: Mirrors, events: EventRecorder, comparing: bool = False
    ) -> None:
        """`comparing`: whether tolerations may compare (the gate TaintTolerationComparisonOperators)."""
        self._client = client
        self._comparing = comparing
        self._events = events
        self._sets = mirrors.of(DAEMONSETS, Workload)
        self._pods = mirrors.of(PODS, Pod)
        self._nodes = mirrors.of(NODES, Node)
        revisions = mirrors.of(CONTROLLERREVISIONS, ControllerRevision)
        self._history = RevisionHistory(client, revisions, HASH_LABEL)
        self._work = PodWork(client, self._pods, events)
        # (uid of the set, node) to (failures in a row, when the last one was cleared away).
        self._failures: OrderedDict[tuple[str, str], tuple[int, float]] = OrderedDict()
        self.queue: WorkQueue[ObjectKey] = WorkQueue()
        self.needs = (self._sets, self._pods, self._nodes, revisions)
        self._sets.add_handler(self._on_set)
        self._pods.add_handler(self._on_pod)
        self._nodes.add_handler(self._on_node)

    def _on_set(self, change: ChangeOf[SeenSet]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(new.key)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        old, new = change.old, change.new
        pod = new or old
        assert pod is not None
        namespace, owner = pod.it.metadata.namespace, controller_of(pod.obj)
        if owner is not None:
            if owner["kind"] == "DaemonSet":
                self.queue.add(ObjectKey(namespace, owner["name"]))
            return
        labels = pod.it.metadata.labels
        for candidate in self._sets.in_namespace(namespace) if labels else ():
            if selects(candidate)(labels):
                self.queue.add(candidate.key)

    def _on_node(self, change: ChangeOf[Seen[Node]]) -> None:
        old, new = change.old, change.new

        def what_matters(node: Seen[Node]) -> tuple[Any, Any]:
            return node.it.metadata.labels, node.it.spec.taints

        # A node's status changes every few seconds, which concerns nobody here.
        if old is None or new is None or what_matters(old) != what_matters(new):
            for daemon_set in self._sets.all():
                self.queue.add(daemon_set.key)

    async def reconcile(self, key: ObjectKey) -> None:
        daemon_set = self._sets.get(*key)
        if daemon_set is None or daemon_set.is_deleting:
            return
        pods = await claim_dependents(self._client, daemon_set, self._sets, self._pods, selects(daemon_set))
        revision, _ = await self._history.current(daemon_set)
        digest = self._history.hash_of(revision)
        failure: ApiError | None = None
        try:
            await self._place(daemon_set, pods, digest)
        except ApiError as error:
            # The status shall tell of it before the next try.
            failure = error
        pods = self._pods.controlled(daemon_set.it.metadata.uid)
        used = {pod.it.metadata.labels.get(HASH_LABEL, "") for pod in pods} | {digest}
        await self._history.forget(daemon_set, lambda one: self._history.hash_of(one) in used)
        await self._show(daemon_set, pods, digest)
        if failure is not None and not namespace_is_ending(failure):
            raise failure

    def _places(self, daemon_set: SeenSet, pods: list[SeenPod]) -> list[_Place]:
        by_node: dict[str, list[SeenPod]] = {}
        for pod in pods:
            by_node.setdefault(tied_node(pod.obj) or "", []).append(pod)
        belongs = Eligibility(daemon_set.obj["spec"]["template"], self._comparing)
        places = []
        for node in self._nodes.all():
            name = node.it.metadata.name
            places.append(_Place(name, *belongs.of(node.it), by_node.pop(name, [])))
        # What is left is tied to nodes that are no more.
        places += [_Place(name, False, False, lost) for name, lost in by_node.items()]
        return places

    async def _place(self, daemon_set: SeenSet, pods: list[SeenPod], digest: str) -> None:
        surge, may_miss = self._limits(daemon_set)
        starts: list[str] = []
        doomed: list[SeenPod] = []
        kept: list[_Place] = []
        for place in self._places(daemon_set, pods):
            alive = place.alive
            if not place.stays:
                doomed += alive
                continue
            ended = [pod for pod in alive if is_finished(pod)]
            if ended and self._may_clear(daemon_set, place.node):
                doomed += ended
            running = sorted(
                (pod for pod in alive if not is_finished(pod)),
                key=lambda pod: (not is_ready(pod), pod.it.metadata.creation_timestamp or ""),
            )
            if place.starts and not place.pods:
                starts.append(place.node)
            seen: set[bool] = set()
            for pod in running:
                is_new = self._is_new(pod, digest)
                # With a surge an old and a new pod may stand side by side for a while.
                if is_new in seen or (seen and not surge):
                    doomed.append(pod)
                seen.add(is_new)
            kept.append(place._replace(pods=[pod for pod in place.pods if pod not in doomed]))
        if self._rolls(daemon_set):
            more, fewer = self._roll(daemon_set, kept, digest, surge, may_miss)
            starts += more
            doomed += fewer
        await self._work.delete(daemon_set, doomed)
        await self._work.create(daemon_set, [self._pod(daemon_set, node, digest) for node in starts])

    @staticmethod
    def _is_new(pod: SeenPod, digest: str) -> bool:
        return pod.it.metadata.labels.get(HASH_LABEL) == digest

    @staticmethod
    def _rolls(daemon_set: SeenSet) -> bool:
        return daemon_set.it.spec.update_strategy.type in ("", "RollingUpdate")

    def _limits(self, daemon_set: SeenSet) -> tuple[int, int]:
        """(nodes with two pods, nodes without) that an update may make at one time."""
        if not self._rolls(daemon_set):
            return 0, 0
        rolling = daemon_set.it.spec.update_strategy.rolling_update or RollingUpdate()
        belongs = Eligibility(daemon_set.obj["spec"]["template"], self._comparing)
        wanted = sum(belongs.of(node.it)[0] for node in self._nodes.all())
        surge = resolve(rolling.max_surge, wanted, True)
        missing = rolling.max_unavailable
        may_miss = resolve(1 if missing is None else missing, wanted, True)
        return surge, may_miss if surge or may_miss else 1

    def _roll(
        self, daemon_set: SeenSet, places: list[_Place], digest: str, surge: int, may_miss: int
    ) -> tuple[list[str], list[SeenPod]]:
        """(nodes that get a new pod beside the old one, old pods to delete)."""
        moment, ready_seconds = now(), daemon_set.it.spec.min_ready_seconds

        def serves(pod: SeenPod) -> bool:
            return not pod.is_deleting and available_in(pod, ready_seconds, moment) == 0

        more: list[str] = []
        doomed: list[SeenPod] = []
        candidates: list[SeenPod] = []
        missing = doubled = 0
        for place in places:
            alive = [pod for pod in place.pods if not pod.is_deleting and not is_finished(pod)]
            old = [pod for pod in alive if not self._is_new(pod, digest)]
            new = [pod for pod in alive if self._is_new(pod, digest)]
            if place.starts and not any(map(serves, place.pods)):
                missing += 1
            if not old:
                continue
            if new:
                doubled += 1
                if any(map(serves, new)):
                    doomed += old
            elif not any(map(serves, old)):
                # Nobody will miss a pod that does not serve.
                doomed += old
            elif not surge or len(place.pods) == len(alive):
                candidates += old[:1]
        for pod in candidates:
            if surge:
                if doubled < surge:
                    more.append(tied_node(pod.obj) or "")
                    doubled += 1
            elif missing < may_miss:
                doomed.append(pod)
                missing += 1
        return more, doomed

    def _may_clear(self, daemon_set: SeenSet, node: str) -> bool:
        """Whether a failed pod's node has waited long enough for the next one; longer after each failure."""
        key, moment = (daemon_set.it.metadata.uid, node), now().timestamp()
        count, last = self._failures.get(key, (0, 0.0))
        pause = min(_FIRST_BACKOFF * 2 ** min(count, 20), _LONGEST_BACKOFF) if count else 0.0
        if moment < last + pause:
            self.queue.add_after(daemon_set.key, last + pause - moment)
            return False
        # One that ran for long is a new failure, not one more of the last.
        count = 0 if moment > last + 2 * _LONGEST_BACKOFF else count
        self._failures[key] = (count + 1, moment)
        self._failures.move_to_end(key)
        while len(self._failures) > _REMEMBERED_FAILURES:
            self._failures.popitem(last=False)
        return True

    def _pod(self, daemon_set: SeenSet, node: str, digest: str) -> Object:
        annotations = daemon_set.it.metadata.annotations
        labels = {HASH_LABEL: digest}
        if _GENERATION_ANNOTATION in annotations:
            labels[_GENERATION_LABEL] = annotations[_GENERATION_ANNOTATION]
        pod = pod_from_template(daemon_set.obj["spec"]["template"], daemon_set.obj, labels)
        pod["spec"] = tie_to_node(pod["spec"], node)
        return pod

    def _counted(self, daemon_set: SeenSet, pods: list[SeenPod], digest: str) -> tuple[Object, list[float]]:
        """The counts of the status, and the seconds until some of its pods count as available."""
        counts: Counter[str] = Counter()
        soon: list[float] = []
        moment, ready_seconds = now(), daemon_set.it.spec.min_ready_seconds
        for place in self._places(daemon_set, pods):
            alive = place.alive
            if not place.starts:
                counts["numberMisscheduled"] += bool(alive)
                continue
            counts["desiredNumberScheduled"] += 1
            if not alive:
                continue
            counts["currentNumberScheduled"] += 1
            best = min(alive, key=lambda pod: (not is_ready(pod), not self._is_new(pod, digest)))
            wait = available_in(best, ready_seconds, moment)
            counts["numberReady"] += wait is not None
            counts["numberAvailable"] += wait == 0
            soon += [wait] if wait else []
            counts["updatedNumberScheduled"] += any(self._is_new(pod, digest) for pod in alive)
        counts["numberUnavailable"] = counts["desiredNumberScheduled"] - counts["numberAvailable"]
        status = {name: counts[name] for name in _ALWAYS}
        return status | {name: counts[name] for name in _WHERE_ANY if counts[name]}, soon

    async def _show(self, daemon_set: SeenSet, pods: list[SeenPod], digest: str) -> None:
        status, soon = self._counted(daemon_set, pods, digest)
        status["observedGeneration"] = daemon_set.it.metadata.generation
        held = status_in(daemon_set.obj)
        if held.get("conditions"):
            status["conditions"] = held["conditions"]
        if status != {name: value for name, value in held.items() if value or name not in _WHERE_ANY}:
            try:
                answer = await self._client.update(DAEMONSETS, daemon_set.with_parts(status=status), "status")
            except NotFoundError:
                return
            self._sets.learn(answer)
        if soon:
            self.queue.add_after(daemon_set.key, min(soon) + 0.05)
