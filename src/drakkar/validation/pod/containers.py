"""The containers of a pod: the plain ones, those that run before them, and those that come to look around."""

from __future__ import annotations

from collections.abc import Mapping

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.pod.environment import environment, environment_from
from drakkar.validation.pod.mounts import volume_devices, volume_mounts
from drakkar.validation.pod.probes import lifecycle, probes
from drakkar.validation.pod.resources import container_resources, resize_policy
from drakkar.validation.pod.restart import container_restart
from drakkar.validation.pod.security import container_security

_PROTOCOLS = ("SCTP", "TCP", "UDP")
_PULL_POLICIES = ("Always", "IfNotPresent", "Never")
_MESSAGE_POLICIES = ("File", "FallbackToLogsOnError")
_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_NOT_EPHEMERAL = (
    "ports",
    "resources",
    *_PROBES,
    "lifecycle",
    "restartPolicy",
    "restartPolicyRules",
    "resizePolicy",
)
Volumes = Mapping[str, Object]


def containers(found: Findings, path: str, spec: Object, volumes: Volumes, claims: set[str]) -> None:
    """The plain ones, of which there is at least one."""
    given = items(spec, "containers")
    if not given:
        found.required(path)
        return
    names: set[str] = set()
    for at, container in enumerate(given):
        here, name = f"{path}[{at}]", text(container, "name")
        _common(found, here, container, spec, volumes, claims)
        if name in names:
            found.duplicate(f"{here}.name", name)
        names.add(name)
        lifecycle(found, f"{here}.lifecycle", container, spec)
        probes(found, here, container, spec)
        container_restart(found, here, container)
    _host_ports(found, path, dict(enumerate(given)))


def init_containers(found: Findings, path: str, spec: Object, volumes: Volumes, claims: set[str]) -> None:
    """Those that run one after the other before the plain ones start, or beside them where they start again always."""
    names = {text(one, "name") for one in items(spec, "containers")}
    for at, container in enumerate(items(spec, "initContainers")):
        here, name = f"{path}[{at}]", text(container, "name")
        _common(found, here, container, spec, volumes, claims)
        container_restart(found, here, container)
        if name in names:
            found.duplicate(f"{here}.name", name)
        elif name:
            names.add(name)
        _host_ports(found, path, {0: container})
        if text(container, "restartPolicy") == "Always":
            lifecycle(found, f"{here}.lifecycle", container, spec)
            probes(found, here, container, spec)
            continue
        for field in ("lifecycle", *_PROBES):
            if container.get(field) is not None:
                said = "may not be set for init containers without restartPolicy=Always"
                found.forbidden(f"{here}.{field}", said)
        for policy_at, policy in enumerate(items(container, "resizePolicy")):
            if text(policy, "restartPolicy") == "RestartContainer":
                said = "must not be set to 'RestartContainer' for non-sidecar initContainers"
                found.invalid(
                    f"{here}.resizePolicy[{policy_at}].restartPolicy", "RestartContainer", said, typed=True
                )


def ephemeral_containers(
    found: Findings, path: str, spec: Object, volumes: Volumes, claims: set[str]
) -> None:
    """Those that join a running pod."""
    others = {text(one, "name") for kind in ("containers", "initContainers") for one in items(spec, kind)}
    names = set(others)
    for at, container in enumerate(items(spec, "ephemeralContainers")):
        here, name = f"{path}[{at}]", text(container, "name")
        _common(found, here, container, spec, volumes, claims)
        image, target = text(container, "image"), text(container, "targetContainerName")
        if image != image.strip():
            found.invalid(f"{here}.image", image, "must not have leading or trailing whitespace")
        if name in names:
            found.duplicate(f"{here}.name", name)
        names.add(name)
        if target and target not in others:
            found.not_found(f"{here}.targetContainerName", target)
        for field in _NOT_EPHEMERAL:
            if container.get(field):
                found.forbidden(f"{here}.{field}", "cannot be set for an Ephemeral Container")
        for mount_at, mount in enumerate(items(container, "volumeMounts")):
            for field in ("subPath", "subPathExpr"):
                if text(mount, field):
                    said = "cannot be set for an Ephemeral Container"
                    found.forbidden(f"{here}.volumeMounts[{mount_at}].{field}", said)


def _common(
    found: Findings, path: str, container: Object, spec: Object, volumes: Volumes, claims: set[str]
) -> None:
    name, message = text(container, "name"), text(container, "terminationMessagePolicy")
    if not name:
        found.required(f"{path}.name")
    else:
        found.each_invalid(f"{path}.name", name, formats.dns_label(name))
    if not text(container, "image"):
        found.required(f"{path}.image")
    if not message:
        found.required(f"{path}.terminationMessagePolicy")
    elif message not in _MESSAGE_POLICIES:
        found.not_supported(f"{path}.terminationMessagePolicy", message, _MESSAGE_POLICIES)
    _ports(found, f"{path}.ports", items(container, "ports"))
    environment(found, f"{path}.env", items(container, "env"), spec)
    environment_from(found, f"{path}.envFrom", items(container, "envFrom"))
    volume_mounts(found, f"{path}.volumeMounts", container, volumes)
    volume_devices(found, f"{path}.volumeDevices", container, volumes)
    pull_policy(found, f"{path}.imagePullPolicy", text(container, "imagePullPolicy"))
    container_resources(found, f"{path}.resources", mapping(container, "resources"), claims)
    resize_policy(found, f"{path}.resizePolicy", container, spec)
    host_users = spec.get("hostUsers") is not False
    container_security(found, f"{path}.securityContext", container.get("securityContext"), host_users)


def pull_policy(found: Findings, path: str, policy: str) -> None:
    """When an image is fetched."""
    if not policy:
        found.required(path)
    elif policy not in _PULL_POLICIES:
        found.not_supported(path, policy, _PULL_POLICIES)


def _ports(found: Findings, path: str, ports: list[Object]) -> None:
    names: set[str] = set()
    for at, port in enumerate(ports):
        here, name = f"{path}[{at}]", text(port, "name")
        if name:
            wrong = formats.port_name(name)
            found.each_invalid(f"{here}.name", name, wrong)
            if not wrong and name in names:
                found.duplicate(f"{here}.name", name)
            names.add(name)
        for field in ("containerPort", "hostPort"):
            number = port.get(field) or 0
            if number:
                found.each_invalid(f"{here}.{field}", number, formats.in_range(number, 1, 65535))
            elif field == "containerPort":
                found.required(f"{here}.{field}")
        protocol = text(port, "protocol")
        if not protocol:
            found.required(f"{here}.protocol")
        elif protocol not in _PROTOCOLS:
            found.not_supported(f"{here}.protocol", protocol, _PROTOCOLS)


def _host_ports(found: Findings, path: str, given: Mapping[int, Object]) -> None:
    """No two of these containers want the same port of the host."""
    seen: set[str] = set()
    for at, container in given.items():
        for port_at, port in enumerate(items(container, "ports")):
            number = port.get("hostPort") or 0
            if not number:
                continue
            key = f"{text(port, 'protocol')}/{text(port, 'hostIP')}/{number}"
            if key in seen:
                found.duplicate(f"{path}[{at}].ports[{port_at}].hostPort", key)
            seen.add(key)
