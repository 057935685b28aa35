"""The operating system that a pod is for, and what makes no sense there."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text

_SYSTEMS = ("linux", "windows")
_WINDOWS_POD = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "fsGroup", "fsGroupChangePolicy", "sysctls"),
    *("runAsUser", "runAsGroup", "supplementalGroups", "supplementalGroupsPolicy", "seLinuxChangePolicy"),
)
_WINDOWS_CONTAINER = (
    *("appArmorProfile", "seLinuxOptions", "seccompProfile", "capabilities", "readOnlyRootFilesystem"),
    *("privileged", "allowPrivilegeEscalation", "procMount", "runAsUser", "runAsGroup"),
)
_NOT_ON_WINDOWS = "cannot be set for a windows pod"
_NOT_ON_LINUX = "windows options cannot be set for a linux pod"


def platform(found: Findings, path: str, spec: Object) -> None:
    """Nothing where the pod does not say."""
    if spec.get("os") is None:
        return
    system = text(spec["os"], "name")
    if not system:
        found.required(f"{path}.os.name")
    elif system not in _SYSTEMS:
        found.not_supported(f"{path}.os", system, _SYSTEMS)
    elif system == "linux":
        for here, context in _contexts(path, spec, pod=True):
            if context.get("windowsOptions") is not None:
                found.forbidden(f"{here}.windowsOptions", _NOT_ON_LINUX)
    else:
        _windows(found, path, spec)


def _contexts(path: str, spec: Object, *, pod: bool) -> list[tuple[str, Object]]:
    found = [(f"{path}.securityContext", mapping(spec, "securityContext"))] if pod else []
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for at, container in enumerate(items(spec, kind)):
            here = f"{path}.{kind}[{at}].securityContext"
            found.append((here, mapping(container, "securityContext")))
    return found


def _windows(found: Findings, path: str, spec: Object) -> None:
    context = mapping(spec, "securityContext")
    for field in _WINDOWS_POD:
        if context.get(field) is not None:
            found.forbidden(f"{path}.securityContext.{field}", _NOT_ON_WINDOWS)
    for field in ("hostUsers", "shareProcessNamespace"):
        if spec.get(field) is not None:
            found.forbidden(f"{path}.{field}", _NOT_ON_WINDOWS)
    for field in ("hostPID", "hostIPC"):
        if spec.get(field):
            found.forbidden(f"{path}.{field}", _NOT_ON_WINDOWS)
    for here, context in _contexts(path, spec, pod=False):
        for field in _WINDOWS_CONTAINER:
            if context.get(field) is not None:
                found.forbidden(f"{here}.{field}", _NOT_ON_WINDOWS)
