"""What a pod names: its account, the Secrets, ConfigMaps and claims that its volumes and environment read."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from drakkar.api.object import Object

MIRROR = "kubernetes.io/config.mirror"
# Volume sources that name a Secret, and where in them its name stands.
_SECRET_SOURCES = {
    "azureFile": ("secretName",),
    "cephfs": ("secretRef", "name"),
    "cinder": ("secretRef", "name"),
    "flexVolume": ("secretRef", "name"),
    "rbd": ("secretRef", "name"),
    "secret": ("secretName",),
    "scaleIO": ("secretRef", "name"),
    "iscsi": ("secretRef", "name"),
    "storageos": ("secretRef", "name"),
    "csi": ("nodePublishSecretRef", "name"),
}
# Volume sources that need nothing of the API.
_PLAIN_SOURCES = frozenset(
    {
        "awsElasticBlockStore",
        "azureDisk",
        "cephfs",
        "cinder",
        "downwardAPI",
        "emptyDir",
        "fc",
        "flexVolume",
        "flocker",
        "gcePersistentDisk",
        "gitRepo",
        "hostPath",
        "image",
        "iscsi",
        "nfs",
        "photonPersistentDisk",
        "portworxVolume",
        "quobyte",
        "rbd",
        "scaleIO",
        "storageos",
        "vsphereVolume",
    }
)
_API_SOURCES = {
    "configMap": "configmaps (via configmap volumes)",
    "secret": "secrets (via secret volumes)",
    "csi": "csidrivers (via CSI volumes)",
    "glusterfs": "endpoints (via glusterFS volumes)",
    "persistentVolumeClaim": "persistentvolumeclaims",
    "ephemeral": "persistentvolumeclaims (via ephemeral volumes)",
    "azureFile": "secrets (via azureFile volumes)",
}
_API_PROJECTIONS = {
    "configMap": "configmaps (via projected volumes)",
    "secret": "secrets (via projected volumes)",
    "serviceAccountToken": "serviceaccounts (via projected volumes)",
    "clusterTrustBundle": "clustertrustbundles",
    "podCertificate": "podcertificates",
}


def is_mirror(pod: Object) -> bool:
    """Whether the pod only mirrors one that a kubelet runs by itself."""
    return MIRROR in (pod["metadata"].get("annotations") or {})


def _named(source: Object, path: tuple[str, ...]) -> str:
    found: Any = source
    for part in path:
        found = found.get(part) if isinstance(found, dict) else None
    return found if isinstance(found, str) else ""


def _volumes(spec: Object) -> Iterator[Object]:
    yield from spec.get("volumes") or ()


def _containers(spec: Object) -> Iterator[Object]:
    for field in ("initContainers", "containers", "ephemeralContainers"):
        yield from spec.get(field) or ()


def _projections(spec: Object) -> Iterator[Object]:
    for volume in _volumes(spec):
        yield from (volume.get("projected") or {}).get("sources") or ()


def _environment(spec: Object, reference: str, key: str) -> Iterator[str]:
    for container in _containers(spec):
        for entry in container.get("envFrom") or ():
            yield (entry.get(reference) or {}).get("name") or ""
        for entry in container.get("env") or ():
            yield ((entry.get("valueFrom") or {}).get(key) or {}).get("name") or ""


def account(spec: Object) -> str:
    """The service account that a pod asks for, by its name of today or its old one."""
    return str(spec.get("serviceAccountName") or spec.get("serviceAccount") or "")


def secrets(spec: Object) -> set[str]:
    """The names of the Secrets that a pod reads."""
    found = {entry.get("name") or "" for entry in spec.get("imagePullSecrets") or ()}
    found.update(_environment(spec, "secretRef", "secretKeyRef"))
    found.update((one.get("secret") or {}).get("name") or "" for one in _projections(spec))
    for volume in _volumes(spec):
        found.update(_named(volume.get(kind) or {}, path) for kind, path in _SECRET_SOURCES.items())
    return found - {""}


def config_maps(spec: Object) -> set[str]:
    """The names of the ConfigMaps that a pod reads."""
    found = set(_environment(spec, "configMapRef", "configMapKeyRef"))
    found.update((one.get("configMap") or {}).get("name") or "" for one in _projections(spec))
    found.update((one.get("configMap") or {}).get("name") or "" for one in _volumes(spec))
    return found - {""}


def reads_tokens(spec: Object) -> bool:
    """Whether a volume of the pod asks for service account tokens."""
    return any(source.get("serviceAccountToken") is not None for source in _projections(spec))


def volume_claims(pod: Object) -> set[str]:
    """The names of the PersistentVolumeClaims that a pod mounts."""
    found = set()
    for volume in _volumes(pod.get("spec") or {}):
        claim = (volume.get("persistentVolumeClaim") or {}).get("claimName") or ""
        found.add(f"{pod['metadata']['name']}-{volume.get('name')}" if volume.get("ephemeral") else claim)
    return found - {""}


def resource_claims(pod: Object) -> set[str]:
    """The names of the ResourceClaims that a pod names or that were made for it."""
    spec, status = pod.get("spec") or {}, pod.get("status") or {}
    own = {entry.get("name") for entry in spec.get("resourceClaims") or ()}
    named = [entry.get("resourceClaimName") for entry in spec.get("resourceClaims") or ()]
    named += [
        entry.get("resourceClaimName")
        for entry in status.get("resourceClaimStatuses") or ()
        if entry.get("name") in own
    ]
    named.append((status.get("extendedResourceClaimStatus") or {}).get("resourceClaimName"))
    return {name for name in named if name}


def refers_to_api(pod: Object) -> str:
    """The kind of objects that a pod's spec names, in the words of NodeRestriction; empty where it names none."""
    spec: Object = pod.get("spec") or {}
    if account(spec):
        return "serviceaccounts"
    if secrets(spec):
        return "secrets"
    if config_maps(spec):
        return "configmaps"
    if spec.get("resourceClaims"):
        return "resourceclaims"
    for volume in _volumes(spec):
        if _PLAIN_SOURCES & volume.keys():
            continue
        for kind, said in _API_SOURCES.items():
            if volume.get(kind) is not None:
                return said
    for source in _projections(spec):
        for kind, said in _API_PROJECTIONS.items():
            if source.get(kind) is not None:
                return said
    return ""
