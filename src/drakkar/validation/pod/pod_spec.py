"""The spec of a pod, where it stands for itself or in a template, after defaulting."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.addresses import legacy_address
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.object_meta import object_labels
from drakkar.validation.pod.affinity import affinity
from drakkar.validation.pod.containers import containers, ephemeral_containers, init_containers
from drakkar.validation.pod.dns import dns_config
from drakkar.validation.pod.platform import platform
from drakkar.validation.pod.resource_claims import resource_claims
from drakkar.validation.pod.resources import container_resources, pod_resources
from drakkar.validation.pod.security import pod_security
from drakkar.validation.pod.spread import spread_constraints
from drakkar.validation.pod.tolerations import tolerations
from drakkar.validation.pod.volumes import volumes

RESTART_POLICIES = ("Always", "OnFailure", "Never")
_DNS_POLICIES = ("ClusterFirstWithHostNet", "ClusterFirst", "Default", "None")
_PREEMPTION = ("PreemptLowerPriority", "Never")
_LARGEST = 2**31 - 1


def pod_spec(found: Findings, path: str, spec: Object, meta: Object | None = None) -> None:
    """All of it; `meta` is the metadata of the pod whose spec it is, None in a template."""
    if spec.get("terminationGracePeriodSeconds") is None:
        found.required(f"{path}.terminationGracePeriodSeconds")
    named = volumes(found, f"{path}.volumes", items(spec, "volumes"), text(meta or {}, "name"))
    claims = {text(one, "name") for one in items(spec, "resourceClaims")} - {""}
    resource_claims(found, f"{path}.resourceClaims", items(spec, "resourceClaims"), meta)
    containers(found, f"{path}.containers", spec, named, claims)
    init_containers(found, f"{path}.initContainers", spec, named, claims)
    ephemeral_containers(found, f"{path}.ephemeralContainers", spec, named, claims)
    pod_resources(found, f"{path}.resources", spec, claims)
    _host_ports(found, f"{path}.containers", spec, is_pod=meta is not None)
    _choice(found, f"{path}.restartPolicy", text(spec, "restartPolicy"), RESTART_POLICIES)
    _choice(found, f"{path}.dnsPolicy", text(spec, "dnsPolicy"), _DNS_POLICIES)
    object_labels(found, f"{path}.nodeSelector", mapping(spec, "nodeSelector"))
    pod_security(found, f"{path}.securityContext", spec)
    if spec.get("shareProcessNamespace") and spec.get("hostPID"):
        said = "ShareProcessNamespace and HostPID cannot both be enabled"
        found.invalid(f"{path}.shareProcessNamespace", True, said)
    affinity(found, f"{path}.affinity", mapping(spec, "affinity"))
    dns_config(found, f"{path}.dnsConfig", spec)
    _gates(found, path, spec)
    spread_constraints(found, f"{path}.topologySpreadConstraints", items(spec, "topologySpreadConstraints"))
    _host_users(found, path, spec)
    _host_name(found, path, spec)
    _names(found, path, spec)
    _deadline(found, path, spec)
    for field in ("hostname", "subdomain"):
        if text(spec, field):
            found.each_invalid(f"{path}.{field}", spec[field], formats.dns_label(spec[field]))
    tolerations(found, f"{path}.tolerations", items(spec, "tolerations"))
    _host_aliases(found, f"{path}.hostAliases", items(spec, "hostAliases"))
    _classes(found, path, spec)
    if spec.get("overhead") is not None:
        container_resources(found, f"{path}.overhead", {"limits": spec["overhead"]}, set())
    platform(found, path, spec)


def _choice(found: Findings, path: str, given: str, choices: tuple[str, ...]) -> None:
    if not given:
        found.required(path)
    elif given not in choices:
        found.not_supported(path, given, choices)


def _host_ports(found: Findings, path: str, spec: Object, *, is_pod: bool) -> None:
    if not spec.get("hostNetwork"):
        return
    for at, container in enumerate(items(spec, "containers")):
        for port_at, port in enumerate(items(container, "ports")):
            host, own = port.get("hostPort") or 0, port.get("containerPort") or 0
            # In a template it may be left out, and is filled in once the pod is made.
            if (is_pod or host) and host != own:
                said = "must match `containerPort` when `hostNetwork` is true"
                found.invalid(f"{path}[{at}].ports[{port_at}].hostPort", host, said)


def _gates(found: Findings, path: str, spec: Object) -> None:
    for at, gate in enumerate(items(spec, "readinessGates")):
        kind = text(gate, "conditionType")
        found.each_invalid(f"{path}.readinessGates[{at}].conditionType", kind, formats.label_key(kind))
    seen: set[str] = set()
    for at, gate in enumerate(items(spec, "schedulingGates")):
        name, here = text(gate, "name"), f"{path}.schedulingGates[{at}]"
        found.each_invalid(here, name, formats.label_key(name))
        if name in seen:
            found.duplicate(here, name)
        seen.add(name)


def _host_users(found: Findings, path: str, spec: Object) -> None:
    if spec.get("hostUsers") is not False:
        return
    said = "when `hostUsers` is false"
    for field, shown in (("hostNetwork", "hostNetwork"), ("hostPID", "HostPID"), ("hostIPC", "HostIPC")):
        if spec.get(field):
            found.forbidden(f"{path}.{shown}", said)
    for kind in ("initContainers", "containers", "ephemeralContainers"):
        for at, container in enumerate(items(spec, kind)):
            if items(container, "volumeDevices"):
                found.forbidden(f"{path}.{kind}[{at}].volumeDevices", said)


def _host_name(found: Findings, path: str, spec: Object) -> None:
    name = spec.get("hostnameOverride")
    if name is None:
        return
    here = f"{path}.hostnameOverride"
    if spec.get("setHostnameAsFQDN"):
        found.forbidden(here, "may not be specified when setHostnameAsFQDN is true")
    if spec.get("hostNetwork"):
        found.forbidden(here, "may not be specified when hostNetwork is true")
    if formats.size(name) > 64:
        found.too_long(here, 64)
    found.each_invalid(here, name, formats.dns_subdomain(name))


def _names(found: Findings, path: str, spec: Object) -> None:
    account, node = text(spec, "serviceAccountName"), text(spec, "nodeName")
    if account:
        found.each_invalid(f"{path}.serviceAccountName", account, formats.dns_subdomain(account))
    if text(spec, "serviceAccount") != account:
        said = f'must be the same as serviceAccountName: "{account}"'
        found.invalid(f"{path}.deprecatedServiceAccount", text(spec, "serviceAccount"), said)
    if node:
        found.each_invalid(f"{path}.nodeName", node, formats.dns_subdomain(node))


def _deadline(found: Findings, path: str, spec: Object) -> None:
    deadline = spec.get("activeDeadlineSeconds")
    if deadline is not None:
        said = formats.in_range(deadline, 1, _LARGEST)
        found.each_invalid(f"{path}.activeDeadlineSeconds", deadline, said)


def _host_aliases(found: Findings, path: str, aliases: list[Object]) -> None:
    for at, alias in enumerate(aliases):
        legacy_address(found, f"{path}[{at}].ip", text(alias, "ip"))
        for name_at, name in enumerate(items(alias, "hostnames")):
            found.each_invalid(f"{path}[{at}].hostnames[{name_at}]", name, formats.dns_subdomain(name))


def _classes(found: Findings, path: str, spec: Object) -> None:
    priority, runtime = text(spec, "priorityClassName"), spec.get("runtimeClassName")
    if priority:
        found.each_invalid(f"{path}.priorityClassName", priority, formats.dns_subdomain(priority))
    if runtime is not None:
        found.each_invalid(f"{path}.runtimeClassName", runtime, formats.dns_subdomain(runtime))
    if spec.get("preemptionPolicy") is not None:
        _choice(found, f"{path}.preemptionPolicy", spec["preemptionPolicy"], _PREEMPTION)
