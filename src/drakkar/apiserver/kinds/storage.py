"""The kinds of the group storage.k8s.io."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy
from drakkar.apiserver.tables import volumes
from drakkar.apiserver.tables.cluster import CSI_NODES
from drakkar.validation.attributes_class import attributes_class_change_problems, attributes_class_problems
from drakkar.validation.storage import attachment, csi, storage_class


def _storage_class(obj: Object) -> None:
    if obj.get("reclaimPolicy") is None:
        obj["reclaimPolicy"] = "Delete"
    if obj.get("volumeBindingMode") is None:
        obj["volumeBindingMode"] = "Immediate"


def _driver(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec.setdefault("attachRequired", True)
    spec.setdefault("fsGroupPolicy", "ReadWriteOnceWithFSType")
    if not spec.get("volumeLifecycleModes"):
        spec["volumeLifecycleModes"] = ["Persistent"]
    for off in (
        "podInfoOnMount",
        "storageCapacity",
        "preventPodSchedulingIfMissing",
        "requiresRepublish",
        "seLinuxMount",
    ):
        spec.setdefault(off, False)


def _attachment(new: Object, old: Object | None, now: str) -> None:
    # That it is not attached is told from the start.
    if old is None:
        new["status"] = {"attached": False}


_ATTACHMENTS = Strategy(
    columns=volumes.ATTACHMENTS,
    prepare=_attachment,
    rules=attachment.attachment_problems,
    changes=attachment.attachment_changes,
    status_changes=attachment.attachment_status_problems,
    answers_with_object=True,
    status_keeps=OBJECT_METADATA,
    needs_version=True,
)
_CSI_NODES = Strategy(
    columns=CSI_NODES,
    rules=csi.csi_node_problems,
    changes=csi.csi_node_changes,
    status_keeps=OBJECT_METADATA,
    answers_with_object=True,
    needs_version=True,
)
_STORAGE_CLASSES = Strategy(
    idle="no volume is provisioned by a StorageClass",
    columns=volumes.STORAGE_CLASSES,
    default=_storage_class,
    creation=storage_class.storage_class_problems,
    changes=storage_class.storage_class_changes,
    warns=storage_class.storage_class_warnings,
    answers_with_object=True,
)
_CSI_DRIVERS = Strategy(
    idle="no volume is mounted by a CSIDriver",
    columns=volumes.CSI_DRIVERS,
    default=_driver,
    rules=csi.csi_driver_problems,
    changes=csi.csi_driver_changes,
    warns=csi.csi_driver_warnings,
    born_uncounted=True,
    needs_version=True,
    answers_with_object=True,
)
_CSI_CAPACITIES = Strategy(
    creation=csi.csi_capacity_problems,
    changes=csi.csi_capacity_changes,
    warns=csi.csi_capacity_warnings,
    needs_version=True,
)
_ATTRIBUTES_CLASSES = Strategy(
    idle="no volume is changed by a VolumeAttributesClass",
    columns=volumes.ATTRIBUTES_CLASSES,
    rules=attributes_class_problems,
    changes=attributes_class_change_problems,
    answers_with_object=True,
)
_GROUP = "storage.k8s.io"

KINDS = (
    Kind(
        _GROUP,
        "v1",
        "csidrivers",
        "CSIDriver",
        False,
        generation=True,
        strategy=_CSI_DRIVERS,
    ),
    Kind(_GROUP, "v1", "csinodes", "CSINode", False, status=True, strategy=_CSI_NODES),
    Kind(
        _GROUP,
        "v1",
        "csistoragecapacities",
        "CSIStorageCapacity",
        True,
        strategy=_CSI_CAPACITIES,
    ),
    Kind(_GROUP, "v1", "storageclasses", "StorageClass", False, ("sc",), strategy=_STORAGE_CLASSES),
    Kind(_GROUP, "v1", "volumeattachments", "VolumeAttachment", False, (), True, strategy=_ATTACHMENTS),
    Kind(
        _GROUP,
        "v1",
        "volumeattributesclasses",
        "VolumeAttributesClass",
        False,
        ("vac",),
        strategy=_ATTRIBUTES_CLASSES,
    ),
)
