"""PersistentVolumes: what they are, how much of it there is, and by whom it can be had."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Mapping

from drakkar.api.object import Object
from drakkar.api.old_labels import DEPRECATED
from drakkar.api.quantity import NANO, Quantity
from drakkar.validation import formats, names
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_values import immutable, items, mapping, same, text
from drakkar.validation.node_selector import node_selector
from drakkar.validation.pod.paths import no_steps_back
from drakkar.validation.pod.volumes import SOURCES as POD_SOURCES
from drakkar.validation.pod.volumes import Rule
from drakkar.validation.storage.access import (
    STORAGE_CLASS,
    access_modes,
    class_name,
    more_than_nothing,
    volume_mode,
)

_POLICIES = ("Delete", "Recycle", "Retain")
_OPTIONS = "volume.beta.kubernetes.io/mount-options"
_MOUNTED_WITH_OPTIONS = (
    "gcePersistentDisk",
    "awsElasticBlockStore",
    "glusterfs",
    "nfs",
    "rbd",
    "quobyte",
    "iscsi",
    "cinder",
    "cephfs",
    "azureFile",
    "vsphereVolume",
    "azureDisk",
    "photonPersistentDisk",
)
_OLD_ANNOTATIONS = {
    STORAGE_CLASS: 'deprecated since v1.8; use "storageClassName" attribute instead',
    _OPTIONS: 'deprecated since v1.31; use "mountOptions" attribute instead',
}
_OLD_SOURCES = {
    "cephfs": "deprecated in v1.28, non-functional in v1.31+",
    "photonPersistentDisk": "deprecated in v1.11, non-functional in v1.16+",
    "scaleIO": "deprecated in v1.16, non-functional in v1.22+",
    "storageos": "deprecated in v1.22, non-functional in v1.25+",
    "glusterfs": "deprecated in v1.25, non-functional in v1.26+",
    "rbd": "deprecated in v1.28, non-functional in v1.31+",
}
_SECRETS = (
    "controllerPublishSecretRef",
    "controllerExpandSecretRef",
    "nodePublishSecretRef",
    "nodeExpandSecretRef",
)
_IQN = re.compile(
    r"iqn\.\d{4}-\d{2}\.([a-z0-9]+(-[a-z0-9]+)*(\.[a-z0-9]+(-[a-z0-9]+)*)*)(:[^,;*&$|\s]+)$|eui\.[0-9A-Fa-f]{16}|naa\.[0-9A-Fa-f]{32}",
    re.ASCII,
)
_INLINE = "may not be specified in the context of inline volumes"


def volume_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a PersistentVolume."""
    found, spec = Findings(), mapping(obj, "spec")
    access_modes(found, "spec.accessModes", spec)
    _capacity(found, spec.get("capacity"))
    policy, affinity = text(spec, "persistentVolumeReclaimPolicy"), spec.get("nodeAffinity")
    if policy and policy not in _POLICIES:
        found.not_supported("spec.persistentVolumeReclaimPolicy", policy, _POLICIES)
    if affinity is not None:
        _affinity(found, "spec.nodeAffinity", affinity)
    _sources(found, "spec", spec)
    if spec.get("local") is not None and affinity is None:
        found.required("spec.nodeAffinity", "Local volume requires node affinity")
    root = text(mapping(spec, "hostPath"), "path")
    if root and posixpath.normpath(root) in ("/", "//") and policy == "Recycle":
        said = "may not be 'recycle' for a hostPath mount of '/'"
        found.forbidden("spec.persistentVolumeReclaimPolicy", said)
    class_name(found, "spec.storageClassName", spec.get("storageClassName"))
    volume_mode(found, "spec.volumeMode", spec.get("volumeMode"))
    _attributes(found, "spec", spec)
    notes = mapping(mapping(obj, "metadata"), "annotations")
    if _OPTIONS in notes and not any(spec.get(one) is not None for one in _MOUNTED_WITH_OPTIONS):
        said = "may not specify mount options for this volume type"
        found.forbidden(f"metadata.annotations.{_OPTIONS}", said)
    return found.listed()


def inline_volume(found: Findings, path: str, spec: Object) -> None:
    """The spec of a volume that stands in a pod, and is attached as if it stood for itself."""
    for field in ("claimRef", "nodeAffinity"):
        if spec.get(field) is not None:
            found.forbidden(f"{path}.{field}", _INLINE)
    for field in ("capacity", "storageClassName"):
        if spec.get(field):
            found.forbidden(f"{path}.{field}", _INLINE)
    if spec.get("csi") is None:
        found.required(f"{path}.csi", "has to be specified in the context of inline volumes")
    access_modes(found, f"{path}.accessModes", spec)
    said = "may only be Retain in the context of inline volumes"
    if text(spec, "persistentVolumeReclaimPolicy") not in ("", "Retain"):
        found.forbidden(f"{path}.persistentVolumeReclaimPolicy", said)
    if spec.get("volumeMode") not in (None, "Filesystem"):
        said = "may not specify volumeMode other than Filesystem in the context of inline volumes"
        found.forbidden(f"{path}.volumeMode", said)
    _sources(found, path, spec)


def _capacity(found: Findings, capacity: Mapping[str, str] | None) -> None:
    here = "spec.capacity"
    if not capacity:
        found.required(here)
    if set(capacity or ()) != {"storage"}:
        amounts = capacity and {k: Quantity.parse(v).format() for k, v in sorted(capacity.items())}
        said = f'Unsupported value: {shown(amounts)}: supported values: "storage"'
        found.add(FieldError("FieldValueNotSupported", said, here))
    for name, amount in (capacity or {}).items():
        parsed = Quantity.parse(amount)
        whole = parsed.nanos // NANO
        if whole < 0:
            found.invalid(f"{here}[{name}]", whole, "must be a valid resource quantity")
        more_than_nothing(found, f"{here}[{name}]", parsed)


def _affinity(found: Findings, path: str, affinity: Object) -> None:
    required = affinity.get("required")
    if required is None:
        found.required(f"{path}.required", "must specify required node constraints")
    else:
        node_selector(found, f"{path}.required", required)


def _attributes(found: Findings, path: str, spec: Object) -> None:
    name = spec.get("volumeAttributesClassName")
    if name is None:
        return
    if not name:
        found.required(f"{path}.volumeAttributesClassName", "an empty string is disallowed")
    class_name(found, f"{path}.volumeAttributesClassName", name)
    if spec.get("csi") is None:
        found.required(f"{path}.csi", "has to be specified when using volumeAttributesClassName")


def _sources(found: Findings, path: str, spec: Object) -> None:
    present = [kind for kind in SOURCES if spec.get(kind) is not None]
    for position, kind in enumerate(present):
        if position and kind != "flexVolume":
            told = {"cephfs": "cephFS"}.get(kind, kind)
            found.forbidden(f"{path}.{told}", "may not specify more than 1 volume type")
            continue
        told = {"gcePersistentDisk": "persistentDisk"}.get(kind, kind)
        SOURCES[kind](found, f"{path}.{told}", spec[kind])
    if not present:
        found.required(path, "must specify a volume type")


def _local(found: Findings, path: str, given: Object) -> None:
    if not text(given, "path"):
        found.required(f"{path}.path")
    else:
        no_steps_back(found, f"{path}.path", given["path"])


def _csi(found: Findings, path: str, given: Object) -> None:
    names.driver(found, f"{path}.driver", text(given, "driver"))
    if not text(given, "volumeHandle"):
        found.required(f"{path}.volumeHandle")
    for field in _SECRETS:
        secret = given.get(field)
        for part, rule in (("name", formats.dns_subdomain), ("namespace", formats.dns_label)):
            if secret is None:
                continue
            here, value = f"{path}.{field}.{part}", text(secret, part)
            if not value:
                found.required(here)
            else:
                found.each_invalid(here, value, rule(value))


def _iscsi(found: Findings, path: str, given: Object) -> None:
    name, number = text(given, "iqn"), given.get("lun") or 0
    if not text(given, "targetPortal"):
        found.required(f"{path}.targetPortal")
    if not name:
        found.required(f"{path}.iqn")
    elif not _IQN.fullmatch(name):
        found.invalid(f"{path}.iqn", name, "must be valid format")
    found.each_invalid(f"{path}.lun", number, formats.in_range(number, 0, 255))


def _fc(found: Findings, path: str, given: Object) -> None:
    names_, wwids, number = items(given, "targetWWNs"), items(given, "wwids"), given.get("lun")
    here = f"{path}.targetWWNs"
    if not names_ and not wwids:
        found.required(here, "must specify either targetWWNs or wwids, but not both")
    if names_ and wwids:
        found.invalid(here, names_, "targetWWNs and wwids can not be specified simultaneously")
    if names_ and number is None:
        found.required(f"{path}.lun", "lun is required if targetWWNs is specified")
    elif names_:
        found.each_invalid(f"{path}.lun", number, formats.in_range(number or 0, 0, 255))


# In the order in which they are looked at. Of sources that no node here mounts, only what must be there is asked for.
SOURCES: dict[str, Rule] = {
    **{kind: POD_SOURCES[kind] for kind in ("hostPath", "gcePersistentDisk", "awsElasticBlockStore")},
    **{kind: POD_SOURCES[kind] for kind in ("glusterfs", "flocker", "nfs", "rbd", "quobyte", "cephfs")},
    "iscsi": _iscsi,
    "cinder": POD_SOURCES["cinder"],
    "fc": _fc,
    **{kind: POD_SOURCES[kind] for kind in ("flexVolume", "azureFile", "vsphereVolume")},
    **{
        kind: POD_SOURCES[kind] for kind in ("photonPersistentDisk", "portworxVolume", "azureDisk", "scaleIO")
    },
    "local": _local,
    "storageos": POD_SOURCES["storageos"],
    "csi": _csi,
}


def volume_changes(old: Object, new: Object) -> list[FieldError]:
    """What of a PersistentVolume may not change."""
    found = Findings()
    before, after = mapping(old, "spec"), mapping(new, "spec")
    held, given = ({kind: spec.get(kind) for kind in SOURCES} for spec in (before, after))
    csi, late = held["csi"], "controllerExpandSecretRef"
    if csi is not None and given["csi"] is not None and csi.get(late) is None:
        # It may be told later.
        given["csi"] = {field: value for field, value in given["csi"].items() if field != late}
    if not same(held, given):
        said = "spec.persistentvolumesource is immutable after creation"
        found.forbidden("spec.persistentvolumesource", said)
    immutable(found, "volumeMode", after.get("volumeMode"), before.get("volumeMode"))
    if before.get("volumeAttributesClassName") is not None and after.get("volumeAttributesClassName") is None:
        said = "update from non-nil value to nil is forbidden"
        found.forbidden("spec.volumeAttributesClassName", said)
    held_affinity = before.get("nodeAffinity")
    if held_affinity is not None:
        immutable(found, "nodeAffinity", after.get("nodeAffinity"), held_affinity)
    return found.listed()


def volume_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a PersistentVolume that is taken."""
    spec, notes = mapping(new, "spec"), mapping(mapping(new, "metadata"), "annotations")
    warned = [
        f"metadata.annotations[{key}]: {said}" for key, said in _OLD_ANNOTATIONS.items() if key in notes
    ]
    if spec.get("persistentVolumeReclaimPolicy") == "Recycle":
        said = "The Recycle reclaim policy is deprecated. Instead, the recommended approach is to use dynamic provisioning."
        warned.append(f"spec.persistentVolumeReclaimPolicy: {said}")
    terms = items(mapping(mapping(spec, "nodeAffinity"), "required"), "nodeSelectorTerms")
    for at, term in enumerate(terms):
        for place, one in enumerate(items(term, "matchExpressions")):
            key = text(one, "key")
            if key in DEPRECATED:
                here = f"spec.nodeAffinity.required.nodeSelectorTerms[{at}].matchExpressions[{place}].key"
                warned.append(f"{here}: {key} is {DEPRECATED[key]}")
    told = {"storageos": "storageOS"}
    return warned + [
        f"spec.{told.get(kind, kind)}: {said}"
        for kind, said in _OLD_SOURCES.items()
        if spec.get(kind) is not None
    ]
