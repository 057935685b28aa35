"""Pods that are well but for one thing, and their good neighbours: what is set in a plain pod, by its path."""

from __future__ import annotations

import copy
from typing import Any

Object = dict[str, Any]
_C = "spec.containers.0"
_I = "spec.initContainers"
_INIT: Object = {"name": "init", "image": "i"}
_HTTP: Object = {"httpGet": {"path": "/", "port": 80}}
_EXEC: Object = {"exec": {"command": ["true"]}}
_NODE = "spec.affinity.nodeAffinity"
_REQUIRED = "requiredDuringSchedulingIgnoredDuringExecution"
_PREFERRED = "preferredDuringSchedulingIgnoredDuringExecution"
_SPREAD: Object = {"maxSkew": 1, "topologyKey": "zone", "whenUnsatisfiable": "DoNotSchedule"}
_APPS: Object = {"matchLabels": {"app": "x"}}

PLAIN: Object = {
    "apiVersion": "v1",
    "kind": "Pod",
    "metadata": {"name": "p", "namespace": "default"},
    "spec": {"containers": [{"name": "c", "image": "i"}], "automountServiceAccountToken": False},
}


def _env(**source: Any) -> list[Object]:
    return [{"name": "A", "valueFrom": source}]


def _mounted(**mount: Any) -> Object:
    return {
        "spec.volumes": [{"name": "v", "emptyDir": {}}],
        f"{_C}.volumeMounts": [{"name": "v", "mountPath": "/v", **mount}],
    }


def _volume(**source: Any) -> Object:
    return {"spec.volumes": [{"name": "v", **source}]}


def _projected(*sources: Object) -> Object:
    return _volume(projected={"sources": list(sources)})


def _expression(operator: str, *values: str, key: str = "k") -> list[Object]:
    return [{"key": key, "operator": operator, "values": list(values)}]


def _node_term(**term: Any) -> Object:
    return {f"{_NODE}.{_REQUIRED}": {"nodeSelectorTerms": [term]}}


def _near(kind: str = "podAffinity", **term: Any) -> Object:
    return {f"spec.affinity.{kind}.{_REQUIRED}": [{"topologyKey": "zone", **term}]}


def _spread(**constraint: Any) -> Object:
    return {"spec.topologySpreadConstraints": [{**_SPREAD, **constraint}]}


def _tolerates(**toleration: Any) -> Object:
    return {"spec.tolerations": [toleration]}


def _asks(limits: Object | None = None, requests: Object | None = None, **rest: Any) -> Object:
    return {f"{_C}.resources": {"limits": limits or {}, "requests": requests or {}, **rest}}


_CLAIM: Object = {"spec.resourceClaims": [{"name": "g", "resourceClaimName": "x"}]}
_TWO_PORTS = [{"containerPort": 80, "name": "a"}, {"containerPort": 81, "name": "a"}]
_EPHEMERAL: Object = {
    "spec": {"accessModes": ["ReadWriteOnce"], "resources": {"requests": {"storage": "1Gi"}}}
}
_TOKEN: Object = {"serviceAccountToken": {"path": "t", "expirationSeconds": 600}}

CASES: dict[str, Object] = {
    "nothing": {},
    # names and images
    "no container": {"spec.containers": []},
    "a container without a name": {f"{_C}.name": ""},
    "a container's name": {f"{_C}.name": "No_"},
    "a container's name with dots": {f"{_C}.name": "a.b"},
    "a container's name of 64": {f"{_C}.name": "a" * 64},
    "two containers of a name": {
        "spec.containers": [{"name": "c", "image": "i"}, {"name": "c", "image": "i"}]
    },
    "no image": {f"{_C}.image": ""},
    "an image with blanks around it": {f"{_C}.image": " i "},
    "an image with a line end": {f"{_C}.image": "i\n"},
    "an image with a blank inside": {f"{_C}.image": "a b"},
    "a pull policy": {f"{_C}.imagePullPolicy": "Sometimes"},
    "a message policy": {f"{_C}.terminationMessagePolicy": "Nowhere"},
    "an init container of the same name": {_I: [{**_INIT, "name": "c"}]},
    "two init containers of a name": {_I: [_INIT, _INIT]},
    "an init container with a probe": {_I: [{**_INIT, "readinessProbe": _EXEC}]},
    "an init container with hooks": {_I: [{**_INIT, "lifecycle": {"preStop": _EXEC}}]},
    "a sidecar with a probe": {_I: [{**_INIT, "restartPolicy": "Always", "startupProbe": _EXEC}]},
    "a sidecar with a bad probe": {_I: [{**_INIT, "restartPolicy": "Always", "livenessProbe": {}}]},
    "an init container that restarts": {_I: [{**_INIT, "restartPolicy": "Sometimes"}]},
    "an init container's image": {_I: [{**_INIT, "image": " i"}]},
    "an ephemeral container": {"spec.ephemeralContainers": [{"name": "e", "image": "i"}]},
    "a bad ephemeral container": {
        "spec.ephemeralContainers": [
            {"name": "c", "image": " i", "targetContainerName": "x", "ports": [{"containerPort": 1}]}
        ]
    },
    "rules without a policy": {
        f"{_C}.restartPolicyRules": [{"action": "Restart", "exitCodes": {"operator": "In", "values": [1]}}]
    },
    "a container that restarts": {f"{_C}.restartPolicy": "Never"},
    "a container's policy": {f"{_C}.restartPolicy": "Rarely"},
    "rules of no sense": {
        f"{_C}.restartPolicy": "Never",
        f"{_C}.restartPolicyRules": [
            {"action": "Jump", "exitCodes": {"operator": "Is", "values": [1]}},
            {"action": "Restart"},
        ],
    },
    # environment
    "a variable": {f"{_C}.env": [{"name": "A", "value": "b"}]},
    "a variable with an equals sign": {f"{_C}.env": [{"name": "A=B", "value": "b"}]},
    "a variable without a name": {f"{_C}.env": [{"name": "", "value": "b"}]},
    "a variable that starts with a figure": {f"{_C}.env": [{"name": "1 a!", "value": "b"}]},
    "a variable that is no ASCII": {f"{_C}.env": [{"name": "\u00c4", "value": "b"}]},
    "a variable with a line end": {f"{_C}.env": [{"name": "A\n", "value": "b"}]},
    "a variable with a null byte": {f"{_C}.env": [{"name": "A\0", "value": "b"}]},
    "a variable of a field": {f"{_C}.env": _env(fieldRef={"fieldPath": "status.podIP"})},
    "a variable of a label": {f"{_C}.env": _env(fieldRef={"fieldPath": "metadata.labels['a.b/c']"})},
    "a variable of a bad label": {f"{_C}.env": _env(fieldRef={"fieldPath": "metadata.labels['a b']"})},
    "a variable of all labels": {f"{_C}.env": _env(fieldRef={"fieldPath": "metadata.labels"})},
    "a variable of an unknown field": {f"{_C}.env": _env(fieldRef={"fieldPath": "spec.nothing"})},
    "a variable of the phase": {f"{_C}.env": _env(fieldRef={"fieldPath": "status.phase"})},
    "a variable of a part": {f"{_C}.env": _env(fieldRef={"fieldPath": "metadata.name['x']"})},
    "a variable of no field": {f"{_C}.env": _env(fieldRef={"fieldPath": ""})},
    "a variable of another version": {
        f"{_C}.env": _env(fieldRef={"apiVersion": "v2", "fieldPath": "metadata.name"})
    },
    "a variable of a resource": {
        f"{_C}.env": _env(resourceFieldRef={"resource": "limits.cpu", "divisor": "1m"})
    },
    "a variable of a resource by two": {
        f"{_C}.env": _env(resourceFieldRef={"resource": "limits.cpu", "divisor": "2"})
    },
    "a variable of memory by two": {
        f"{_C}.env": _env(resourceFieldRef={"resource": "requests.memory", "divisor": "2Mi"})
    },
    "a variable of an unknown resource": {f"{_C}.env": _env(resourceFieldRef={"resource": "limits.gpu"})},
    "a variable of huge pages": {
        f"{_C}.env": _env(resourceFieldRef={"resource": "limits.hugepages-2Mi", "divisor": "3"})
    },
    "a variable of a key": {f"{_C}.env": _env(configMapKeyRef={"name": "m", "key": "k"})},
    "a variable of a bad key": {f"{_C}.env": _env(configMapKeyRef={"name": "M_", "key": "a/b"})},
    "a variable of no key": {f"{_C}.env": _env(secretKeyRef={"name": "", "key": ""})},
    "a variable of dots": {f"{_C}.env": _env(secretKeyRef={"name": "s", "key": ".."})},
    "a variable of a file": {
        f"{_C}.env": _env(fileKeyRef={"volumeName": "v", "path": "p", "key": "K"}),
        "spec.volumes": [{"name": "v", "emptyDir": {}}],
    },
    "a variable of a file that is none": {
        f"{_C}.env": _env(fileKeyRef={"volumeName": "v", "path": "../p", "key": "K="})
    },
    "a variable of nothing": {f"{_C}.env": _env()},
    "a variable of two things": {
        f"{_C}.env": _env(fieldRef={"fieldPath": "metadata.name"}, secretKeyRef={"name": "s", "key": "k"})
    },
    "a variable of a field and a value": {
        f"{_C}.env": [{"name": "A", "value": "b", "valueFrom": {"fieldRef": {"fieldPath": "metadata.name"}}}]
    },
    "all keys": {f"{_C}.envFrom": [{"prefix": "P_", "configMapRef": {"name": "m"}}]},
    "all keys with a bad prefix": {f"{_C}.envFrom": [{"prefix": "P=", "secretRef": {"name": "S_"}}]},
    "all keys of nothing": {f"{_C}.envFrom": [{}]},
    "all keys of two": {f"{_C}.envFrom": [{"configMapRef": {"name": "m"}, "secretRef": {"name": ""}}]},
    # ports
    "a port": {f"{_C}.ports": [{"containerPort": 80, "name": "http", "hostPort": 8080}]},
    "no port": {f"{_C}.ports": [{"name": "http"}]},
    "a port that is too high": {f"{_C}.ports": [{"containerPort": 70000}]},
    "a port below zero": {f"{_C}.ports": [{"containerPort": -1, "hostPort": -1}]},
    "a port's name": {f"{_C}.ports": [{"containerPort": 80, "name": "HTTP_"}]},
    "a port's name of figures": {f"{_C}.ports": [{"containerPort": 80, "name": "80"}]},
    "a port's name of hyphens": {f"{_C}.ports": [{"containerPort": 80, "name": "-a--b-"}]},
    "a port's name of 16": {f"{_C}.ports": [{"containerPort": 80, "name": "a" * 16}]},
    "two ports of a name": {f"{_C}.ports": _TWO_PORTS},
    "a port's protocol": {f"{_C}.ports": [{"containerPort": 80, "protocol": "HTTP"}]},
    "two ports of the host": {
        f"{_C}.ports": [{"containerPort": 80, "hostPort": 1}, {"containerPort": 81, "hostPort": 1}]
    },
    "a port of the host's network": {"spec.hostNetwork": True, f"{_C}.ports": [{"containerPort": 80}]},
    "another port of the host's network": {
        "spec.hostNetwork": True,
        f"{_C}.ports": [{"containerPort": 80, "hostPort": 81}],
    },
    # probes and hooks
    "a probe": {f"{_C}.livenessProbe": _HTTP},
    "a probe of nothing": {f"{_C}.livenessProbe": {}},
    "a probe of two": {f"{_C}.livenessProbe": {**_HTTP, **_EXEC}},
    "a probe without a command": {f"{_C}.livenessProbe": {"exec": {}}},
    "a probe's numbers": {
        f"{_C}.readinessProbe": {
            **_EXEC,
            "initialDelaySeconds": -1,
            "timeoutSeconds": -1,
            "periodSeconds": -1,
            "successThreshold": -1,
            "failureThreshold": -1,
            "terminationGracePeriodSeconds": 0,
        }
    },
    "a probe that must succeed twice": {f"{_C}.startupProbe": {**_EXEC, "successThreshold": 2}},
    "a probe's port": {f"{_C}.livenessProbe": {"httpGet": {"path": "/", "port": 0}}},
    "a probe's port by name": {f"{_C}.livenessProbe": {"tcpSocket": {"port": "HTTP_"}}},
    "a probe's scheme": {f"{_C}.livenessProbe": {"httpGet": {"port": 80, "scheme": "ftp"}}},
    "a probe's header": {
        f"{_C}.livenessProbe": {"httpGet": {"port": 80, "httpHeaders": [{"name": "a b", "value": ""}]}}
    },
    "a probe by gRPC": {f"{_C}.livenessProbe": {"grpc": {"port": 0}}},
    "a hook": {f"{_C}.lifecycle": {"postStart": _EXEC, "preStop": {"sleep": {"seconds": 5}}}},
    "a hook that sleeps too long": {f"{_C}.lifecycle": {"preStop": {"sleep": {"seconds": 31}}}},
    "a hook of nothing": {f"{_C}.lifecycle": {"postStart": {}}},
    "a hook by gRPC": {f"{_C}.lifecycle": {"postStart": {"tcpSocket": {"port": 99999}}}},
    # security
    "a user": {f"{_C}.securityContext": {"runAsUser": 1000, "runAsGroup": 1000, "runAsNonRoot": True}},
    "a user below zero": {f"{_C}.securityContext": {"runAsUser": -1}},
    "a group that is too high": {f"{_C}.securityContext": {"runAsGroup": 2**31}},
    "a pod's user below zero": {"spec.securityContext": {"runAsUser": -1, "runAsGroup": -1, "fsGroup": -1}},
    "groups": {"spec.securityContext": {"supplementalGroups": [0, -1, 2**31]}},
    "a change policy": {"spec.securityContext": {"fsGroupChangePolicy": "Never"}},
    "a policy of groups": {"spec.securityContext": {"supplementalGroupsPolicy": "Some"}},
    "a policy of SELinux": {"spec.securityContext": {"seLinuxChangePolicy": "Some"}},
    "privileged and not": {f"{_C}.securityContext": {"privileged": True, "allowPrivilegeEscalation": False}},
    "an administrator and not": {
        f"{_C}.securityContext": {
            "allowPrivilegeEscalation": False,
            "capabilities": {"add": ["CAP_SYS_ADMIN"]},
        }
    },
    "a kind of /proc": {f"{_C}.securityContext": {"procMount": "Some"}},
    "the whole of /proc": {f"{_C}.securityContext": {"procMount": "Unmasked"}},
    "a seccomp profile": {f"{_C}.securityContext": {"seccompProfile": {"type": "RuntimeDefault"}}},
    "no seccomp profile": {f"{_C}.securityContext": {"seccompProfile": {"type": ""}}},
    "another seccomp profile": {f"{_C}.securityContext": {"seccompProfile": {"type": "Some"}}},
    "a seccomp profile that is not said": {
        f"{_C}.securityContext": {"seccompProfile": {"type": "Localhost"}}
    },
    "a seccomp profile from elsewhere": {
        f"{_C}.securityContext": {"seccompProfile": {"type": "Localhost", "localhostProfile": "/../x"}}
    },
    "a seccomp profile too many": {
        "spec.securityContext": {"seccompProfile": {"type": "Unconfined", "localhostProfile": "x"}}
    },
    "an AppArmor profile": {f"{_C}.securityContext": {"appArmorProfile": {"type": "Localhost"}}},
    "an AppArmor profile with blanks": {
        f"{_C}.securityContext": {"appArmorProfile": {"type": "Localhost", "localhostProfile": " x "}}
    },
    "an AppArmor profile too many": {
        f"{_C}.securityContext": {"appArmorProfile": {"type": "Unconfined", "localhostProfile": "x"}}
    },
    "another AppArmor profile": {"spec.securityContext": {"appArmorProfile": {"type": "Some"}}},
    "a sysctl": {"spec.securityContext": {"sysctls": [{"name": "kernel.shm_rmid_forced", "value": "0"}]}},
    "bad sysctls": {
        "spec.securityContext": {
            "sysctls": [
                {"name": ""},
                {"name": "A b"},
                {"name": "a.b", "value": "1"},
                {"name": "a.b", "value": "1"},
            ]
        }
    },
    "a sysctl of the host's network": {
        "spec.hostNetwork": True,
        "spec.securityContext": {"sysctls": [{"name": "net.ipv4.ip_forward", "value": "1"}]},
    },
    "a sysctl of the host's memory": {
        "spec.hostIPC": True,
        "spec.securityContext": {"sysctls": [{"name": "kernel.msgmax", "value": "1"}]},
    },
    "processes of the host and shared": {"spec.hostPID": True, "spec.shareProcessNamespace": True},
    "users of its own and the host's": {
        "spec.hostUsers": False,
        "spec.hostPID": True,
        "spec.hostIPC": True,
        "spec.hostNetwork": True,
    },
    # volumes
    "a volume without a name": {"spec.volumes": [{"name": "", "emptyDir": {}}]},
    "a volume's name": {"spec.volumes": [{"name": "A_", "emptyDir": {}}]},
    "two volumes of a name": {"spec.volumes": [{"name": "v", "emptyDir": {}}, {"name": "v", "emptyDir": {}}]},
    "a volume of nothing": {"spec.volumes": [{"name": "v"}]},
    "a volume of two": _volume(emptyDir={}, secret={"secretName": "s"}),
    "a volume of three": _volume(secret={"secretName": "s"}, downwardAPI={}, configMap={"name": "c"}),
    "a volume of memory": _volume(emptyDir={"medium": "Memory", "sizeLimit": "1Gi"}),
    "a volume below zero": _volume(emptyDir={"sizeLimit": "-1"}),
    "a path of the host": _volume(hostPath={"path": "/a", "type": "Directory"}),
    "a path of the host that is none": _volume(hostPath={"path": ""}),
    "a path of the host that steps back": _volume(hostPath={"path": "/a/../b", "type": "Thing"}),
    "a secret": _volume(secret={"secretName": "s", "defaultMode": 256, "items": [{"key": "k", "path": "p"}]}),
    "a secret without a name": _volume(secret={"defaultMode": 512}),
    "a secret's files": _volume(
        secret={"secretName": "s", "items": [{"key": "", "path": ""}, {"key": "k", "path": "/p", "mode": -1}]}
    ),
    "a secret's files that step back": _volume(
        secret={"secretName": "s", "items": [{"key": "k", "path": "../p"}, {"key": "k", "path": "..p"}]}
    ),
    "a config map": _volume(configMap={"name": ""}),
    "a claim of storage": _volume(persistentVolumeClaim={"claimName": ""}),
    "a network's files": _volume(nfs={"server": "", "path": "a"}),
    "a driver's files": _volume(csi={"driver": "D_", "nodePublishSecretRef": {"name": ""}}),
    "a disk": _volume(gcePersistentDisk={"pdName": ""}),
    "an image's files": _volume(image={"reference": "", "pullPolicy": "Some"}),
    "the pod's own files": _volume(
        downwardAPI={"items": [{"path": "p", "fieldRef": {"fieldPath": "metadata.labels"}}]}
    ),
    "the pod's own bad files": _volume(
        downwardAPI={"items": [{"path": "", "fieldRef": {"fieldPath": "spec.nodeName"}}, {"path": "q"}]}
    ),
    "the pod's own resources": _volume(
        downwardAPI={"items": [{"path": "p", "resourceFieldRef": {"resource": "limits.cpu"}}]}
    ),
    "storage of the pod's own": _volume(ephemeral={"volumeClaimTemplate": _EPHEMERAL}),
    "bad storage of the pod's own": _volume(
        ephemeral={"volumeClaimTemplate": {"spec": {"accessModes": ["Some"]}}}
    ),
    "no storage of the pod's own": _volume(ephemeral={}),
    "storage of the pod's own that is claimed too": {
        "spec.volumes": [
            {"name": "v", "ephemeral": {"volumeClaimTemplate": _EPHEMERAL}},
            {"name": "w", "persistentVolumeClaim": {"claimName": "p-v"}},
        ]
    },
    "several sources": _projected(_TOKEN, {"configMap": {"name": "m", "items": [{"key": "k", "path": "p"}]}}),
    "several sources at one place": _projected(
        {"secret": {"name": "s", "items": [{"key": "k", "path": "p"}]}},
        {"configMap": {"name": "m", "items": [{"key": "k", "path": "p"}]}},
    ),
    "two sources in one": _projected({"secret": {"name": "s"}, "configMap": {"name": ""}}),
    "a token for a moment": _projected({"serviceAccountToken": {"path": "", "expirationSeconds": 5}}),
    "a token for ever": _projected({"serviceAccountToken": {"path": "/t", "expirationSeconds": 2**33}}),
    "a certificate of nothing": _projected({"podCertificate": {"signerName": "a.b/c", "keyType": "Some"}}),
    "a mount": _mounted(),
    "a mount of nothing": {f"{_C}.volumeMounts": [{"name": "", "mountPath": ""}]},
    "a mount that is not there": _mounted(name="w"),
    "two mounts at one place": {
        "spec.volumes": [{"name": "v", "emptyDir": {}}],
        f"{_C}.volumeMounts": [{"name": "v", "mountPath": "/v"}, {"name": "v", "mountPath": "/v"}],
    },
    "a mount's part": _mounted(subPath="a/b"),
    "a mount's part that steps back": _mounted(subPath="/../a"),
    "a mount's two parts": _mounted(subPath="a", subPathExpr="../b"),
    "a mount that spreads": _mounted(mountPropagation="Some"),
    "a mount that spreads both ways": _mounted(mountPropagation="Bidirectional"),
    "a mount that is read only": _mounted(recursiveReadOnly="Enabled"),
    "a mount that is read only somehow": _mounted(recursiveReadOnly="Some"),
    "a block device": {
        "spec.volumes": [{"name": "v", "persistentVolumeClaim": {"claimName": "c"}}],
        f"{_C}.volumeDevices": [{"name": "v", "devicePath": "/d"}],
    },
    "bad block devices": {
        "spec.volumes": [{"name": "v", "emptyDir": {}}],
        f"{_C}.volumeMounts": [{"name": "v", "mountPath": "/d"}],
        f"{_C}.volumeDevices": [
            {"name": "v", "devicePath": "/d"},
            {"name": "v", "devicePath": "/d/../e"},
            {"name": "w"},
        ],
    },
    # resources
    "resources": _asks({"cpu": "2", "memory": "1Gi"}, {"cpu": "1"}),
    "a request over its limit": _asks({"cpu": "1"}, {"cpu": "2"}),
    "a limit below zero": _asks({"cpu": "-1"}),
    "a resource of no kind": _asks({"gpu": "1"}),
    "a resource of a quota": _asks({"pods": "1"}),
    "a resource's name": _asks({"a b/c": "1"}),
    "a resource of ours": _asks({"example.com/gpu": "1"}, {"example.com/gpu": "1"}),
    "half a resource of ours": _asks({"example.com/gpu": "500m"}),
    "a resource of ours without a limit": _asks({}, {"example.com/gpu": "1"}),
    "a resource of ours with another limit": _asks({"example.com/gpu": "2"}, {"example.com/gpu": "1"}),
    "a resource of theirs": _asks({"kubernetes.io/gpu": "1"}),
    "huge pages": _asks({"hugepages-2Mi": "4Mi", "memory": "1Gi"}),
    "huge pages alone": _asks({"hugepages-2Mi": "4Mi"}),
    "a part of a huge page": _asks({"hugepages-2Mi": "3Mi", "memory": "1Gi"}),
    "a resize policy": {f"{_C}.resizePolicy": [{"resourceName": "cpu", "restartPolicy": "NotRequired"}]},
    "bad resize policies": {
        f"{_C}.resizePolicy": [
            {"resourceName": "gpu", "restartPolicy": "Some"},
            {"resourceName": "gpu", "restartPolicy": "NotRequired"},
        ]
    },
    "a resize policy of a pod that ends": {
        "spec.restartPolicy": "Never",
        f"{_C}.resizePolicy": [{"resourceName": "cpu", "restartPolicy": "RestartContainer"}],
    },
    "a pod's resources": {"spec.resources": {"limits": {"cpu": "2"}, "requests": {"cpu": "1"}}},
    "a pod's resources of no kind": {"spec.resources": {"limits": {"ephemeral-storage": "1"}}},
    "a pod's resources below its containers'": {
        "spec.resources": {"limits": {"cpu": "1"}, "requests": {"cpu": "1"}},
        **_asks({"cpu": "2"}, {"cpu": "2"}),
    },
    "overhead": {"spec.overhead": {"cpu": "1"}},
    # claims
    "a claim": {**_CLAIM, **_asks(claims=[{"name": "g"}])},
    "a claim's request": {**_CLAIM, **_asks(claims=[{"name": "g", "request": "r"}])},
    "a claim that is not there": _asks(claims=[{"name": "g"}]),
    "a claim of another name": {**_CLAIM, **_asks(claims=[{"name": "h"}])},
    "a claim without a name": {**_CLAIM, **_asks(claims=[{"name": ""}])},
    "a claim twice": {**_CLAIM, **_asks(claims=[{"name": "g"}, {"name": "g"}])},
    "a claim and its request": {**_CLAIM, **_asks(claims=[{"name": "g", "request": "r"}, {"name": "g"}])},
    "a claim's bad request": {**_CLAIM, **_asks(claims=[{"name": "g", "request": "R_"}])},
    "a pod's claim without a name": {"spec.resourceClaims": [{"name": "", "resourceClaimName": "x"}]},
    "a pod's claim of nothing": {"spec.resourceClaims": [{"name": "g"}]},
    "a pod's claim of two": {
        "spec.resourceClaims": [{"name": "g", "resourceClaimName": "x", "resourceClaimTemplateName": "y"}]
    },
    "a pod's claim's name": {"spec.resourceClaims": [{"name": "g.h", "resourceClaimName": "X_"}]},
    "a pod's template's name": {"spec.resourceClaims": [{"name": "g", "resourceClaimTemplateName": "X_"}]},
    "a pod's claims of one name": {
        "spec.resourceClaims": [
            {"name": "g", "resourceClaimName": "x"},
            {"name": "g", "resourceClaimName": "y"},
        ]
    },
    # where to
    "a node's label": {"spec.nodeSelector": {"a b": "c", "d": "e f"}},
    "a node's name": {"spec.nodeName": "Node_"},
    "a node for a pod that waits": {"spec.nodeName": "n", "spec.schedulingGates": [{"name": "a.b/c"}]},
    "gates": {"spec.schedulingGates": [{"name": "a b"}, {"name": "g"}, {"name": "g"}]},
    "readiness gates": {"spec.readinessGates": [{"conditionType": "a b"}]},
    "affinity": _node_term(matchExpressions=_expression("In", "a")),
    "affinity to no term": {f"{_NODE}.{_REQUIRED}": {"nodeSelectorTerms": []}},
    "affinity to no value": _node_term(matchExpressions=_expression("In")),
    "affinity to a value too many": _node_term(matchExpressions=_expression("Exists", "a")),
    "affinity to two numbers": _node_term(matchExpressions=_expression("Gt", "1", "2")),
    "affinity by no operator": _node_term(matchExpressions=_expression("Like", "a")),
    "affinity by a sign": _node_term(matchExpressions=_expression("<", "a")),
    "affinity to a node by a sign": _node_term(matchFields=_expression("<", "n", key="metadata.name")),
    "affinity to pods by a sign": _near(labelSelector={"matchExpressions": _expression("<", "a")}),
    "affinity by a bad key": _node_term(matchExpressions=_expression("In", "a b", key="a b")),
    "affinity to a node": _node_term(matchFields=_expression("In", "n", key="metadata.name")),
    "affinity to another field": _node_term(matchFields=_expression("Exists", key="spec.nodeName")),
    "affinity to two nodes": _node_term(matchFields=_expression("In", "A_", "b", key="metadata.name")),
    "affinity of no weight": {
        f"{_NODE}.{_PREFERRED}": [{"weight": 0, "preference": {"matchExpressions": _expression("In", "a b")}}]
    },
    "affinity to pods": _near(labelSelector=_APPS),
    "affinity to pods nowhere": _near(topologyKey=""),
    "affinity to pods somewhere": _near("podAntiAffinity", topologyKey="a b", namespaces=["A_"]),
    "affinity to pods of bad labels": _near(
        labelSelector={"matchLabels": {"a b": "c d"}, "matchExpressions": _expression("Like", "x y", key="")}
    ),
    "affinity to pods of a bad namespace": _near(namespaceSelector={"matchExpressions": _expression("In")}),
    "affinity to pods of too high a weight": {
        f"spec.affinity.podAffinity.{_PREFERRED}": [{"weight": 101, "podAffinityTerm": {"topologyKey": "z"}}]
    },
    "affinity by the pod's labels": _near(labelSelector=_APPS, matchLabelKeys=["k"], mismatchLabelKeys=["k"]),
    "affinity by the pod's labels of nothing": _near(matchLabelKeys=["k"]),
    "spread": _spread(labelSelector=_APPS),
    "spread by nothing": _spread(maxSkew=0, topologyKey="", whenUnsatisfiable=""),
    "spread in no way": _spread(whenUnsatisfiable="Perhaps", minDomains=0),
    "spread anyway": _spread(whenUnsatisfiable="ScheduleAnyway", minDomains=2),
    "spread twice": {"spec.topologySpreadConstraints": [_SPREAD, _SPREAD]},
    "spread by a policy": _spread(nodeAffinityPolicy="Some", nodeTaintsPolicy="Some"),
    "spread by labels": _spread(labelSelector=_APPS, matchLabelKeys=["app"]),
    "spread by bad labels": _spread(matchLabelKeys=["a b"]),
    "spread of a bad selector": _spread(labelSelector={"matchLabels": {"a": "b c"}}),
    "a toleration": _tolerates(key="k", operator="Exists", effect="NoExecute", tolerationSeconds=5),
    "a toleration of a bad key": _tolerates(key="a b", operator="Exists"),
    "a toleration of all by value": _tolerates(value="x"),
    "a toleration with a value too many": _tolerates(key="k", operator="Exists", value="v"),
    "a toleration of a bad value": _tolerates(key="k", value="a b"),
    "a toleration by no operator": _tolerates(key="k", operator="Like"),
    "a toleration by order": _tolerates(key="k", operator="Lt", value="5"),
    "a toleration of an effect": _tolerates(key="k", operator="Exists", effect="Never"),
    "a toleration for a time": _tolerates(
        key="k", operator="Exists", effect="NoSchedule", tolerationSeconds=5
    ),
    # the rest
    "a restart policy": {"spec.restartPolicy": "Sometimes"},
    "a DNS policy": {"spec.dnsPolicy": "Some"},
    "DNS of its own": {
        "spec.dnsPolicy": "None",
        "spec.dnsConfig": {"nameservers": ["10.0.0.1"], "searches": ["a_b.c."]},
    },
    "no DNS of its own": {"spec.dnsPolicy": "None"},
    "DNS of no server": {"spec.dnsPolicy": "None", "spec.dnsConfig": {"searches": ["a"]}},
    "DNS of bad servers": {
        "spec.dnsConfig": {
            "nameservers": ["a", "1.2.3.4", "01.2.3.4", "::ffff:1.2.3.4"],
            "searches": ["A b"],
            "options": [{"value": "x"}],
        }
    },
    "DNS of too many searches": {"spec.dnsConfig": {"searches": ["a"] * 33}},
    "DNS of too long searches": {"spec.dnsConfig": {"searches": ["a" * 250] * 9}},
    "a host's name": {"spec.hostname": "A.b", "spec.subdomain": "a.b"},
    "another host's name": {"spec.hostnameOverride": "A_", "spec.setHostnameAsFQDN": True},
    "a host's name of 65": {"spec.hostnameOverride": "a" * 65},
    "names of hosts": {"spec.hostAliases": [{"ip": "1.2.3.4", "hostnames": ["a.b"]}]},
    "bad names of hosts": {"spec.hostAliases": [{"ip": "1.2.3", "hostnames": ["A_"]}]},
    "a deadline": {"spec.activeDeadlineSeconds": 60},
    "no time": {"spec.activeDeadlineSeconds": 0},
    "too much time": {"spec.activeDeadlineSeconds": 2**31},
    "a grace below zero": {"spec.terminationGracePeriodSeconds": -1},
    "a runtime class": {"spec.runtimeClassName": "A_"},
    "a preemption policy": {"spec.preemptionPolicy": "Some"},
    "a system": {"spec.os": {"name": "linux"}},
    "no system": {"spec.os": {"name": ""}},
    "another system": {"spec.os": {"name": "beos"}},
    "another system's options": {
        "spec.os": {"name": "linux"},
        f"{_C}.securityContext": {"windowsOptions": {"runAsUserName": "x"}},
    },
    "options that the other system lacks": {
        "spec.os": {"name": "windows"},
        "spec.hostPID": True,
        "spec.securityContext": {"runAsUser": 1, "seccompProfile": {"type": "Unconfined"}},
        f"{_C}.securityContext": {"privileged": True, "runAsUser": 1},
    },
    "a secret to pull by": {"spec.imagePullSecrets": [{"name": "s"}]},
    "a mirror": {"metadata.annotations": {"kubernetes.io/config.mirror": "x"}},
    "a cost": {"metadata.annotations": {"controller.kubernetes.io/pod-deletion-cost": "5"}},
    "a cost that is none": {"metadata.annotations": {"controller.kubernetes.io/pod-deletion-cost": "+05"}},
    "an old seccomp profile": {"metadata.annotations": {"seccomp.security.alpha.kubernetes.io/pod": "some"}},
    "an old seccomp profile of another kind": {
        "metadata.annotations": {"seccomp.security.alpha.kubernetes.io/pod": "localhost/x"},
        "spec.securityContext": {"seccompProfile": {"type": "Unconfined"}},
    },
    "old AppArmor profiles": {
        "metadata.annotations": {
            "container.apparmor.security.beta.kubernetes.io/c": "some",
            "container.apparmor.security.beta.kubernetes.io/d": "unconfined",
        }
    },
    "an old AppArmor profile of another kind": {
        "metadata.annotations": {"container.apparmor.security.beta.kubernetes.io/c": "runtime/default"},
        f"{_C}.securityContext": {"appArmorProfile": {"type": "Unconfined"}},
    },
    "everything at once": {
        "metadata.labels": {"a b": "c d"},
        f"{_C}.name": "A_",
        f"{_C}.image": " ",
        f"{_C}.env": [{"name": "A=B"}],
        "spec.securityContext": {"runAsUser": -1},
        "spec.tolerations": [{"key": "a b", "operator": "x"}],
    },
}


def set_in(obj: Object, path: str, value: Any) -> None:
    """Set what is at a dotted path, whose parts that are not there are made."""
    *parents, last = path.split(".")
    found: Any = obj
    for part in parents:
        found = found[int(part)] if part.isdigit() else found.setdefault(part, {})
    found[last] = value


def pod_of(changes: Object) -> Object:
    """The plain pod with these changes."""
    pod = copy.deepcopy(PLAIN)
    for path, value in changes.items():
        set_in(pod, path, copy.deepcopy(value))
    return pod


def deployment_of(changes: Object) -> Object:
    """A Deployment of such pods."""
    pod = pod_of(changes)
    meta = pod["metadata"]
    labels = {**(meta.get("labels") or {}), "app": "x"}
    template = {"metadata": {"labels": labels, "annotations": meta.get("annotations")}, "spec": pod["spec"]}
    return {
        "apiVersion": "apps/v1",
        "kind": "Deployment",
        "metadata": {"name": "d", "namespace": "default"},
        "spec": {"selector": {"matchLabels": {"app": "x"}}, "template": template},
    }
