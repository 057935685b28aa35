"""What of the host a pod must not share or reach, by the level `baseline`."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.api.or_empty import mapping, objects, text
from drakkar.pod_security.subject import Container, Subject
from drakkar.pod_security.violation import Violation, in_quotes, listed, named, plural, setters

_PROBES = ("livenessProbe", "readinessProbe", "startupProbe")
_MOMENTS = ("postStart", "preStop")
_CALLS = ("httpGet", "tcpSocket")


def host_namespaces(subject: Subject) -> Violation | None:
    """None of the host's namespaces."""
    shared = [
        f"{field}=true" for field in ("hostNetwork", "hostPID", "hostIPC") if subject.spec.get(field) is True
    ]
    return Violation("host namespaces", ", ".join(shared)) if shared else None


def host_path_volumes(subject: Subject) -> Violation | None:
    """No path of the host as a volume."""
    volumes = [
        text(one.get("name"))
        for one in objects(subject.spec.get("volumes"))
        if one.get("hostPath") is not None
    ]
    return Violation("hostPath volumes", named("volume", volumes)) if volumes else None


def host_ports(subject: Subject) -> Violation | None:
    """No port of the host."""
    found = {
        at: ports
        for at, one in enumerate(subject.containers)
        if (
            ports := [
                str(port["hostPort"]) for port in objects(one.given.get("ports")) if port.get("hostPort")
            ]
        )
    }
    if not found:
        return None
    names = [subject.containers[at].name for at in found]
    ports = sorted({port for some in found.values() for port in some})
    used = f"{plural(names, 'uses', 'use')} {plural(ports, 'hostPort')} {listed(ports)}"
    return Violation("hostPort", f"{named('container', names)} {used}")


def hosts_of_calls(subject: Subject) -> Violation | None:
    """No host but the pod itself is called by probes and hooks: the node would call it for the pod."""
    called = {one.name: hosts for one in subject.containers if (hosts := list(_hosts(one)))}
    if not called:
        return None
    names = sorted(called)
    hosts = sorted({host for some in called.values() for host in some})
    word = "probe or lifecycle host"
    used = f"{plural(names, 'uses', 'use')} {plural(hosts, word)} {in_quotes(hosts)}"
    return Violation(word, f"{named('container', names)} {used}")


def _hosts(container: Container) -> Iterator[str]:
    hooks = mapping(container.given.get("lifecycle"))
    callers: list[Object] = [mapping(container.given.get(probe)) for probe in _PROBES]
    callers += [mapping(hooks.get(moment)) for moment in _MOMENTS]
    for caller in callers:
        for call in _CALLS:
            host = text(mapping(caller.get(call)).get("host"))
            if host:
                yield host


def windows_host_process(subject: Subject) -> Violation | None:
    """No process of a Windows host."""
    by = setters(
        _is_host_process(subject.security),
        [one.name for one in subject.containers if _is_host_process(one.security)],
    )
    if not by:
        return None
    return Violation("hostProcess", f"{by} must not set securityContext.windowsOptions.hostProcess=true")


def _is_host_process(security: Object) -> bool:
    return mapping(security.get("windowsOptions")).get("hostProcess") is True
