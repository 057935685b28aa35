"""The life of claims: made from templates, reserved for pods, freed when their pods are done (dra-semantics 4)."""

from __future__ import annotations

import copy
from typing import Any

from drakkar.client import ApiError, Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import Change
from drakkar.client.resources import PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES
from drakkar.controllers.claims.template import POD_CLAIM_NAME, claim_from_template
from drakkar.controllers.claims.users import (
    ClaimUsers,
    claim_names,
    entries,
    pod_is_done,
    recorded_claims,
    uses_claims,
)
from drakkar.controllers.machinery.mirror import Mirrors
from drakkar.controllers.machinery.ownership import (
    controlled_by,
    controller_of,
    is_deleting,
    remove_finalizer,
)
from drakkar.controllers.machinery.podstate import is_scheduled
from drakkar.controllers.machinery.podwork import namespace_is_ending

Object = dict[str, Any]
Key = tuple[str, str, str]

FIELD_MANAGER = "ResourceClaimController"
FINALIZER = "resource.kubernetes.io/delete-protection"


class ClaimNotUsable(Exception):
    """A pod's claim cannot be made or found yet; the pod is tried again."""


class ResourceClaimController:
    """Keys are ("pod" or "claim", namespace, name)."""

    name = "resourceclaim"
    workers = 4

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._events = events
        self._pods = mirrors.of(PODS)
        self._claims = mirrors.of(RESOURCECLAIMS)
        self._templates = mirrors.of(RESOURCECLAIMTEMPLATES)
        self._users = ClaimUsers()
        self.queue: WorkQueue[Key] = WorkQueue()
        self.needs = (self._pods, self._claims, self._templates)
        self._pods.add_handler(self._on_pod)
        self._claims.add_handler(self._on_claim)
        self._templates.add_handler(self._on_template)

    def _on_pod(self, change: Change) -> None:
        old, new = change.old, change.new
        self._users.pod_changed(old, new)
        pod = new or old
        assert pod is not None
        if not uses_claims(pod):
            return
        namespace = pod["metadata"]["namespace"]
        if new is not None and not pod_is_done(new):
            self.queue.add(("pod", namespace, new["metadata"]["name"]))
            return
        names = dict.fromkeys(claim_names(pod))
        names |= dict.fromkeys(
            claim["metadata"]["name"] for claim in self._claims.owned(pod["metadata"]["uid"])
        )
        for name in names:
            self.queue.add(("claim", namespace, name))

    def _on_claim(self, change: Change) -> None:
        old, new = change.old, change.new
        claim = new or old
        assert claim is not None
        namespace, name = claim["metadata"]["namespace"], claim["metadata"]["name"]
        if new is not None:
            self.queue.add(("claim", namespace, name))
        for pod in self._users.of_claim(namespace, name):
            self.queue.add(("pod", *pod))

    def _on_template(self, change: Change) -> None:
        new = change.new
        if new is not None:
            for pod in self._users.of_template(new["metadata"]["namespace"], new["metadata"]["name"]):
                self.queue.add(("pod", *pod))

    async def reconcile(self, key: Key) -> None:
        kind, namespace, name = key
        if kind == "pod":
            pod = self._pods.get(namespace, name)
            if pod is not None and not is_deleting(pod) and not pod_is_done(pod):
                await self._sync_pod(pod)
            return
        claim = self._claims.get(namespace, name)
        if claim is not None:
            await self._sync_claim(claim)

    # Pods: making claims from templates.

    async def _sync_pod(self, pod: Object) -> None:
        recorded = recorded_claims(pod)
        made: dict[str, str] = {}
        for entry in entries(pod):
            if not entry.get("resourceClaimTemplateName"):
                continue
            name = entry["name"]
            if name in recorded and recorded[name] is None:
                continue
            try:
                claim = await self._claim_for(pod, entry, recorded.get(name))
            except (ApiError, ClaimNotUsable) as error:
                if not (isinstance(error, ApiError) and namespace_is_ending(error)):
                    message = f"PodResourceClaim {name}: {error}"
                    self._events.event(pod, "Warning", "FailedResourceClaimCreation", message)
                raise
            if claim != recorded.get(name):
                made[name] = claim
        if made:
            await self._record(pod, {**recorded, **made})
        if is_scheduled(pod):
            # The scheduler reserves before it binds, so this is a pod that somebody bound without it.
            await self._reserve_all(pod, {**recorded, **made})

    async def _claim_for(self, pod: Object, entry: Object, recorded: str | None) -> str:
        namespace, uid = pod["metadata"]["namespace"], pod["metadata"]["uid"]
        if recorded is not None:
            claim = await self._find(namespace, recorded)
            if claim is not None and controlled_by(claim, uid):
                return recorded
        for claim in self._claims.controlled(uid):
            annotations = claim["metadata"].get("annotations") or {}
            if annotations.get(POD_CLAIM_NAME) == entry["name"] and not is_deleting(claim):
                return str(claim["metadata"]["name"])
        template_name = entry["resourceClaimTemplateName"]
        template = self._templates.get(namespace, template_name)
        if template is None:
            raise ClaimNotUsable(f'resource claim template "{template_name}" not found')
        wanted = claim_from_template(template, pod, entry["name"])
        made = await self._client.create(RESOURCECLAIMS, wanted, namespace)
        self._claims.learn(made)
        return str(made["metadata"]["name"])

    async def _find(self, namespace: str, name: str) -> Object | None:
        claim = self._claims.get(namespace, name)
        if claim is None:
            try:
                claim = await self._client.get(RESOURCECLAIMS, name, namespace)
            except NotFoundError:
                return None
        return claim

    async def _record(self, pod: Object, names: dict[str, str | None]) -> None:
        metadata = pod["metadata"]
        present = {entry["name"] for entry in entries(pod)}
        statuses = [
            {"name": name, **({} if claim is None else {"resourceClaimName": claim})}
            for name, claim in sorted(names.items())
            if name in present
        ]
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {
                "name": metadata["name"],
                "namespace": metadata["namespace"],
                "uid": metadata["uid"],
            },
            "status": {"resourceClaimStatuses": statuses},
        }
        answer = await self._client.patch(
            PODS,
            metadata["name"],
            body,
            metadata["namespace"],
            "apply",
            subresource="status",
            field_manager=FIELD_MANAGER,
            force=True,
        )
        self._pods.learn(answer)

    async def _reserve_all(self, pod: Object, names: dict[str, str | None]) -> None:
        uid, namespace = pod["metadata"]["uid"], pod["metadata"]["namespace"]
        for entry in entries(pod):
            name = entry.get("resourceClaimName") or names.get(entry["name"])
            claim = self._claims.get(namespace, name) if name else None
            if claim is None or is_deleting(claim):
                continue
            if entry.get("resourceClaimTemplateName") and not controlled_by(claim, uid):
                continue
            status = claim.get("status") or {}
            reserved = status.get("reservedFor") or []
            if not status.get("allocation") or any(consumer["uid"] == uid for consumer in reserved):
                continue
            consumer = {"resource": "pods", "name": pod["metadata"]["name"], "uid": uid}
            await self._write_status(claim, {**status, "reservedFor": [*reserved, consumer]})

    # Claims: freeing them.

    async def _sync_claim(self, claim: Object) -> None:
        status = claim.get("status") or {}
        reserved = status.get("reservedFor") or []
        kept = [consumer for consumer in reserved if not await self._is_over(claim, consumer)]
        protected = FINALIZER in (claim["metadata"].get("finalizers") or [])
        if len(kept) != len(reserved):
            changed = {**status, "reservedFor": kept}
            if not kept:
                del changed["reservedFor"]
                if protected:
                    changed.pop("allocation", None)
            claim = await self._write_status(claim, changed)
            if not kept and protected:
                await remove_finalizer(self._client, self._claims, claim, FINALIZER)
        elif is_deleting(claim) and protected and not reserved:
            if status.get("allocation"):
                claim = await self._write_status(
                    claim, {key: value for key, value in status.items() if key != "allocation"}
                )
            await remove_finalizer(self._client, self._claims, claim, FINALIZER)
        if not kept:
            await self._delete_if_pod_is_done(claim)

    async def _is_over(self, claim: Object, consumer: Object) -> bool:
        """Whether a consumer will not use the claim again. One of a kind we do not know may."""
        if consumer.get("apiGroup") or consumer.get("resource") != "pods":
            return False
        uid, namespace = consumer["uid"], claim["metadata"]["namespace"]
        if self._pods.deleted(uid):
            return True
        pod = self._pods.get(namespace, consumer["name"])
        if pod is None:
            # The scheduler may know the pod before we do.
            try:
                pod = await self._client.get(PODS, consumer["name"], namespace)
            except NotFoundError:
                return True
        return bool(pod["metadata"]["uid"] != uid) or pod_is_done(pod)

    async def _write_status(self, claim: Object, status: Object) -> Object:
        changed = copy.copy(claim)
        changed["status"] = status
        answer = await self._client.update(RESOURCECLAIMS, changed, "status")
        self._claims.learn(answer)
        return answer

    async def _delete_if_pod_is_done(self, claim: Object) -> None:
        metadata = claim["metadata"]
        owner = controller_of(claim)
        if owner is None or is_deleting(claim) or (owner["apiVersion"], owner["kind"]) != ("v1", "Pod"):
            return
        pod = self._pods.get(metadata["namespace"], owner["name"])
        if pod is None or (pod["metadata"]["uid"] == owner["uid"] and not pod_is_done(pod)):
            return
        try:
            await self._client.delete(
                RESOURCECLAIMS, metadata["name"], metadata["namespace"], uid=metadata["uid"]
            )
        except NotFoundError:
            return
        self._claims.learn_deletion(claim)
