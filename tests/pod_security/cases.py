"""Pods that violate the standards in each way there is, and what is told of them: by the minor versions from which on it is told
that. Each is otherwise a pod that `restricted` allows."""

from __future__ import annotations

import copy
from collections.abc import Mapping
from typing import Any, NamedTuple

Object = dict[str, Any]
SAFE: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}


class Case(NamedTuple):
    """`baseline` and `restricted` are what each level tells, from a minor version on and until the next one; empty where it
    tells nothing."""

    pod: Object
    baseline: Mapping[int, str] = {}
    restricted: Mapping[int, str] = {}


def container(name: str = "c", **security: Any) -> Object:
    """A container that `restricted` allows but for what is said of its security; None takes away."""
    own = {key: value for key, value in {**SAFE, **security}.items() if value is not None}
    return {"name": name, "image": "i", "securityContext": copy.deepcopy(own)}


def pod(*containers: Object, annotations: Mapping[str, str] | None = None, **spec: Any) -> Object:
    """A pod of these containers, or of one that is allowed."""
    metadata = {"annotations": dict(annotations)} if annotations else {}
    return {"metadata": metadata, "spec": {"containers": list(containers) or [container()], **spec}}


def _both(given: Object, said: Mapping[int, str] | str) -> Case:
    told = {0: said} if isinstance(said, str) else said
    return Case(given, told, told)


def _probe(**call: Any) -> Object:
    return {**container(), "livenessProbe": call}


_HOSTS = 'probe or lifecycle host (container "c" uses probe or lifecycle host "a.example")'
_ARMOR = "container.apparmor.security.beta.kubernetes.io"
_MASK = 'procMount (container "c" must not set securityContext.procMount to "Unmasked")'
_ROOT = "runAsNonRoot != true (pod must not set securityContext.runAsNonRoot=false)"
_WINDOWS = pod({"name": "c", "image": "i"}, os={"name": "windows"}, securityContext={"runAsNonRoot": True})
_NOT_DEFAULT = 'non-default capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)'
_NOT_RESTRICTED = 'unrestricted capabilities (container "c" must not include "SYS_ADMIN" in securityContext.capabilities.add)'
_UNCONFINED = (
    'seccompProfile (container "c" must not set securityContext.seccompProfile.type to "Unconfined")'
)
_NO_SECCOMP = (
    'seccompProfile (pod or container "c" must set securityContext.seccompProfile.type'
    ' to "RuntimeDefault" or "Localhost")'
)
_LINUX = 'seLinuxOptions (container "c" set forbidden securityContext.seLinuxOptions'

CASES: dict[str, Case] = {
    "nothing": Case(pod()),
    "a plain pod": Case(
        pod({"name": "c", "image": "i"}),
        {},
        {
            0: 'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
            8: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
            'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true)',
            19: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
            'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
            + _NO_SECCOMP,
            22: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
            'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
            'runAsNonRoot != true (pod or container "c" must set securityContext.runAsNonRoot=true), '
            + _NO_SECCOMP,
        },
    ),
    "for Windows": Case(
        _WINDOWS,
        {},
        {
            8: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false)',
            19: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
            + _NO_SECCOMP,
            22: 'allowPrivilegeEscalation != false (container "c" must set securityContext.allowPrivilegeEscalation=false), '
            'unrestricted capabilities (container "c" must set securityContext.capabilities.drop=["ALL"]), '
            + _NO_SECCOMP,
            25: "",
        },
    ),
    "privileged": _both(
        pod(container(privileged=True), initContainers=[container("i", privileged=True)]),
        'privileged (containers "i", "c" must not set securityContext.privileged=true)',
    ),
    "an ephemeral container": _both(
        pod(ephemeralContainers=[container("e", privileged=True)]),
        'privileged (container "e" must not set securityContext.privileged=true)',
    ),
    "the host's namespaces": _both(
        pod(hostNetwork=True, hostPID=True, hostIPC=True),
        "host namespaces (hostNetwork=true, hostPID=true, hostIPC=true)",
    ),
    "not the host's namespaces": Case(pod(hostNetwork=False, hostPID=False, hostIPC=False)),
    "a path of the host": Case(
        pod(volumes=[{"name": "v", "hostPath": {"path": "/"}}]),
        {0: 'hostPath volumes (volume "v")'},
        {0: 'restricted volume types (volume "v" uses restricted volume type "hostPath")'},
    ),
    "other volumes": Case(
        pod(
            volumes=[
                {"name": "a", "nfs": {"server": "s", "path": "/"}},
                {"name": "b", "iscsi": {"targetPortal": "p", "iqn": "q", "lun": 0}},
                {"name": "c", "nfs": {"server": "s", "path": "/"}},
                {"name": "d", "emptyDir": {}},
            ]
        ),
        {},
        {
            0: 'restricted volume types (volumes "a", "b", "c" use restricted volume types "iscsi", "nfs")',
        },
    ),
    "a volume of a kind that nobody knows": Case(
        pod(volumes=[{"name": "v", "new": {}}]),
        {},
        {0: 'restricted volume types (volume "v" uses restricted volume type "unknown")'},
    ),
    "ports of the host": _both(
        pod(
            {
                **container(),
                "ports": [{"containerPort": 80, "hostPort": 90}, {"containerPort": 8, "hostPort": 8}],
            }
        ),
        'hostPort (container "c" uses hostPorts 8, 90)',
    ),
    "no port of the host": Case(pod({**container(), "ports": [{"containerPort": 80, "hostPort": 0}]})),
    "a probe of another host": _both(pod(_probe(httpGet={"port": 80, "host": "a.example"})), {34: _HOSTS}),
    "a hook of another host": _both(
        pod({**container(), "lifecycle": {"preStop": {"tcpSocket": {"port": 80, "host": "a.example"}}}}),
        {34: _HOSTS},
    ),
    "a probe of the pod": Case(pod(_probe(tcpSocket={"port": 80, "host": ""}))),
    "a Windows process of the host": _both(
        pod(
            container(windowsOptions={"hostProcess": True}),
            securityContext={"windowsOptions": {"hostProcess": True}},
        ),
        'hostProcess (pod and container "c" must not set securityContext.windowsOptions.hostProcess=true)',
    ),
    "a capability": Case(
        pod(container(capabilities={"drop": ["ALL"], "add": ["SYS_ADMIN"]})),
        {0: _NOT_DEFAULT},
        {0: _NOT_DEFAULT, 22: _NOT_RESTRICTED},
    ),
    "a capability that everybody has": Case(
        pod(container(capabilities={"drop": ["ALL"], "add": ["KILL", "NET_BIND_SERVICE"]})),
        {},
        {22: _NOT_RESTRICTED.replace("SYS_ADMIN", "KILL")},
    ),
    "/proc as it is": _both(pod(container(procMount="Unmasked")), _MASK),
    "/proc as it is, for users of its own": Case(
        pod(container(procMount="Unmasked"), hostUsers=False), {0: _MASK, 35: ""}, {0: _MASK}
    ),
    "root by the pod": Case(pod(securityContext={"runAsNonRoot": False}), {}, {0: _ROOT}),
    "root by the pod, with users of its own": Case(
        pod(securityContext={"runAsNonRoot": False}, hostUsers=False), {}, {0: _ROOT, 35: ""}
    ),
    "root by its number": Case(
        pod(container(runAsUser=0)), {}, {23: 'runAsUser=0 (container "c" must not set runAsUser=0)'}
    ),
    "root by its number, with users of its own": Case(
        pod(container(runAsUser=0), hostUsers=False),
        {},
        {23: 'runAsUser=0 (container "c" must not set runAsUser=0)', 35: ""},
    ),
    "no root by the pod": Case(
        pod(container(runAsNonRoot=None, seccompProfile=None), securityContext=SAFE),
    ),
    "AppArmor": _both(
        pod(
            container(appArmorProfile={"type": "Unconfined"}),
            annotations={f"{_ARMOR}/c": "unconfined", f"{_ARMOR}/x": "localhost/x"},
        ),
        'forbidden AppArmor profiles (container "c" and annotation must not set AppArmor profile type to "Unconfined", '
        f'"{_ARMOR}/c="unconfined"")',
    ),
    "seccomp": Case(
        pod(container(seccompProfile={"type": "Unconfined"})), {19: _UNCONFINED}, {19: _UNCONFINED}
    ),
    "no seccomp": Case(pod(container(seccompProfile=None)), {}, {19: _NO_SECCOMP}),
    "seccomp by annotation": _both(
        pod(annotations={"seccomp.security.alpha.kubernetes.io/pod": "unconfined"}),
        {
            0: 'seccompProfile (forbidden annotation seccomp.security.alpha.kubernetes.io/pod="unconfined")',
            19: "",
        },
    ),
    "an SELinux type": _both(pod(container(seLinuxOptions={"type": "x"})), f'{_LINUX}: type "x")'),
    "the SELinux type of engines": _both(
        pod(container(seLinuxOptions={"type": "container_engine_t"})),
        {0: f'{_LINUX}: type "container_engine_t")', 31: ""},
    ),
    "an SELinux user and role": _both(
        pod(container(seLinuxOptions={"user": "u", "role": "r"})),
        f"{_LINUX}: user may not be set; role may not be set)",
    ),
    "a level of SELinux": Case(pod(container(seLinuxOptions={"level": "s0"}))),
    "sysctls": _both(
        pod(
            securityContext={
                "sysctls": [
                    {"name": name, "value": "1"}
                    for name in (
                        "kernel.shm_rmid_forced",
                        "net.ipv4.ip_local_reserved_ports",
                        "net.ipv4.tcp_fin_timeout",
                        "net.ipv4.tcp_rmem",
                        "net.ipv4.tcp_notsent_lowat",
                        "kernel.msgmax",
                    )
                ]
            }
        ),
        {
            0: "forbidden sysctls (net.ipv4.ip_local_reserved_ports, net.ipv4.tcp_fin_timeout, net.ipv4.tcp_rmem, "
            "net.ipv4.tcp_notsent_lowat, kernel.msgmax)",
            27: "forbidden sysctls (net.ipv4.tcp_fin_timeout, net.ipv4.tcp_rmem, net.ipv4.tcp_notsent_lowat, kernel.msgmax)",
            29: "forbidden sysctls (net.ipv4.tcp_rmem, net.ipv4.tcp_notsent_lowat, kernel.msgmax)",
            32: "forbidden sysctls (net.ipv4.tcp_notsent_lowat, kernel.msgmax)",
            37: "forbidden sysctls (kernel.msgmax)",
        },
    ),
}
