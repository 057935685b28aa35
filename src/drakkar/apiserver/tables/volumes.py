"""The tables of volumes, of what claims and makes them, and of the drivers behind them."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, deleting, joined, part, rows
from drakkar.apiserver.tables.layout import AGE, Column, Layout

_UNSET = "<unset>"
_DEFAULT_CLASS = "storageclass.kubernetes.io/is-default-class"
_CLASS_BEFORE_1_6 = "volume.beta.kubernetes.io/storage-class"
_MODES = {
    "ReadWriteOnce": "RWO",
    "ReadOnlyMany": "ROX",
    "ReadWriteMany": "RWX",
    "ReadWriteOncePod": "RWOP",
}


def _modes(found: Any) -> str:
    given = set(found or ())
    return joined(short for mode, short in _MODES.items() if mode in given)


def _class(obj: Object) -> str:
    before = part(obj, "metadata", "annotations").get(_CLASS_BEFORE_1_6)
    return str(before if before is not None else part(obj, "spec").get("storageClassName") or "")


def _phase(obj: Object) -> str:
    return "Terminating" if deleting(obj) else str(part(obj, "status").get("phase") or "")


def _volume(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, claim = part(obj, "spec"), part(obj, "spec", "claimRef")
    return [
        str(part(spec, "capacity").get("storage", "0")),
        _modes(spec.get("accessModes")),
        spec.get("persistentVolumeReclaimPolicy", ""),
        _phase(obj),
        f"{claim.get('namespace', '')}/{claim.get('name', '')}" if claim else "",
        _class(obj),
        spec.get("volumeAttributesClassName") or _UNSET,
        part(obj, "status").get("reason", ""),
        age(obj, now),
        spec.get("volumeMode") or _UNSET,
    ]


def _claim(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, status = part(obj, "spec"), part(obj, "status")
    bound = bool(spec.get("volumeName"))
    return [
        _phase(obj),
        spec.get("volumeName", ""),
        str(part(status, "capacity").get("storage", "0")) if bound else "",
        _modes(status.get("accessModes")) if bound else "",
        _class(obj),
        spec.get("volumeAttributesClassName") or _UNSET,
        age(obj, now),
        spec.get("volumeMode") or _UNSET,
    ]


def _storage_class(obj: Object, now: datetime.datetime) -> list[Any]:
    name = str(part(obj, "metadata").get("name", ""))
    chosen = part(obj, "metadata", "annotations").get(_DEFAULT_CLASS) == "true"
    return [
        f"{name} (default)" if chosen else name,
        obj.get("provisioner", ""),
        obj.get("reclaimPolicy") or "Delete",
        obj.get("volumeBindingMode") or "Immediate",
        bool(obj.get("allowVolumeExpansion")),
        age(obj, now),
    ]


def _attributes_class(obj: Object, now: datetime.datetime) -> list[Any]:
    return [obj.get("driverName", ""), age(obj, now)]


def _driver(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    return [
        spec.get("attachRequired", True),
        bool(spec.get("podInfoOnMount")),
        bool(spec.get("storageCapacity")),
        joined((one.get("audience", "") for one in rows(spec, "tokenRequests")), absent=_UNSET),
        bool(spec.get("requiresRepublish")),
        joined(spec.get("volumeLifecycleModes") or (), absent=NONE),
        age(obj, now),
    ]


def _attachment(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    return [
        spec.get("attacher", ""),
        part(spec, "source").get("persistentVolumeName") or "",
        spec.get("nodeName", ""),
        bool(part(obj, "status").get("attached")),
        age(obj, now),
    ]


_MODE = Column("VolumeMode", description="Whether it is a file system or a block device", wide=True)
_CLASS = Column("StorageClass", description="Class that it is of")
_ATTRIBUTES = Column("VolumeAttributesClass", description="Class of its attributes")
VOLUMES = Layout(
    (
        Column("Capacity", description="Size of the volume"),
        Column("Access Modes", description="Ways in which it can be mounted"),
        Column("Reclaim Policy", description="What becomes of it when it is released"),
        Column("Status", description="Phase of the volume"),
        Column("Claim", description="Claim that it is bound to"),
        _CLASS,
        _ATTRIBUTES,
        Column("Reason", description="Why it is in its phase"),
        AGE,
        _MODE,
    ),
    _volume,
)
VOLUME_CLAIMS = Layout(
    (
        Column("Status", description="Phase of the claim"),
        Column("Volume", description="Volume that it is bound to"),
        Column("Capacity", description="Size of the volume"),
        Column("Access Modes", description="Ways in which the volume can be mounted"),
        _CLASS,
        _ATTRIBUTES,
        AGE,
        _MODE,
    ),
    _claim,
)
STORAGE_CLASSES = Layout(
    (
        Column("Name", form="name", description="Name of the class, and whether it is the default"),
        Column("Provisioner", description="Who makes the volumes"),
        Column("ReclaimPolicy", description="What becomes of a volume when it is released"),
        Column("VolumeBindingMode", description="When a claim is bound"),
        Column("AllowVolumeExpansion", description="Whether claims may grow"),
        AGE,
    ),
    _storage_class,
    named=False,
)
ATTRIBUTES_CLASSES = Layout(
    (Column("DriverName", description="Driver of the volumes"), AGE), _attributes_class
)
CSI_DRIVERS = Layout(
    (
        Column("AttachRequired", "boolean", "Whether volumes are attached before they are mounted"),
        Column("PodInfoOnMount", "boolean", "Whether the driver is told of the pod"),
        Column("StorageCapacity", "boolean", "Whether the driver says what room it has"),
        Column("TokenRequests", description="Audiences of the tokens that the driver gets"),
        Column("RequiresRepublish", "boolean", "Whether volumes are published again and again"),
        Column("Modes", description="Kinds of volumes that the driver has"),
        AGE,
    ),
    _driver,
)
ATTACHMENTS = Layout(
    (
        Column("Attacher", form="name", description="Driver that attaches the volume"),
        Column("PV", description="Volume that is attached"),
        Column("Node", description="Node that it is attached to"),
        Column("Attached", "boolean", "Whether it is attached"),
        AGE,
    ),
    _attachment,
)
