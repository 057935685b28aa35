"""What a pod's security context means for a container of the process runtime: applied, refused, or told in an event.

docs/process-runtime.md has the same as a table, one row a field.
"""

from __future__ import annotations

import os
from collections.abc import Iterator

from drakkar.kubelet.runtime.container import Restrictions
from drakkar.kubelet.runtime.errors import NotPermittedError
from drakkar.kubelet.runtime.process import privileges
from drakkar.kubelet.runtime.process.mounts import Isolation
from drakkar.kubelet.runtime.security import Profile, SecurityRequest


def _profiles(asked: SecurityRequest) -> tuple[tuple[str, str, Profile], ...]:
    """By their fields and what people call them."""
    return ("seccompProfile", "seccomp", asked.seccomp), ("appArmorProfile", "AppArmor", asked.apparmor)


def _refuse(asked: SecurityRequest, isolation: Isolation) -> None:
    where = asked.where
    if asked.non_root:
        if asked.user == 0:
            raise NotPermittedError(f"container's runAsUser breaks non-root policy {where}")
        if asked.user is None and (isolation.mode != "none" or os.geteuid() == 0):
            raise NotPermittedError(f"container has runAsNonRoot and image will run as root {where}")
    if asked.read_only_root and isolation.mode == "none":
        raise NotPermittedError(
            f"readOnlyRootFilesystem needs mount namespaces, which this node has not {where}"
        )
    for _, called, profile in _profiles(asked):
        if profile.type == "Localhost":
            text = f'{called} profile "{profile.name}" cannot be applied on this node'
            raise NotPermittedError(f"{text} {where}")
    if asked.own_users and isolation.mode != "user":
        raise NotPermittedError(f"hostUsers: false cannot be applied on this node {where}")
    if asked.runtime_class:
        raise NotPermittedError(f'no handler for RuntimeClass "{asked.runtime_class}" on this node {where}')


def _not_given(asked: SecurityRequest, isolation: Isolation) -> Iterator[str]:
    root = os.geteuid() == 0
    for name, called, profile in _profiles(asked):
        if profile.type == "RuntimeDefault":
            yield f"{name}: no {called} profile is applied"
    if asked.selinux:
        yield "seLinuxOptions: no label is applied"
    if asked.sysctls:
        yield "sysctls: none is set"
    if asked.shared_processes:
        yield "shareProcessNamespace: each container has processes of its own"
    if not root:
        yield from (
            f"{name}: not applied, the node runs as an ordinary user" for name in _ids(asked, isolation)
        )
    if isolation.mode == "none":
        yield from _without_namespaces(asked, root)
    elif isolation.mode == "user" and _added(asked) & privileges.UNDOING:
        yield f"capabilities: {', '.join(sorted(_added(asked) & privileges.UNDOING))} not given"
    if not isolation.own_processes and isolation.mode != "none" and not asked.host_processes:
        yield "processes of its own: not to be had on this node, the host's are seen"


def _ids(asked: SecurityRequest, isolation: Isolation) -> Iterator[str]:
    """The users and groups asked for that an ordinary user cannot give."""
    if asked.supplemental_groups:
        yield "supplementalGroups"
    if asked.fs_group is not None:
        yield "fsGroup"
    if isolation.mode == "none":
        if asked.user is not None:
            yield "runAsUser"
        if asked.group is not None:
            yield "runAsGroup"


def _without_namespaces(asked: SecurityRequest, root: bool) -> Iterator[str]:
    if asked.unmasked:
        return
    if not root and (asked.privileged or _added(asked)):
        yield "capabilities: none given, the node runs as an ordinary user"


def _added(asked: SecurityRequest) -> frozenset[str]:
    """What is asked for beyond the default; a privileged container gets what there is and is told nothing."""
    added = asked.capabilities_added
    return frozenset(privileges.NAMES) if "ALL" in added else added


def _capabilities(asked: SecurityRequest, isolation: Isolation) -> tuple[int, ...] | None:
    if isolation.mode == "none" and os.geteuid() != 0:
        return None
    given: frozenset[str] = privileges.DEFAULT
    if asked.privileged:
        if isolation.mode != "user":
            return None
        given = frozenset(privileges.NAMES)
    else:
        dropped = asked.capabilities_dropped
        given = frozenset() if "ALL" in dropped else given
        given = (given | _added(asked)) - (dropped - {"ALL"})
    if isolation.mode == "user":
        given -= privileges.UNDOING
    unknown = sorted(given - set(privileges.NAMES))
    if unknown:
        raise NotPermittedError(f"unknown capability {unknown[0]}")
    return tuple(sorted(privileges.NAMES.index(name) for name in given))


def restrictions(asked: SecurityRequest, isolation: Isolation) -> Restrictions:
    """What a container is held to on this node; NotPermittedError says why it may not run at all."""
    _refuse(asked, isolation)
    may = os.geteuid() == 0 or isolation.mode == "user"
    return Restrictions(
        user=(asked.user or 0) if may else None,
        group=(asked.group or 0) if may else None,
        groups=asked.groups if may else (),
        capabilities=_capabilities(asked, isolation),
        no_new_privileges=asked.no_new_privileges,
        read_only_root=asked.read_only_root,
        host_devices=asked.privileged,
        unmasked=asked.privileged or asked.unmasked,
        own_processes=isolation.own_processes and not asked.host_processes,
        not_given=tuple(_not_given(asked, isolation)),
    )
