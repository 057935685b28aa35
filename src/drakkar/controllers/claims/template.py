"""The ResourceClaim that a pod's claim template expands to (dra-semantics 4.3.3); pure."""

from __future__ import annotations

import copy

from drakkar.api.object import Object
from drakkar.api.resource import ResourceClaimTemplate
from drakkar.controllers.machinery.ownership import owner_reference
from drakkar.controllers.machinery.seen import Seen

POD_CLAIM_NAME = "resource.kubernetes.io/pod-claim-name"
# The server puts five characters behind it, and a name has at most 63 if it is to serve as a label too.
_LONGEST_PREFIX = 57


def generate_name(owner: str, entry: str) -> str:
    """`<owner>-<entry>-`, each part cut by the same share when the whole is too long."""
    whole = f"{owner}-{entry}-"
    if len(whole) <= _LONGEST_PREFIX:
        return whole
    parts = [part[: len(part) * _LONGEST_PREFIX // len(whole)].rstrip("-") for part in (owner, entry)]
    return f"{parts[0]}-{parts[1]}-"


def claim_from_template(template: Seen[ResourceClaimTemplate], owner: Object, entry: str) -> Object:
    """The claim for one entry of a pod's (or pod group's) resourceClaims, owned by it."""
    given = template.it.spec.metadata
    metadata: Object = {
        "generateName": generate_name(owner["metadata"]["name"], entry),
        "namespace": owner["metadata"]["namespace"],
        "annotations": {**given.annotations, POD_CLAIM_NAME: entry},
        "ownerReferences": [owner_reference(owner, block=False)],
    }
    if given.labels:
        metadata["labels"] = dict(given.labels)
    return {
        "apiVersion": "resource.k8s.io/v1",
        "kind": "ResourceClaim",
        "metadata": metadata,
        "spec": copy.deepcopy(template.obj["spec"]["spec"]),
    }
