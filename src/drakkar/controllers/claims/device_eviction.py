"""Pods leave devices that have a NoExecute taint, and rules say how far that has come (dra-semantics 6.2, KEP-5055)."""

from __future__ import annotations

from collections import Counter, OrderedDict
from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey, Uid
from drakkar.api.pod_claims import is_owned, known_pod_claims, uses_claims
from drakkar.api.resource import DeviceTaintRule, ResourceClaim, ResourceSlice
from drakkar.api.time import time_or_none, time_text
from drakkar.client import Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import DEVICETAINTRULES, PODS, RESOURCECLAIMS, RESOURCESLICES
from drakkar.controllers.claims.driving_taints import (
    NO_EXECUTE,
    DrivingTaints,
    Leave,
    PoolKey,
    earliest,
    pool_of,
    selects,
)
from drakkar.controllers.claims.rule_condition import KIND, Affected, condition
from drakkar.controllers.machinery.clock import now
from drakkar.controllers.machinery.mirror import Mirror, Mirrors
from drakkar.controllers.machinery.ownership import is_deleting
from drakkar.controllers.machinery.podstate import SeenPod
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import status_in

_NAME: Final = "device-taint-eviction-controller"
_REASON: Final = "DeviceTaintManagerEviction"
_CONDITION: Final = {
    "type": "DisruptionTarget",
    "status": "True",
    "reason": "DeletionByDeviceTaintManager",
    "message": "Device Taint manager: deleting due to NoExecute taint",
}
# A rule's condition is written no more often, in seconds, while the rule stays as it is.
_STATUS_SECONDS = 10.0
_REMEMBERED = 500

SeenClaim = Seen[ResourceClaim]
SeenRule = Seen[DeviceTaintRule]


class Key(NamedTuple):
    """A pod, or a rule by its name."""

    kind: Literal["pod", "rule"]
    object: ObjectKey


class DeviceTaintEvictionController:
    """A pod's eviction is worked out anew at each look; what is remembered is told of only."""

    name = _NAME
    workers = 4

    def __init__(
        self, client: Client, mirrors: Mirrors, events: EventRecorder, with_rules: bool = True
    ) -> None:
        """`with_rules`: whether there are DeviceTaintRules (DRADeviceTaintRules)."""
        self._client = client
        self._events = events
        self._pods = mirrors.of(PODS, Pod)
        self._claims = mirrors.of(RESOURCECLAIMS, ResourceClaim)
        self._slices = mirrors.of(RESOURCESLICES, ResourceSlice)
        self.needs: tuple[Mirror[Any], ...] = (self._pods, self._claims, self._slices)
        self.queue: WorkQueue[Key] = WorkQueue()
        self._taints = DrivingTaints()
        # Allocated claims by the pools that their devices are from.
        self._by_pool: dict[PoolKey, dict[ObjectKey, None]] = {}
        self._pending: dict[ObjectKey, Leave] = {}
        self._evicted: OrderedDict[Uid, None] = OrderedDict()
        self._gone: Counter[Uid] = Counter()
        self._slices.add_handler(self._on_slice)
        self._claims.add_handler(self._on_claim)
        self._pods.add_handler(self._on_pod)
        if with_rules:
            self._rules = mirrors.of(DEVICETAINTRULES, DeviceTaintRule)
            self.needs += (self._rules,)
            self._rules.add_handler(self._on_rule)

    # What the watches tell.

    def _on_slice(self, change: ChangeOf[Seen[ResourceSlice]]) -> None:
        old, new = (None if one is None else one.it for one in (change.old, change.new))
        if self._taints.slice_changed(old, new):
            pools = {PoolKey(one.spec.driver, one.spec.pool.name) for one in (old, new) if one is not None}
            for pool in pools:
                self._look_at(self._claims_of(pool))

    def _claims_of(self, pool: PoolKey) -> Iterator[SeenClaim]:
        for key in self._by_pool.get(pool, ()):
            claim = self._claims.get(*key)
            if claim is not None:
                yield claim

    def _on_claim(self, change: ChangeOf[SeenClaim]) -> None:
        old, new = change.old, change.new
        for claim in (old, new):
            if claim is None:
                continue
            for pool in _pools(claim.it):
                claims = self._by_pool.setdefault(pool, {})
                if claim is new:
                    claims[claim.key] = None
                else:
                    claims.pop(claim.key, None)
                    if not claims:
                        del self._by_pool[pool]
        if self._taints.any or self._pending:
            self._look_at(one for one in (old, new) if one is not None)

    def _look_at(self, claims: Iterable[SeenClaim]) -> None:
        for claim in claims:
            for user in claim.it.status.reserved_for:
                if user.resource == "pods" and not user.api_group:
                    self.queue.add(Key("pod", ObjectKey(claim.key.namespace, user.name)))

    def _on_pod(self, change: ChangeOf[SeenPod]) -> None:
        pod = change.new or change.old
        assert pod is not None
        if pod.key in self._pending or (self._taints.any and uses_claims(pod.it)):
            self.queue.add(Key("pod", pod.key))

    def _on_rule(self, change: ChangeOf[SeenRule]) -> None:
        old, new = (None if one is None else one.it for one in (change.old, change.new))
        if change.new is not None:
            self.queue.add(Key("rule", change.new.key))
        if old is not None and new is not None and old.spec == new.spec:
            return
        self._taints.rule_changed(old, new)
        driving = [one for one in (old, new) if one is not None and one.spec.taint.effect == NO_EXECUTE]
        self._look_at(
            claim for claim in self._claims.all() if any(_is_about(rule, claim.it) for rule in driving)
        )

    # Pods.

    async def reconcile(self, key: Key) -> None:
        if key.kind == "rule":
            rule = self._rules.get(*key.object)
            if rule is not None:
                await self._tell_rule(rule)
            return
        pod = self._pods.get(*key.object)
        if pod is None or pod.is_deleting or pod.uid in self._evicted:
            self._note(key, None)
            return
        leave = self._leave(pod)
        if leave is None:
            if self._note(key, None):
                self._events.event(pod.obj, "Normal", _REASON, "Cancelling deletion")
            return
        self._note(key, leave)
        left = (leave.when - now()).total_seconds()
        if left > 0:
            self.queue.add_after(key, left)
            return
        if await self._evict(pod):
            self._gone.update(leave.rules)
            for name in self._names(leave.rules):
                self.queue.add_after(name, _STATUS_SECONDS)
        self._evicted[pod.uid] = None
        while len(self._evicted) > _REMEMBERED:
            self._evicted.popitem(last=False)
        self._pending.pop(key.object, None)

    def _note(self, key: Key, leave: Leave | None) -> bool:
        """Remember when a pod has to go; whether it had to."""
        before = self._pending.pop(key.object, None)
        if leave is not None:
            self._pending[key.object] = leave
        if before != leave:
            rules = (before.rules if before else frozenset()) | (leave.rules if leave else frozenset())
            for name in self._names(rules):
                self.queue.add(name)
        return before is not None

    def _names(self, rules: Iterable[Uid]) -> Iterator[Key]:
        for uid in rules:
            rule = self._rules.by_uid(uid)
            if rule is not None:
                yield Key("rule", rule.key)

    def _leave(self, pod: SeenPod, as_if: DeviceTaintRule | None = None) -> Leave | None:
        if not pod.it.spec.node_name:
            return None
        found: Leave | None = None
        for one in known_pod_claims(pod.it):
            claim = self._claims.get(pod.key.namespace, one.name)
            if claim is None or (one.own and not is_owned(claim.it.metadata, pod.uid)):
                continue
            if any(user.uid == pod.uid for user in claim.it.status.reserved_for):
                found = earliest(found, self._taints.leave(claim.it, as_if))
        return found

    async def _evict(self, pod: SeenPod) -> bool:
        """Delete it; False where it is gone or goes already. The server is asked: what was seen may be over."""
        namespace, name = pod.key
        try:
            stored = await self._client.get(PODS, name, namespace)
            if stored["metadata"]["uid"] != pod.uid or is_deleting(stored):
                return False
            self._events.event(pod.obj, "Normal", _REASON, "Marking for deletion")
            said = {**_CONDITION, "lastTransitionTime": time_text(now())}
            body = {"metadata": {"uid": pod.uid}, "status": {"conditions": [said]}}
            await self._client.patch(PODS, name, body, namespace, "strategic", subresource="status")
            await self._client.delete(PODS, name, namespace, uid=pod.uid)
        except NotFoundError:
            return False
        self._pods.learn_deletion(pod.key, pod.uid)
        return True

    # Rules.

    async def _tell_rule(self, rule: SeenRule) -> None:
        conditions = status_in(rule.obj).get("conditions") or ()
        before: Object = next((one for one in conditions if one.get("type") == KIND), {})
        generation = int(rule.obj["metadata"].get("generation") or 0)
        since = time_or_none(before.get("lastTransitionTime"))
        if since is not None and before.get("observedGeneration") == generation:
            left = _STATUS_SECONDS - (now() - since).total_seconds()
            if left > 0:
                self.queue.add_after(Key("rule", rule.key), left)
                return
        said = condition(rule.it.spec.taint.effect, self._affected(rule), generation)
        if all(before.get(name) == value for name, value in said.items()):
            return
        body = {
            "apiVersion": DEVICETAINTRULES.api_version,
            "kind": DEVICETAINTRULES.kind,
            "metadata": {"name": rule.key.name, "uid": rule.uid},
            "status": {"conditions": [{**said, "lastTransitionTime": time_text(now())}]},
        }
        try:
            answer = await self._client.patch(
                DEVICETAINTRULES,
                rule.key.name,
                body,
                kind="apply",
                subresource="status",
                field_manager=_NAME,
                force=True,
            )
        except NotFoundError:
            return
        self._rules.learn(answer)

    def _affected(self, rule: SeenRule) -> Affected:
        gone = self._gone[rule.uid]
        effect = rule.it.spec.taint.effect
        if effect not in (NO_EXECUTE, "None"):
            return Affected(evicted=gone)
        as_if = rule.it if effect == "None" else None
        namespaces: Counter[str] = Counter()
        for pod in self._pods.all():
            if pod.is_deleting or not uses_claims(pod.it):
                continue
            leave = self._leave(pod, as_if)
            if leave is not None and rule.uid in leave.rules:
                namespaces[pod.key.namespace] += 1
        pods = namespaces.total()
        if as_if is None:
            return Affected(pods, len(namespaces), evicted=gone)
        allocated = sum(
            selects(rule.it, one.driver, one.pool, one.device)
            for claim in self._claims.all()
            if claim.it.status.allocation is not None
            for one in claim.it.status.allocation.devices.results
        )
        return Affected(pods, len(namespaces), self._taints.published(rule.it), allocated, gone)


def _pools(claim: ResourceClaim) -> set[PoolKey]:
    allocation = claim.status.allocation
    return set() if allocation is None else {pool_of(result) for result in allocation.devices.results}


def _is_about(rule: DeviceTaintRule, claim: ResourceClaim) -> bool:
    allocation = claim.status.allocation
    return allocation is not None and any(
        selects(rule, one.driver, one.pool, one.device) for one in allocation.devices.results
    )
