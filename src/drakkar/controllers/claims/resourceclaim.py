"""The life of claims: made from templates, reserved for pods, freed when their pods are done (dra-semantics 4)."""

from __future__ import annotations

from typing import Literal, NamedTuple

from drakkar.api.core import Pod
from drakkar.api.object import Object, ObjectKey, Uid, key_of
from drakkar.api.pod_claims import Entry, entries, known_claims, recorded, uses_claims
from drakkar.api.resource import DecodeError, ResourceClaim, ResourceClaimTemplate, decode
from drakkar.client import ApiError, Client, EventRecorder, NotFoundError, WorkQueue
from drakkar.client.changes import ChangeOf
from drakkar.client.resources import PODS, RESOURCECLAIMS, RESOURCECLAIMTEMPLATES
from drakkar.controllers.claims.template import POD_CLAIM_NAME, claim_from_template
from drakkar.controllers.claims.users import ClaimUsers, pod_is_done
from drakkar.controllers.machinery.mirror import UNSEEN_SECONDS, Mirrors
from drakkar.controllers.machinery.ownership import (
    controlled_by,
    controller_of,
    is_deleting,
    remove_finalizer,
)
from drakkar.controllers.machinery.podwork import namespace_is_ending
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.machinery.stored import finalizers_of, status_in

SeenClaim = Seen[ResourceClaim]

FIELD_MANAGER = "ResourceClaimController"
FINALIZER = "resource.kubernetes.io/delete-protection"


class Key(NamedTuple):
    """A pod or a claim."""

    kind: Literal["pod", "claim"]
    object: ObjectKey


class ClaimNotUsableError(Exception):
    """A pod's claim cannot be made or found yet; the pod is tried again."""


class ResourceClaimController:
    """Makes claims for pods, and frees those that pods are done with."""

    name = "resourceclaim"
    # More would make claims faster than they can be cleared away behind pods that come and go.
    workers = 4

    def __init__(self, client: Client, mirrors: Mirrors, events: EventRecorder) -> None:
        self._client = client
        self._events = events
        self._pods = mirrors.of(PODS, Pod)
        self._claims = mirrors.of(RESOURCECLAIMS, ResourceClaim)
        self._templates = mirrors.of(RESOURCECLAIMTEMPLATES, ResourceClaimTemplate)
        self._users = ClaimUsers()
        self.queue: WorkQueue[Key] = WorkQueue()
        self.needs = (self._pods, self._claims, self._templates)
        self._pods.add_handler(self._on_pod)
        self._claims.add_handler(self._on_claim)
        self._templates.add_handler(self._on_template)

    def _on_pod(self, change: ChangeOf[Seen[Pod]]) -> None:
        before, now = (None if obj is None else obj.it for obj in (change.old, change.new))
        self._users.pod_changed(before, now)
        pod = now or before
        assert pod is not None
        if not uses_claims(pod):
            return
        namespace = pod.metadata.namespace
        if now is not None and not pod_is_done(now):
            self.queue.add(Key("pod", ObjectKey(namespace, now.metadata.name)))
            return
        names = dict.fromkeys(known_claims(pod))
        names |= dict.fromkeys(claim.key.name for claim in self._claims.owned(pod.metadata.uid))
        for name in names:
            self.queue.add(Key("claim", ObjectKey(namespace, name)))

    def _on_claim(self, change: ChangeOf[SeenClaim]) -> None:
        old, new = change.old, change.new
        claim = new or old
        assert claim is not None
        if new is not None:
            self.queue.add(Key("claim", new.key))
        for pod in self._users.of_claim(claim.key):
            self.queue.add(Key("pod", pod))

    def _on_template(self, change: ChangeOf[Seen[ResourceClaimTemplate]]) -> None:
        new = change.new
        if new is not None:
            for pod in self._users.of_template(new.key):
                self.queue.add(Key("pod", pod))

    async def reconcile(self, key: Key) -> None:
        if key.kind == "pod":
            obj = self._pods.get(*key.object)
            if obj is not None and not obj.is_deleting and not pod_is_done(obj.it):
                await self._sync_pod(obj)
            return
        claim = self._claims.get(*key.object)
        if claim is not None:
            await self._sync_claim(claim)

    # Pods: making claims from templates.

    async def _sync_pod(self, obj: Seen[Pod]) -> None:
        pod = obj.it
        made: dict[str, str] = {}
        for entry in entries(pod):
            if not entry.template or not (entry.claim or entry.unmade):
                continue
            try:
                claim = await self._claim_for(obj, entry)
            except (ApiError, ClaimNotUsableError) as error:
                if not (isinstance(error, ApiError) and namespace_is_ending(error)):
                    message = f"PodResourceClaim {entry.name}: {error}"
                    self._events.event(obj.obj, "Warning", "FailedResourceClaimCreation", message)
                raise
            if claim != entry.claim:
                made[entry.name] = claim
        if made:
            await self._record(pod, {**recorded(pod), **made})
        if pod.spec.node_name:
            # The scheduler reserves before it binds, so this is a pod that somebody bound without it.
            await self._reserve_all(pod, made)

    async def _claim_for(self, pod: Seen[Pod], entry: Entry) -> str:
        namespace, uid = pod.it.metadata.namespace, pod.it.metadata.uid
        if entry.claim:
            found = await self._find(namespace, entry.claim)
            if found is not None and controlled_by(found, uid):
                if self._claims.by_uid(found["metadata"]["uid"]) is None:
                    self.queue.add_after(Key("pod", pod.key), UNSEEN_SECONDS)
                return entry.claim
        for claim in self._claims.controlled(uid):
            meta = claim.it.metadata
            if meta.annotations.get(POD_CLAIM_NAME) == entry.name and not claim.is_deleting:
                return meta.name
        template = self._templates.get(namespace, entry.template)
        if template is None:
            raise ClaimNotUsableError(
                f'resource claim template "{entry.template}":'
                f' resourceclaimtemplate.resource.k8s.io "{entry.template}" not found'
            )
        wanted = claim_from_template(template, pod.obj, entry.name)
        try:
            made = await self._client.create(RESOURCECLAIMS, wanted, namespace)
        except ApiError as error:
            if namespace_is_ending(error):
                raise
            # Upstream has a name here that is never filled in.
            raise ClaimNotUsableError(f"create ResourceClaim : {error}") from None
        self._claims.learn(made)
        return str(made["metadata"]["name"])

    async def _find(self, namespace: str, name: str) -> Object | None:
        claim = self._claims.get(namespace, name)
        if claim is not None:
            return claim.obj
        try:
            return await self._client.get(RESOURCECLAIMS, name, namespace)
        except NotFoundError:
            return None

    async def _record(self, pod: Pod, names: dict[str, str | None]) -> None:
        meta = pod.metadata
        present = {entry.name for entry in entries(pod)}
        statuses = [
            {"name": name, **({} if claim is None else {"resourceClaimName": claim})}
            for name, claim in sorted(names.items())
            if name in present
        ]
        body = {
            "apiVersion": "v1",
            "kind": "Pod",
            "metadata": {"name": meta.name, "namespace": meta.namespace, "uid": meta.uid},
            "status": {"resourceClaimStatuses": statuses},
        }
        answer = await self._client.patch(
            PODS,
            meta.name,
            body,
            meta.namespace,
            "apply",
            subresource="status",
            field_manager=FIELD_MANAGER,
            force=True,
        )
        self._pods.learn(answer)

    async def _reserve_all(self, pod: Pod, made: dict[str, str]) -> None:
        """`made` are claims of its entries that the pod does not name yet."""
        uid, namespace = pod.metadata.uid, pod.metadata.namespace
        for entry in entries(pod):
            name = made.get(entry.name, entry.claim)
            claim = self._claims.get(namespace, name) if name else None
            if claim is None or claim.is_deleting:
                continue
            if entry.own and not controlled_by(claim.obj, uid):
                continue
            if claim.it.status.allocation is None or any(
                one.uid == uid for one in claim.it.status.reserved_for
            ):
                continue
            stored = status_in(claim.obj)
            consumer = {"resource": "pods", "name": pod.metadata.name, "uid": uid}
            reserved = [*(stored.get("reservedFor") or ()), consumer]
            await self._write_status(claim.obj, {**stored, "reservedFor": reserved})

    # Claims: freeing them.

    async def _sync_claim(self, seen: SeenClaim) -> None:
        claim, status = seen.obj, status_in(seen.obj)
        reserved = status.get("reservedFor") or []
        kept = [consumer for consumer in reserved if not await self._is_over(seen.key.namespace, consumer)]
        protected = FINALIZER in finalizers_of(claim)
        if len(kept) != len(reserved):
            changed = {**status, "reservedFor": kept}
            if not kept:
                del changed["reservedFor"]
                if protected:
                    changed.pop("allocation", None)
            claim = await self._write_status(claim, changed)
            if not kept and protected:
                await remove_finalizer(self._client, self._claims, claim, FINALIZER)
        elif seen.is_deleting and protected and not reserved:
            if status.get("allocation"):
                claim = await self._write_status(
                    claim, {key: value for key, value in status.items() if key != "allocation"}
                )
            await remove_finalizer(self._client, self._claims, claim, FINALIZER)
        if not kept:
            await self._delete_if_pod_is_done(claim)
        elif any(
            consumer.get("resource") == "pods" and self._pods.by_uid(consumer["uid"]) is None
            for consumer in kept
        ):
            self.queue.add_after(Key("claim", seen.key), UNSEEN_SECONDS)

    async def _is_over(self, namespace: str, consumer: Object) -> bool:
        """Whether a consumer will not use the claim again. One of a kind we do not know may."""
        if consumer.get("apiGroup") or consumer.get("resource") != "pods":
            return False
        return await self._has_ended(namespace, consumer["name"], consumer["uid"])

    async def _has_ended(self, namespace: str, name: str, uid: Uid) -> bool:
        """Whether a pod will never use its claims again. Where that is not certain by what we have seen, the server is asked:
        a device that is freed too early is given away while its container runs.
        """
        if self._pods.deleted(uid):
            return True
        seen = self._pods.get(namespace, name)
        if seen is not None and seen.uid == uid:
            if not pod_is_done(seen.it):
                return False
            if seen.it.is_over:
                return True
        # Not seen yet, or one before it of the same name still is; or we have noted that it was deleted before a node had
        # it, and it was bound before that.
        try:
            pod = await self._client.get(PODS, name, namespace)
        except NotFoundError:
            return True
        return bool(pod["metadata"]["uid"] != uid) or self._is_done(pod)

    @staticmethod
    def _is_done(pod: Object) -> bool:
        """Whether the pod will never use its claims again; not said of one that cannot be read."""
        try:
            return pod_is_done(decode(Pod, pod))
        except DecodeError:
            return False

    async def _write_status(self, claim: Object, status: Object) -> Object:
        answer = await self._client.update(RESOURCECLAIMS, {**claim, "status": status}, "status")
        self._claims.learn(answer)
        return answer

    async def _delete_if_pod_is_done(self, claim: Object) -> None:
        metadata = claim["metadata"]
        owner = controller_of(claim)
        if owner is None or is_deleting(claim) or (owner["apiVersion"], owner["kind"]) != ("v1", "Pod"):
            return
        if self._pods.get(metadata["namespace"], owner["name"]) is None:
            return
        if not await self._has_ended(metadata["namespace"], owner["name"], owner["uid"]):
            return
        try:
            await self._client.delete(
                RESOURCECLAIMS, metadata["name"], metadata["namespace"], uid=metadata["uid"]
            )
        except NotFoundError:
            return
        self._claims.learn_deletion(key_of(claim), metadata["uid"])
