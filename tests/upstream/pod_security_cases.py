"""Pods, in and out of the pod security standards, and namespaces whose labels ask for one."""

from __future__ import annotations

import copy
from collections.abc import Iterator
from typing import Any

Object = dict[str, Any]
PREFIX = "pod-security.kubernetes.io/"
LEVELS = ("privileged", "baseline", "restricted")
# One of each stretch in which nothing changed, and the names for the newest.
VERSIONS = ("v1.0", "v1.8", "v1.19", "v1.22", "v1.23", "v1.25", "v1.27", "v1.29", "v1.31", "v1.32")
NEWER = ("v1.34", "v1.35", "v1.36", "v1.37", "v1.99", "latest")
_SAFE: Object = {
    "allowPrivilegeEscalation": False,
    "capabilities": {"drop": ["ALL"]},
    "runAsNonRoot": True,
    "seccompProfile": {"type": "RuntimeDefault"},
}
_ARMOR = "container.apparmor.security.beta.kubernetes.io/"
_SECCOMP = "seccomp.security.alpha.kubernetes.io/pod"
_SECCOMP_OF = "container.seccomp.security.alpha.kubernetes.io/"
# What containers may say of their security, one at a time.
_SECURITY: tuple[Object, ...] = (
    *({"privileged": one} for one in (True, False)),
    *({"allowPrivilegeEscalation": one} for one in (True, None)),
    {"allowPrivilegeEscalation": True, "capabilities": {"add": ["SYS_ADMIN"]}},
    *({"capabilities": {"drop": ["ALL"], "add": [one]}} for one in ("NET_BIND_SERVICE", "KILL", "NET_RAW")),
    {"capabilities": {"drop": ["ALL"], "add": ["SYS_TIME", "NET_ADMIN", "CHOWN"]}},
    *({"capabilities": {"drop": one}} for one in ([], ["all"], ["KILL", "ALL"], ["CAP_ALL"])),
    *({"capabilities": one} for one in (None, {})),
    *({"runAsNonRoot": one} for one in (False, None)),
    *({"runAsUser": one} for one in (0, 1)),
    {"runAsUser": 0, "runAsNonRoot": None},
    *({"procMount": one} for one in ("Default", "Unmasked")),
    *(
        {"seccompProfile": one}
        for one in (
            None,
            {"type": "Unconfined"},
            {"type": "Localhost", "localhostProfile": "a"},
        )
    ),
    *(
        {"appArmorProfile": one}
        for one in (
            {"type": "Unconfined"},
            {"type": "RuntimeDefault"},
            {"type": "Localhost", "localhostProfile": "a"},
        )
    ),
    *(
        {"seLinuxOptions": one}
        for one in (
            {},
            {"level": "s0:c1"},
            {"user": "u"},
            {"role": "r"},
            {"type": "spc_t", "user": "u", "role": "r"},
            *({"type": one} for one in ("container_t", "container_kvm_t", "container_engine_t", "a_t")),
        )
    ),
    *({"windowsOptions": one} for one in ({}, {"hostProcess": False}, {"gmsaCredentialSpecName": "a"})),
)
_OF_PODS: tuple[Object, ...] = (
    *({"runAsNonRoot": one} for one in (True, False)),
    *({"runAsUser": one} for one in (0, 5)),
    *({"seccompProfile": {"type": one}} for one in ("RuntimeDefault", "Unconfined")),
    {"appArmorProfile": {"type": "Unconfined"}},
    {"appArmorProfile": {"type": "RuntimeDefault"}},
    {"seLinuxOptions": {"type": "x", "user": "u"}},
    {"seLinuxOptions": {"type": "container_engine_t"}},
    *(
        {"sysctls": [{"name": name, "value": "1"} for name in names]}
        for names in (
            ("kernel.shm_rmid_forced", "net.ipv4.tcp_syncookies", "net.ipv4.ping_group_range"),
            ("net.ipv4.ip_local_reserved_ports",),
            ("net.ipv4.tcp_keepalive_time", "net.ipv4.tcp_fin_timeout", "net.ipv4.tcp_keepalive_intvl"),
            ("net.ipv4.tcp_rmem", "net.ipv4.tcp_wmem"),
            ("net.ipv4.tcp_slow_start_after_idle", "net.ipv4.tcp_notsent_lowat"),
            ("net.core.somaxconn", "kernel.msgmax", "kernel.sem"),
        )
    ),
    {"fsGroup": 0, "supplementalGroups": [0]},
)
_VOLUMES: tuple[Object, ...] = (
    {"hostPath": {"path": "/"}},
    {"emptyDir": {}},
    {},
    {"configMap": {"name": "a"}},
    {"secret": {"secretName": "a"}},
    {"downwardAPI": {}},
    {"projected": {}},
    {"persistentVolumeClaim": {"claimName": "a"}},
    {"csi": {"driver": "d.example"}},
    {"image": {"reference": "i"}},
    {
        "ephemeral": {
            "volumeClaimTemplate": {
                "spec": {
                    "accessModes": ["ReadWriteOnce"],
                    "resources": {"requests": {"storage": "1Gi"}},
                }
            }
        }
    },
    {"gcePersistentDisk": {"pdName": "a"}},
    {"awsElasticBlockStore": {"volumeID": "a"}},
    {"gitRepo": {"repository": "a"}},
    {"nfs": {"server": "a", "path": "/"}},
    {"iscsi": {"targetPortal": "a", "iqn": "iqn.2024-01.a.b:c", "lun": 0}},
    {"glusterfs": {"endpoints": "a", "path": "b"}},
    {"rbd": {"monitors": ["a"], "image": "b"}},
    {"flexVolume": {"driver": "a/b"}},
    {"cinder": {"volumeID": "a"}},
    {"cephfs": {"monitors": ["a"]}},
    {"flocker": {"datasetName": "a"}},
    {"fc": {"targetWWNs": ["a"], "lun": 0}},
    {"azureFile": {"secretName": "a", "shareName": "b"}},
    {"vsphereVolume": {"volumePath": "a"}},
    {"quobyte": {"registry": "a:1", "volume": "b"}},
    {"azureDisk": {"diskName": "a", "diskURI": "https://blob/a"}},
    {"photonPersistentDisk": {"pdID": "a"}},
    {"portworxVolume": {"volumeID": "a"}},
    {"scaleIO": {"gateway": "a", "system": "b", "secretRef": {"name": "c"}, "volumeName": "v"}},
    {"storageos": {"volumeName": "a"}},
)
_CALLS: tuple[Object, ...] = (
    {"httpGet": {"port": 80}},
    {"httpGet": {"port": 80, "host": "b.example"}},
    {"tcpSocket": {"port": 80, "host": "127.0.0.1"}},
    {"tcpSocket": {"port": 80, "host": ""}},
    {"exec": {"command": ["x"]}},
)


def container(name: str = "c", **security: Any) -> Object:
    """A container that is allowed everywhere, but for what is said; None takes away."""
    own = {key: value for key, value in {**_SAFE, **security}.items() if value is not None}
    added = (security.get("capabilities") or {}).get("add") or ()
    if security.get("privileged") or "SYS_ADMIN" in added:
        # Whoever is that cannot keep from being more.
        own.pop("allowPrivilegeEscalation", None)
    return {"name": name, "image": "i", **({"securityContext": own} if own else {})}


def _spec(*containers: Object, **more: Any) -> Object:
    given = list(containers) or [container()]
    return {"containers": given, "automountServiceAccountToken": False, **more}


def _of_containers() -> Iterator[Object]:
    for security in _SECURITY:
        yield _spec(container(**security))
        yield _spec(container(), initContainers=[container("i", **security), container("j", **security)])
        yield _spec(container(**security), hostUsers=False)
    yield _spec({"name": "c", "image": "i"})
    yield _spec({"name": "c", "image": "i"}, {"name": "d", "image": "i"}, hostUsers=False)
    yield _spec({"name": "c", "image": "i"}, hostUsers=True)


def _of_pods() -> Iterator[Object]:
    for security in _OF_PODS:
        yield _spec(securityContext=security)
        bare = container(runAsNonRoot=None, seccompProfile=None)
        yield _spec(bare, container("d", runAsNonRoot=False), securityContext=security)
        yield _spec({"name": "c", "image": "i"}, securityContext=security, hostUsers=False)
    for windows in ({}, {"hostProcess": True}, {"runAsUserName": "a"}):
        given = {"windowsOptions": windows, "runAsNonRoot": True}
        plain = {"name": "c", "image": "i"}
        own = {**plain, "securityContext": {"windowsOptions": windows}}
        network = {"hostNetwork": True} if windows.get("hostProcess") else {}
        yield _spec(plain, securityContext=given, os={"name": "windows"}, **network)
        yield _spec(own, os={"name": "windows"}, **network)
        yield _spec(own, **network)
    yield _spec({"name": "c", "image": "i"}, os={"name": "linux"})


def _of_hosts() -> Iterator[Object]:
    for names in (("hostNetwork",), ("hostPID",), ("hostIPC",), ("hostNetwork", "hostPID", "hostIPC")):
        yield _spec(**dict.fromkeys(names, True))
        yield _spec(**dict.fromkeys(names, False))
    yield _spec({**container(), "ports": [{"containerPort": 80}]}, hostNetwork=True)
    for ports in ((80,), (9000, 10, 8080)):
        given = [{"containerPort": one, "hostPort": one} for one in ports]
        yield _spec({**container(), "ports": given}, container("d"))
        yield _spec({**container(), "ports": given}, initContainers=[{**container("i"), "ports": given}])
    yield _spec({**container(), "ports": [{"containerPort": 80}]})
    for call in _CALLS:
        for probe in ("livenessProbe", "readinessProbe", "startupProbe"):
            yield _spec({**container(), probe: call})
        for moment in ("postStart", "preStop"):
            yield _spec({**container("z"), "lifecycle": {moment: call}}, container("a"))
    several = {**container("z"), "livenessProbe": _CALLS[1], "lifecycle": {"preStop": _CALLS[2]}}
    yield _spec(several, {**container("a"), "livenessProbe": _CALLS[2]})


def _of_volumes() -> Iterator[Object]:
    for volume in _VOLUMES:
        yield _spec(volumes=[{"name": "v", **volume}])
    names = ("hostPath", "nfs", "rbd", "emptyDir")
    several = [one for one in _VOLUMES if set(one) & set(names)]
    yield _spec(volumes=[{"name": f"v{at}", **one} for at, one in enumerate(several * 2)])


def pods() -> Iterator[Object]:
    """Pods without names. What one of them says of its security, others do not."""
    for spec in (*_of_containers(), *_of_pods(), *_of_hosts(), *_of_volumes()):
        yield {"spec": copy.deepcopy(spec)}
    for told in (
        *({f"{_ARMOR}c": one} for one in ("unconfined", "runtime/default", "localhost/x")),
        *({_SECCOMP: one} for one in ("unconfined", "docker/default", "localhost/x", "")),
        *({f"{_SECCOMP_OF}c": one} for one in ("unconfined", "runtime/default")),
        {_SECCOMP: "unconfined", f"{_SECCOMP_OF}c": "unconfined"},
        {f"{_SECCOMP_OF}other": "unconfined"},
    ):
        yield {"metadata": {"annotations": told}, "spec": _spec()}


def changing() -> Iterator[Object]:
    """Pods of which not every version says the same."""
    yield {"spec": _spec({"name": "c", "image": "i"})}
    yield {"spec": _spec({"name": "c", "image": "i"}, os={"name": "windows"})}
    yield {"metadata": {"annotations": {_SECCOMP: "unconfined"}}, "spec": _spec()}
    for security in (
        {"capabilities": {"drop": ["ALL"], "add": ["KILL"]}},
        {"capabilities": {"add": ["SYS_ADMIN"]}},
        {"seccompProfile": {"type": "Unconfined"}},
        {"runAsUser": 0, "runAsNonRoot": False},
        {"seLinuxOptions": {"type": "container_engine_t"}},
    ):
        yield {"spec": _spec(container(**security))}
        yield {"spec": _spec(container(**security), hostUsers=False)}
    yield {"spec": _spec(container(procMount="Unmasked"), hostUsers=False)}
    yield {"spec": _spec({**container(), "livenessProbe": _CALLS[1]})}
    for security in _OF_PODS:
        if "sysctls" in security:
            yield {"spec": _spec(securityContext=security)}


def workloads(template: Object) -> Iterator[tuple[str, Object]]:
    """Everything that makes pods of a template: paths below the API's root with NS for the namespace, and objects."""
    core, apps, batch = "/api/v1/namespaces/NS", "/apis/apps/v1/namespaces/NS", "/apis/batch/v1/namespaces/NS"
    labels = {"a": "b"}
    pod = {"metadata": {"labels": labels}, **template}
    once = {**pod, "spec": {**pod["spec"], "restartPolicy": "Never"}}
    yield f"{core}/podtemplates", {"template": pod}
    yield f"{core}/replicationcontrollers", {"spec": {"selector": labels, "template": pod}}
    yield f"{core}/replicationcontrollers", {"spec": {"selector": labels}}
    for plural in ("daemonsets", "deployments", "replicasets", "statefulsets"):
        yield f"{apps}/{plural}", {"spec": {"selector": {"matchLabels": labels}, "template": pod}}
    yield f"{batch}/jobs", {"spec": {"template": once}}
    yield f"{batch}/cronjobs", {"spec": {"schedule": "@daily", "jobTemplate": {"spec": {"template": once}}}}


def homes() -> Iterator[tuple[str, Object]]:
    """Namespaces by name, and their labels."""
    yield "none", {}
    for level in LEVELS[1:]:
        for version in (*VERSIONS, *NEWER):
            name = f"{level}-{version.replace('.', '-')}"
            # What is enforced is refused; a mode that only tells is seen in another namespace.
            yield name, {f"{PREFIX}enforce": level, f"{PREFIX}enforce-version": version}
    for level in LEVELS[1:]:
        for version in ("v1.0", "v1.23", "latest"):
            name = f"warn-{level}-{version.replace('.', '-')}"
            yield name, {f"{PREFIX}warn": level, f"{PREFIX}warn-version": version}
    yield (
        "both",
        {f"{PREFIX}enforce": "baseline", f"{PREFIX}warn": "restricted", f"{PREFIX}audit": "restricted"},
    )
    yield "same", {f"{PREFIX}enforce": "restricted", f"{PREFIX}enforce-version": "v1.20"}
    yield "audited", {f"{PREFIX}audit": "restricted"}
    yield "explicit", {f"{PREFIX}{mode}": "privileged" for mode in ("enforce", "audit", "warn")}


def bad_labels() -> Iterator[Object]:
    """Labels of namespaces, most of them with values that they cannot have."""
    for mode in ("enforce", "audit", "warn"):
        for level in ("", "Baseline", "strict", "latest", "baseline"):
            yield {f"{PREFIX}{mode}": level}
        for version in ("", "v1", "v1.", "1.20", "v2.0", "v1.020", "v1.20.1", "Latest", "v1.x", "v1.9"):
            yield {f"{PREFIX}{mode}-version": version}
        yield {f"{PREFIX}{mode}-version": f"v1.{2**63}"}
        yield {f"{PREFIX}{mode}-version": f"v1.{2**63 - 1}"}
    yield {f"{PREFIX}{one}": "x" for one in ("enforce", "enforce-version", "audit", "warn", "warn-version")}
    yield {f"{PREFIX}enforce": "x", "-bad-": "y"}
    yield {f"{PREFIX}other": "x"}
    yield {f"{PREFIX}enforce": "x" * 70}


# One after the other, with the same pods there; None takes a label away.
CHANGES: tuple[Object, ...] = (
    {"enforce": "baseline"},
    {"enforce": "restricted"},
    {"enforce": "restricted", "enforce-version": "latest"},
    {"enforce-version": "v1.10"},
    {"enforce-version": "v1.99"},
    {"enforce": "baseline"},
    {"enforce": "strict"},
    {"warn": "restricted", "audit": "restricted"},
    {"warn-version": "v1.x"},
    {"enforce": "privileged", "enforce-version": "v1.5"},
    {"enforce": None, "enforce-version": None},
    {"enforce": "restricted", "warn": "baseline"},
    {"enforce": None, "warn": None, "audit": None},
    {"enforce-version": "v1.1"},
    {"enforce": "baseline"},
)


def existing() -> Iterator[Object]:
    """Pods that are there when the labels of their namespace change."""
    owner = {"apiVersion": "apps/v1", "kind": "ReplicaSet", "name": "r", "uid": "u", "controller": True}
    bad = _spec(container(privileged=True), hostPID=True)
    for at, spec in enumerate((bad, bad, _spec({"name": "c", "image": "i"}), bad, _spec())):
        meta = {"name": f"p{at}", "ownerReferences": [owner] if at in (1, 3) else []}
        yield {"metadata": meta, "spec": copy.deepcopy(spec)}
    for at, volume in enumerate(_VOLUMES[11:14]):
        yield {"metadata": {"name": f"v{at}"}, "spec": _spec(volumes=[{"name": "v", **volume}])}
