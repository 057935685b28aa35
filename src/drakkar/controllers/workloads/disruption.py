"""PodDisruptionBudgets: how many pods each has, needs and can spare, which evictions go by."""

from __future__ import annotations

from typing import Any, Literal, NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey
from drakkar.api.selectors import LabelSelector, SelectorError, label_selector_of
from drakkar.api.time import time_text
from drakkar.api.workloads import DisruptionBudget
from drakkar.client import ApiError, Client, ConflictError, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import PODDISRUPTIONBUDGETS, PODS
from drakkar.controllers.machinery.clock import now, seconds_since
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.podstate import SeenPod, condition, is_finished
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in
from drakkar.controllers.workloads.budget_count import (
    DELETION_SECONDS,
    Target,
    allowed,
    disrupted,
    healthy,
    needs_scale,
    target,
)
from drakkar.controllers.workloads.budget_scale import ScaleError, Scales
from drakkar.controllers.workloads.conditions import conditions_in, find

SeenBudget = Seen[DisruptionBudget]
_MANAGER = "DisruptionController"
_ALLOWED = "DisruptionAllowed"
_TARGET = "DisruptionTarget"
# A kubelet ends a pod when it can, however long that takes.
_BY_KUBELET = "TerminationByKubelet"
_UNMANAGED = (
    "Pods selected by this PodDisruptionBudget (selector: {selector}) were found to be unmanaged. As a result, the status of the"
    " PDB cannot be calculated correctly, which may result in undefined behavior. To account for these pods please set"
    ' ".spec.minAvailable" field of the PDB to an integer value.'
)


class Key(NamedTuple):
    """A budget, or a pod that was to be disrupted."""

    kind: Literal["budget", "pod"]
    object: ObjectKey


class DisruptionController:
    """Counts what budgets are about, and takes back what was said of pods that then stayed."""

    name = "disruption"
    workers = 2

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._events = events
        self._budgets = mirrors.of(PODDISRUPTIONBUDGETS, DisruptionBudget)
        self._pods = mirrors.of(PODS, Pod)
        self._scales = Scales(client, mirrors)
        self.queue: WorkQueue[Key] = WorkQueue()
        self.needs: tuple[Mirror[Any], ...] = (self._budgets, self._pods, *self._scales.needs)
        # Read once for each state of a budget: every pod of its namespace is held against it.
        self._selectors: dict[ObjectKey, tuple[SeenBudget, LabelSelector | None]] = {}
        self._budgets.add_handler(self._on_budget)
        self._pods.add_handler(self._on_pod)

    def _on_budget(self, change: ChangeOf[SeenBudget]) -> None:
        new = change.new
        if new is not None:
            self.queue.add(Key("budget", new.key))
        elif change.old is not None:
            self._selectors.pop(change.old.key, None)

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        pods = [pod for pod in (change.old, change.new) if pod is not None]
        for budget in self._budgets.in_namespace(pods[0].key.namespace):
            selector = self._selector(budget)
            if selector is not None and any(selector.matches(pod.it.metadata.labels) for pod in pods):
                self.queue.add(Key("budget", budget.key))
        if change.new is not None and _is_to_go(change.new):
            self.queue.add(Key("pod", change.new.key))

    def _selector(self, budget: SeenBudget) -> LabelSelector | None:
        """None selects nothing, as one does that cannot be read."""
        known = self._selectors.get(budget.key)
        if known is not None and known[0] is budget:
            return known[1]
        written = budget.it.spec.selector
        try:
            selector = None if written is None else label_selector_of(written)
        except SelectorError:
            selector = None
        self._selectors[budget.key] = budget, selector
        return selector

    async def reconcile(self, key: Key) -> None:
        if key.kind == "pod":
            pod = self._pods.get(*key.object)
            if pod is not None:
                await self._let_stay(pod)
            return
        budget = self._budgets.get(*key.object)
        if budget is None:
            return
        try:
            await self._count(budget)
        except (ConflictError, NotFoundError):
            raise
        except (ScaleError, ApiError) as error:
            text = f"Failed to calculate the number of expected pods: {error}"
            self._events.event(budget.obj, "Warning", "CalculateExpectedPodCountFailed", text)
            # Nobody goes where it is not known how many there should be.
            said = _conditions(budget.obj, budget.it.status.observed_generation, "SyncFailed", str(error))
            await self._store(budget, {"disruptionsAllowed": 0, "conditions": said})
            raise

    async def _count(self, budget: SeenBudget) -> None:
        selector = self._selector(budget)
        pods = [
            pod
            for pod in self._pods.in_namespace(budget.key.namespace)
            if selector is not None and selector.matches(pod.it.metadata.labels)
        ]
        if not pods:
            self._events.event(budget.obj, "Normal", "NoPods", "No matching pods found")
        wanted = await self._target(budget, pods, selector)
        found = disrupted(budget.it.status.disrupted_pods, pods, now())
        for pod in found.overdue:
            text = f"Pod was expected by PDB {budget.key.namespace}/{budget.key.name} to be deleted but it wasn't"
            self._events.event(pod.obj, "Warning", "NotDeleted", text)
        current = healthy(pods, found.awaited)
        spare = allowed(current, wanted)
        generation = budget.it.metadata.generation
        said = _conditions(budget.obj, generation, "SufficientPods" if spare else "InsufficientPods", "")
        await self._store(
            budget,
            {
                "currentHealthy": current,
                "desiredHealthy": wanted.healthy,
                "expectedPods": wanted.expected,
                "disruptionsAllowed": spare,
                "disruptedPods": found.awaited or None,
                "observedGeneration": generation,
                "conditions": said,
            },
        )
        if found.next is not None:
            self.queue.add_after(Key("budget", budget.key), found.next)

    async def _target(
        self, budget: SeenBudget, pods: list[SeenPod], selector: LabelSelector | None
    ) -> Target:
        spec = budget.it.spec
        if not needs_scale(spec):
            return target(spec, len(pods) if spec.min_available is not None else 0)
        scale = await self._scales.of(pods)
        if scale.unmanaged:
            text = _UNMANAGED.format(selector="" if selector is None else selector.text())
            self._events.event(budget.obj, "Warning", "UnmanagedPods", text)
        return target(spec, scale.expected)

    async def _store(self, budget: SeenBudget, said: Object) -> None:
        before = status_in(budget.obj)
        status = {name: value for name, value in {**before, **said}.items() if value is not None}
        if status == before:
            return
        answer = await self._client.update(PODDISRUPTIONBUDGETS, budget.with_parts(status=status), "status")
        self._budgets.learn(answer)

    async def _let_stay(self, pod: SeenPod) -> None:
        """Say of a pod that was to be disrupted, and was not for long, that it is not."""
        if not _is_to_go(pod):
            return
        left = DELETION_SECONDS - seconds_since(condition(pod, _TARGET).last_transition_time, now())
        if left > 0:
            self.queue.add_after(Key("pod", pod.key), left)
            return
        said = {
            "type": _TARGET,
            "status": "False",
            "observedGeneration": pod.it.metadata.generation,
            "lastTransitionTime": time_text(now()),
        }
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": pod.key.name,
                "namespace": pod.key.namespace,
                "resourceVersion": pod.obj["metadata"]["resourceVersion"],
            },
            "status": {"conditions": [said]},
        }
        answer = await self._client.patch(
            PODS,
            pod.key.name,
            body,
            pod.key.namespace,
            "apply",
            subresource="status",
            field_manager=_MANAGER,
            force=True,
        )
        self._pods.learn(answer)


def _is_to_go(pod: SeenPod) -> bool:
    """Whether somebody has said that it is disrupted, and it neither goes nor has ended."""
    if pod.is_deleting or is_finished(pod):
        return False
    said = condition(pod, _TARGET)
    return said.status == "True" and said.reason != _BY_KUBELET


def _conditions(budget: Object, generation: int, reason: str, message: str) -> list[Object]:
    """The conditions with the one that says whether pods may go. Its time is that of its last change of status."""
    before = conditions_in(status_in(budget))
    old = find(before, _ALLOWED)
    status = "True" if reason == "SufficientPods" else "False"
    since = old["lastTransitionTime"] if old is not None and old["status"] == status else time_text(now())
    new = {
        "type": _ALLOWED,
        "status": status,
        "observedGeneration": generation,
        "lastTransitionTime": since,
        "reason": reason,
        "message": message,
    }
    kept = {name: value for name, value in new.items() if value or name != "observedGeneration"}
    return [kept if one is old else one for one in before] if old is not None else [*before, kept]
