"""As whom a pod's containers run, and what they may do."""

from __future__ import annotations

import re
from typing import Any

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.pod.paths import local_path

__all__ = ["container_security", "local_path", "match_profiles", "pod_security"]
_LARGEST = 2**31 - 1
_PROFILES = ("Localhost", "RuntimeDefault", "Unconfined")
_SYSCTL = "([a-z0-9]([-_a-z0-9]*[a-z0-9])?[\\./])*[a-z0-9]([-_a-z0-9]*[a-z0-9])?"
_LONGEST_SYSCTL = 253
_LONGEST_PATH = 4095
_IPC_SYSCTLS = ("kernel.sem", "kernel.msgmax", "kernel.msgmnb", "kernel.msgmni", "kernel.msg")
_CHOICES = (
    ("supplementalGroupsPolicy", ("Merge", "Strict")),
    ("seLinuxChangePolicy", ("MountOption", "Recursive")),
)
_CONTEXT = (
    *(
        "capabilities",
        "privileged",
        "seLinuxOptions",
        "windowsOptions",
        "runAsUser",
        "runAsGroup",
        "runAsNonRoot",
    ),
    *("readOnlyRootFilesystem", "allowPrivilegeEscalation", "procMount", "seccompProfile", "appArmorProfile"),
)
_SECCOMP = "container.seccomp.security.alpha.kubernetes.io/"
_SECCOMP_POD = "seccomp.security.alpha.kubernetes.io/pod"
_APPARMOR = "container.apparmor.security.beta.kubernetes.io/"


def pod_security(found: Findings, path: str, spec: Object) -> None:
    """What holds for all containers of a pod."""
    given = mapping(spec, "securityContext")
    for field in ("fsGroup", "runAsUser", "runAsGroup"):
        _identity(found, f"{path}.{field}", given.get(field))
    for at, group in enumerate(items(given, "supplementalGroups")):
        _identity(found, f"{path}.supplementalGroups[{at}]", group)
    _sysctls(found, f"{path}.sysctls", items(given, "sysctls"), spec)
    policy = given.get("fsGroupChangePolicy")
    if policy is not None and policy not in ("Always", "OnRootMismatch"):
        found.not_supported(f"{path}.fsGroupChangePolicy", policy, ("Always", "OnRootMismatch"))
    _seccomp(found, f"{path}.seccompProfile", given.get("seccompProfile"))
    _app_armor(found, f"{path}.appArmorProfile", given.get("appArmorProfile"))
    for field, choices in _CHOICES:
        if given.get(field) is not None and given[field] not in choices:
            found.not_supported(f"{path}.{field}", given[field], choices)


def container_security(found: Findings, path: str, given: Object | None, host_users: bool) -> None:
    """What holds for one container."""
    if given is None:
        return
    for field in ("runAsUser", "runAsGroup"):
        _identity(found, f"{path}.{field}", given.get(field))
    mount = given.get("procMount")
    if mount is not None:
        if mount not in ("Default", "Unmasked"):
            found.not_supported(f"{path}.procMount", mount, ("Default", "Unmasked"))
        if host_users and mount == "Unmasked":
            said = "`hostUsers` must be false to use `Unmasked`"
            found.invalid(f"{path}.procMount", mount, said, typed=True)
    _seccomp(found, f"{path}.seccompProfile", given.get("seccompProfile"))
    if given.get("allowPrivilegeEscalation") is False:
        if given.get("privileged"):
            said = "cannot set `allowPrivilegeEscalation` to false and `privileged` to true"
            found.invalid(path, _internal(given), said)
        for one in items(mapping(given, "capabilities"), "add"):
            if one == "CAP_SYS_ADMIN":
                said = "cannot set `allowPrivilegeEscalation` to false and `capabilities.Add` CAP_SYS_ADMIN"
                found.invalid(path, _internal(given), said)
    _app_armor(found, f"{path}.appArmorProfile", given.get("appArmorProfile"))


def _internal(given: Object) -> Object:
    """The context as Go writes the type inside its API server."""
    found: dict[str, Any] = {}
    for field in _CONTEXT:
        value = given.get(field)
        if field == "capabilities" and value is not None:
            value = {"Add": value.get("add"), "Drop": value.get("drop")}
        elif field in ("seccompProfile", "appArmorProfile") and value is not None:
            value = {"Type": text(value, "type"), "LocalhostProfile": value.get("localhostProfile")}
        elif field == "seLinuxOptions" and value is not None:
            value = {part.capitalize(): text(value, part) for part in ("user", "role", "type", "level")}
        name = {"seLinuxOptions": "SELinuxOptions"}.get(field, field[0].upper() + field[1:])
        found[name] = value
    return found


def _identity(found: Findings, path: str, number: int | None) -> None:
    if number is not None:
        found.each_invalid(path, number, formats.in_range(number, 0, _LARGEST))


def _sysctls(found: Findings, path: str, given: list[Object], spec: Object) -> None:
    seen: set[str] = set()
    for at, one in enumerate(given):
        here, name = f"{path}[{at}].name", text(one, "name")
        if not name:
            found.required(here)
        elif formats.size(name) > _LONGEST_SYSCTL or not re.fullmatch(_SYSCTL, name):
            said = f"must have at most {_LONGEST_SYSCTL} characters and match regex ^{_SYSCTL}$"
            found.invalid(here, name, said)
        elif name in seen:
            found.duplicate(here, name)
        seen.add(name)
        dotted = name.replace("/", ".")
        if spec.get("hostNetwork") and dotted.startswith("net."):
            found.invalid(here, name, "may not be specified when 'hostNetwork' is true")
        elif spec.get("hostIPC") and (
            dotted in _IPC_SYSCTLS or dotted.startswith(("kernel.shm", "kernel.msg", "fs.mqueue."))
        ):
            found.invalid(here, name, "may not be specified when 'hostIPC' is true")


def _seccomp(found: Findings, path: str, profile: Object | None) -> None:
    if profile is None:
        return
    kind, local = text(profile, "type"), profile.get("localhostProfile")
    if not kind:
        found.required(f"{path}.type", "type is required when seccompProfile is set")
    elif kind not in _PROFILES:
        found.not_supported(f"{path}.type", kind, _PROFILES)
    if kind != "Localhost":
        if local is not None:
            shown = {"Type": kind, "LocalhostProfile": local}
            said = "can only be set when seccomp type is Localhost"
            found.invalid(f"{path}.localhostProfile", shown, said)
    elif local is None:
        found.required(f"{path}.localhostProfile", "must be set when seccomp type is Localhost")
    else:
        local_path(found, f"{path}.localhostProfile", local)


def _app_armor(found: Findings, path: str, profile: Object | None) -> None:
    if profile is None:
        return
    kind, local = text(profile, "type"), profile.get("localhostProfile")
    here, must = f"{path}.localhostProfile", "must be set when AppArmor type is Localhost"
    if not kind:
        found.required(f"{path}.type", "type is required when appArmorProfile is set")
    elif kind not in _PROFILES:
        found.not_supported(f"{path}.type", kind, _PROFILES)
    elif kind != "Localhost":
        if local is not None:
            found.invalid(here, local, "can only be set when AppArmor type is Localhost", typed=True)
    elif local is None:
        found.required(here, must)
    else:
        if local.strip() != local:
            found.invalid(here, local, "must not be padded with whitespace")
        elif not local:
            found.required(here, must)
        if formats.size(local) > _LONGEST_PATH:
            found.too_long(here, _LONGEST_PATH)


def match_profiles(found: Findings, path: str, annotations: Object, spec: Object) -> None:
    """Profiles that annotations name, from before there were fields for them, are those of the fields."""
    context = mapping(spec, "securityContext")
    here = f"{path}.securityContext.seccompProfile"
    _match(found, here, "seccomp", annotations.get(_SECCOMP_POD), context.get("seccompProfile"))
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for at, container in enumerate(items(spec, kind)):
            own, name = mapping(container, "securityContext"), text(container, "name")
            here = f"{path}.{kind}[{at}].securityContext"
            seccomp, armor = own.get("seccompProfile"), own.get("appArmorProfile")
            _match(found, f"{here}.seccompProfile", "seccomp", annotations.get(_SECCOMP + name), seccomp)
            if text(mapping(spec, "os"), "name") != "windows":
                armor = armor or context.get("appArmorProfile")
                _match(found, f"{here}.appArmorProfile", "apparmor", annotations.get(_APPARMOR + name), armor)


def _match(found: Findings, path: str, what: str, annotation: str | None, profile: Object | None) -> None:
    if annotation is None or profile is None:
        return
    kind, local = text(profile, "type"), profile.get("localhostProfile")
    said = f"{what} type in annotation and field must match"
    defaults = ("runtime/default", "docker/default") if what == "seccomp" else ("runtime/default",)
    if kind == "Unconfined":
        matches = annotation == "unconfined"
    elif kind == "RuntimeDefault":
        matches = annotation in defaults
    elif kind == "Localhost":
        matches = annotation.startswith("localhost/")
        if matches and annotation.removeprefix("localhost/") != local:
            found.forbidden(f"{path}.localhostProfile", f"{what} profile in annotation and field must match")
    else:
        return
    if not matches:
        found.forbidden(f"{path}.type", said)
