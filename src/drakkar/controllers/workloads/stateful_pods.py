"""Making, mending and deleting the pods of StatefulSets and their volume claims, with the events that tell of it."""

from __future__ import annotations

import copy

from drakkar.api.core import Pod
from drakkar.api.object import Object
from drakkar.api.storage import VolumeClaim
from drakkar.client import AlreadyExistsError, ApiError, Client, ConflictError, EventRecorder, NotFoundError
from drakkar.client.resources import PERSISTENTVOLUMECLAIMS, PODS
from drakkar.controllers.machinery.mirror import Mirror
from drakkar.controllers.machinery.ownership import set_owner_references
from drakkar.controllers.machinery.podstate import SeenPod
from drakkar.controllers.machinery.seen import Seen
from drakkar.controllers.workloads.claim_retention import (
    has_other_controller,
    is_settled,
    is_stale,
    settled_owners,
)
from drakkar.controllers.workloads.stateful_identity import (
    SeenSet,
    claim_name,
    claim_templates,
    has_identity,
    has_storage,
    parent_and_ordinal,
    with_identity,
)


def _all_said(errors: list[ApiError]) -> ApiError:
    """One refusal for all of them."""
    said = list(dict.fromkeys(error.message for error in errors))
    first = errors[0]
    return ApiError(
        first.code, first.reason, said[0] if len(said) == 1 else f"[{', '.join(said)}]", first.status
    )


class StatefulPods:
    """Every method raises ApiError for what the server refuses, after it was told of."""

    def __init__(
        self, client: Client, pods: Mirror[Pod], claims: Mirror[VolumeClaim], events: EventRecorder
    ) -> None:
        self._client = client
        self._pods = pods
        self._claims = claims
        self._events = events

    def _tell(self, what: str, stateful_set: SeenSet, pod: str, error: ApiError | None = None) -> None:
        """Of something done to a pod, or not done."""
        said = f"{what} Pod {pod} in StatefulSet {stateful_set.it.metadata.name}"
        if error is None:
            self._events.event(stateful_set.obj, "Normal", f"Successful{what}", f"{said} successful")
        else:
            self._events.event(
                stateful_set.obj, "Warning", f"Failed{what}", f"{said} failed error: {error.message or error}"
            )

    def _held(self, stateful_set: SeenSet, pod: Object) -> list[Seen[VolumeClaim]]:
        """The claims of a pod that are there."""
        namespace, number = stateful_set.key.namespace, parent_and_ordinal(pod["metadata"]["name"])[1]
        found = [
            self._claims.get(namespace, claim_name(stateful_set, template, number))
            for template in claim_templates(stateful_set)
        ]
        return [claim for claim in found if claim is not None]

    def has_stale_claim(self, stateful_set: SeenSet, pod: Object) -> bool:
        """Whether a claim for a pod that is to be made is still to go with an earlier one."""
        policy = stateful_set.it.spec.persistent_volume_claim_retention_policy
        return policy.when_scaled != "Retain" and any(
            is_stale(claim.obj, pod) for claim in self._held(stateful_set, pod)
        )

    async def create(self, stateful_set: SeenSet, pod: Object) -> None:
        name = pod["metadata"]["name"]
        try:
            await self._make_claims(stateful_set, pod)
        except ApiError as error:
            self._tell("Create", stateful_set, name, error)
            raise
        refused: ApiError | None = None
        try:
            self._pods.learn(await self._client.create(PODS, pod, stateful_set.key.namespace))
        except AlreadyExistsError:
            raise
        except ApiError as error:
            refused = error
        await self.settle_claims(stateful_set, pod)
        self._tell("Create", stateful_set, name, refused)
        if refused is not None:
            raise refused

    async def complete_claims(self, stateful_set: SeenSet, pod: SeenPod) -> None:
        """Make the claims of a pod that are missing."""
        await self._make_claims(stateful_set, pod.obj)
        await self.settle_claims(stateful_set, pod.obj)

    async def _make_claims(self, stateful_set: SeenSet, pod: Object) -> None:
        namespace, number = stateful_set.key.namespace, parent_and_ordinal(pod["metadata"]["name"])[1]
        errors: list[ApiError] = []
        for template in claim_templates(stateful_set):
            name = claim_name(stateful_set, template, number)
            held = self._claims.get(namespace, name)
            if held is not None:
                if held.is_deleting:
                    errors.append(ConflictError(409, "Conflict", f"pvc {name} is being deleted"))
                continue
            try:
                await self._make_claim(stateful_set, template, name, pod["metadata"]["name"])
            except ApiError as error:
                text = f"failed to create PVC {name}: {error.message or error}"
                errors.append(ApiError(error.code, error.reason, text, error.status))
        if errors:
            raise _all_said(errors)

    async def _make_claim(self, stateful_set: SeenSet, template: Object, name: str, pod: str) -> None:
        selector = stateful_set.obj["spec"]["selector"].get("matchLabels") or {}
        metadata = template["metadata"]
        labels = {**(metadata.get("labels") or {}), **selector}
        namespace, owner = stateful_set.key
        claim = {
            "apiVersion": "v1",
            "kind": "PersistentVolumeClaim",
            "metadata": {**metadata, "name": name, "namespace": namespace, "labels": labels},
            "spec": copy.deepcopy(template["spec"]),
        }
        try:
            made = await self._client.create(PERSISTENTVOLUMECLAIMS, claim, namespace)
        except AlreadyExistsError:
            raise
        except ApiError as error:
            said = f"Create Claim {name} for Pod {pod} in StatefulSet {owner} failed error: {error.message or error}"
            self._events.event(stateful_set.obj, "Warning", "FailedCreate", said)
            raise
        self._claims.learn(made)
        said = f"Create Claim {name} Pod {pod} in StatefulSet {owner} success"
        self._events.event(stateful_set.obj, "Normal", "SuccessfulCreate", said)

    def claims_are_settled(self, stateful_set: SeenSet, pod: Object) -> bool:
        return all(is_settled(claim.obj, stateful_set, pod) for claim in self._held(stateful_set, pod))

    async def settle_claims(self, stateful_set: SeenSet, pod: Object) -> None:
        """Give the claims of a pod the owners that they shall have."""
        for claim in self._held(stateful_set, pod):
            if has_other_controller(claim.obj, stateful_set, pod):
                said = (
                    f"PersistentVolumeClaim {claim.key.name} has a conflicting OwnerReference that acts as a manging "
                    "controller, the retention policy is ignored for this claim"
                )
                self._events.event(stateful_set.obj, "Warning", "ConflictingController", said)
            if is_settled(claim.obj, stateful_set, pod):
                continue
            owners = settled_owners(claim.obj, stateful_set, pod)
            try:
                await set_owner_references(self._client, self._claims, claim.obj, owners)
            except ApiError as error:
                said = f"could not update claim {claim.key.name} for delete policy ownerRefs: {error.message}"
                told = ApiError(error.code, error.reason, said, error.status)
                self._tell("Update", stateful_set, pod["metadata"]["name"], told)
                raise

    async def mend(self, stateful_set: SeenSet, pod: SeenPod) -> None:
        """Give a pod its name as a label, the volumes of its claims, and its claims their owners."""
        name = pod.key.name
        try:
            if not has_storage(stateful_set, pod):
                await self._make_claims(stateful_set, pod.obj)
            if not self.claims_are_settled(stateful_set, pod.obj):
                await self.settle_claims(stateful_set, pod.obj)
                if has_identity(pod) and has_storage(stateful_set, pod):
                    self._tell("Update", stateful_set, name)
                    return
            if has_identity(pod) and has_storage(stateful_set, pod):
                return
            changed = with_identity(stateful_set, pod)
            self._pods.learn(await self._client.update(PODS, changed))
        except ConflictError:
            raise
        except ApiError as error:
            self._tell("Update", stateful_set, name, error)
            raise
        self._tell("Update", stateful_set, name)

    async def delete(self, stateful_set: SeenSet, pod: SeenPod) -> None:
        namespace, name = pod.key
        try:
            await self._client.delete(PODS, name, namespace, uid=pod.uid)
            self._pods.learn_deletion(pod.key, pod.uid)
        except NotFoundError:
            pass
        except ApiError as error:
            # Another pod has the name by now: the one that was meant is gone.
            if error.code != 409:
                self._tell("Delete", stateful_set, name, error)
                raise
        self._tell("Delete", stateful_set, name)
