"""What a pod's security context means for a container of the process runtime: applied, refused, or told in an event.

docs/process-runtime.md has the same as a table, one row a field.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from typing import Any

from drakkar.kubelet.runtime.container import Restrictions
from drakkar.kubelet.runtime.errors import NotPermitted
from drakkar.kubelet.runtime.process import privileges
from drakkar.kubelet.runtime.process.mounts import Isolation

Object = Mapping[str, Any]
_INHERITED = (
    *("runAsUser", "runAsGroup", "runAsNonRoot", "seLinuxOptions", "seccompProfile"),
    *("appArmorProfile", "procMount"),
)
_PROFILES = {"seccompProfile": "seccomp", "appArmorProfile": "AppArmor"}


def effective(pod: Object, container: Object) -> dict[str, Any]:
    """The container's security context over the pod's."""
    whole = pod["spec"].get("securityContext") or {}
    found = {key: whole[key] for key in _INHERITED if whole.get(key) is not None}
    own = container.get("securityContext") or {}
    return found | {key: value for key, value in own.items() if value is not None}


def _where(pod: Object, container: Object) -> str:
    meta = pod["metadata"]
    return f'(pod: "{meta["name"]}_{meta["namespace"]}({meta["uid"]})", container: {container["name"]})'


def _refuse(pod: Object, container: Object, asked: Object, isolation: Isolation) -> None:
    spec, where = pod["spec"], _where(pod, container)
    if asked.get("runAsNonRoot"):
        user = asked.get("runAsUser")
        if user == 0:
            raise NotPermitted(f"container's runAsUser breaks non-root policy {where}")
        if user is None and (isolation.mode != "none" or os.geteuid() == 0):
            raise NotPermitted(f"container has runAsNonRoot and image will run as root {where}")
    if asked.get("readOnlyRootFilesystem") and isolation.mode == "none":
        raise NotPermitted(f"readOnlyRootFilesystem needs mount namespaces, which this node has not {where}")
    for name, called in _PROFILES.items():
        profile = asked.get(name) or {}
        if profile.get("type") == "Localhost":
            text = f'{called} profile "{profile.get("localhostProfile")}" cannot be applied on this node'
            raise NotPermitted(f"{text} {where}")
    if spec.get("hostUsers") is False and isolation.mode != "user":
        raise NotPermitted(f"hostUsers: false cannot be applied on this node {where}")
    if spec.get("runtimeClassName"):
        raise NotPermitted(f'no handler for RuntimeClass "{spec["runtimeClassName"]}" on this node {where}')


def _not_given(pod: Object, asked: Object, isolation: Isolation) -> Iterator[str]:
    whole, spec = pod["spec"].get("securityContext") or {}, pod["spec"]
    root = os.geteuid() == 0
    for name, called in _PROFILES.items():
        if (asked.get(name) or {}).get("type") == "RuntimeDefault":
            yield f"{name}: no {called} profile is applied"
    if asked.get("seLinuxOptions"):
        yield "seLinuxOptions: no label is applied"
    if whole.get("sysctls"):
        yield "sysctls: none is set"
    if spec.get("shareProcessNamespace"):
        yield "shareProcessNamespace: each container has processes of its own"
    if not root:
        names = [name for name in ("supplementalGroups", "fsGroup") if whole.get(name) is not None]
        yield from (f"{name}: not applied, the node runs as an ordinary user" for name in names)
        if isolation.mode == "none":
            names = [name for name in ("runAsUser", "runAsGroup") if asked.get(name) is not None]
            yield from (f"{name}: not applied, the node runs as an ordinary user" for name in names)
    if isolation.mode == "none":
        yield from _without_namespaces(asked, root)
    elif isolation.mode == "user" and _added(asked) & privileges.UNDOING:
        yield f"capabilities: {', '.join(sorted(_added(asked) & privileges.UNDOING))} not given"
    if not isolation.own_processes and isolation.mode != "none" and not spec.get("hostPID"):
        yield "processes of its own: not to be had on this node, the host's are seen"


def _without_namespaces(asked: Object, root: bool) -> Iterator[str]:
    if asked.get("procMount") == "Unmasked":
        return
    if not root and (asked.get("privileged") or _added(asked)):
        yield "capabilities: none given, the node runs as an ordinary user"


def _listed(asked: Object, kind: str) -> set[str]:
    names = (asked.get("capabilities") or {}).get(kind) or ()
    return {str(name).upper().removeprefix("CAP_") for name in names}


def _added(asked: Object) -> set[str]:
    """What is asked for beyond the default; a privileged container gets what there is and is told nothing."""
    added = _listed(asked, "add")
    return set(privileges.NAMES) if "ALL" in added else added


def _capabilities(asked: Object, isolation: Isolation) -> tuple[int, ...] | None:
    if isolation.mode == "none" and os.geteuid() != 0:
        return None
    given: set[str] = set(privileges.DEFAULT)
    if asked.get("privileged"):
        if isolation.mode != "user":
            return None
        given = set(privileges.NAMES)
    else:
        dropped = _listed(asked, "drop")
        given = set() if "ALL" in dropped else given
        given = (given | _added(asked)) - (dropped - {"ALL"})
    if isolation.mode == "user":
        given -= privileges.UNDOING
    unknown = sorted(given - set(privileges.NAMES))
    if unknown:
        raise NotPermitted(f"unknown capability {unknown[0]}")
    return tuple(sorted(privileges.NAMES.index(name) for name in given))


def restrictions(pod: Object, container: Object, isolation: Isolation) -> Restrictions:
    """What a container is held to on this node; NotPermitted says why it may not run at all."""
    asked = effective(pod, container)
    _refuse(pod, container, asked, isolation)
    whole = pod["spec"].get("securityContext") or {}
    user, group = asked.get("runAsUser"), asked.get("runAsGroup")
    may = os.geteuid() == 0 or isolation.mode == "user"
    groups = [whole.get("fsGroup"), *(whole.get("supplementalGroups") or ())]
    privileged = bool(asked.get("privileged"))
    return Restrictions(
        user=int(user or 0) if may else None,
        group=int(group or 0) if may else None,
        groups=tuple(int(number) for number in groups if number is not None) if may else (),
        capabilities=_capabilities(asked, isolation),
        no_new_privileges=asked.get("allowPrivilegeEscalation") is False,
        read_only_root=bool(asked.get("readOnlyRootFilesystem")),
        host_devices=privileged,
        unmasked=privileged or asked.get("procMount") == "Unmasked",
        own_processes=isolation.own_processes and not pod["spec"].get("hostPID"),
        not_given=tuple(_not_given(pod, asked, isolation)),
    )
