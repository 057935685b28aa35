"""All kinds that are served from the first second, group by group."""

from __future__ import annotations

from drakkar.apiserver.kinds import (
    admission_policies,
    apiextensions,
    apiregistration,
    apps,
    authentication,
    authorization,
    autoscaling,
    batch,
    certificates,
    coordination,
    core,
    discovery,
    dra,
    events,
    flowcontrol,
    networking,
    node,
    policy,
    rbac,
    scheduling,
    storage,
    storagemigration,
)
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.registry import Registry

# In the order of discovery.
KINDS: tuple[Kind, ...] = (
    *core.KINDS,
    *apiregistration.KINDS,
    *apps.KINDS,
    *events.KINDS,
    *authentication.KINDS,
    *authorization.KINDS,
    *autoscaling.KINDS,
    *batch.KINDS,
    *certificates.KINDS,
    *networking.KINDS,
    *policy.KINDS,
    *rbac.KINDS,
    *storage.KINDS,
    *admission_policies.KINDS,
    *apiextensions.KINDS,
    *scheduling.KINDS,
    *coordination.KINDS,
    *node.KINDS,
    *discovery.KINDS,
    *dra.KINDS,
    *flowcontrol.KINDS,
    *storagemigration.KINDS,
)
# The original has kinds of its own there as well.
_RESERVED = (
    "apiregistration.k8s.io",
    "certificates.k8s.io",
    "flowcontrol.apiserver.k8s.io",
    "storagemigration.k8s.io",
)


def registry() -> Registry:
    """A registry of these kinds, for one server."""
    return Registry(KINDS, _RESERVED)
