"""A driver that `drakkar up` runs beside a node writes the ResourceSlices of that node and no other.

Upstream's drivers run in pods, whose tokens name their node, and their charts bring an admission policy. Ours have a
certificate: the group `drakkar:drivers`, and the node in the user's name.
"""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver import errors
from drakkar.apiserver.access.authentication import User
from drakkar.apiserver.access.requester import Requester
from drakkar.apiserver.kinds.kind import Kind

GROUP = "drakkar:drivers"
USER_PREFIX = "drakkar:driver:"


def driver_node(user: User) -> str | None:
    """The node whose driver a user is; the empty name where that is not told, None for everybody else."""
    if GROUP not in user.groups:
        return None
    return user.name.removeprefix(USER_PREFIX) if user.name.startswith(USER_PREFIX) else ""


def check(requester: Requester, kind: Kind, new: Object | None, old: Object | None) -> None:
    """Let a driver write a slice, or raise StatusError 403."""
    node = driver_node(requester.user)
    if node is None or (kind.group, kind.plural) != ("resource.k8s.io", "resourceslices"):
        return
    for obj in (old, new):
        if obj is not None and (not node or (obj.get("spec") or {}).get("nodeName") != node):
            name = (obj.get("metadata") or {}).get("name", "")
            said = f'the driver of node "{node}" can only write ResourceSlices with spec.nodeName set to it'
            raise errors.forbidden(kind.group, kind.plural, name, said)
