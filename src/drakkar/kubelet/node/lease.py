"""A node's lease, by which its cluster sees that it lives."""

from __future__ import annotations

import datetime

from drakkar.api.object import Object
from drakkar.api.time import micro_time_text
from drakkar.client.resources import LEASES

NAMESPACE = "kube-node-lease"
_DURATION = 40


def lease_spec(node: str) -> Object:
    """Of a lease that is renewed now."""
    stamp = micro_time_text(datetime.datetime.now(datetime.UTC))
    return {"holderIdentity": node, "leaseDurationSeconds": _DURATION, "renewTime": stamp}


def lease(node: str, node_uid: str) -> Object:
    """A whole one, which goes with its node."""
    owner = {"apiVersion": "v1", "kind": "Node", "name": node, "uid": node_uid}
    meta = {"name": node, "namespace": NAMESPACE, "ownerReferences": [owner]}
    body = {"apiVersion": LEASES.api_version, "kind": "Lease", "metadata": meta}
    return body | {"spec": lease_spec(node)}
