"""The kinds of the group storage.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

_GROUP = "storage.k8s.io"

KINDS = (
    Kind(_GROUP, "v1", "csidrivers", "CSIDriver", False, generation=True),
    Kind(_GROUP, "v1", "csinodes", "CSINode", False),
    Kind(_GROUP, "v1", "csistoragecapacities", "CSIStorageCapacity", True),
    Kind(_GROUP, "v1", "storageclasses", "StorageClass", False, ("sc",)),
    Kind(_GROUP, "v1", "volumeattachments", "VolumeAttachment", False, (), True),
)
