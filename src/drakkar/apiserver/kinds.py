"""The table of the resources that the server stores and serves."""

from __future__ import annotations

from typing import NamedTuple


class Kind(NamedTuple):
    """One resource of one group version."""

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    status: bool = False

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The store's name of the resource; versions of one resource share it."""
        return f"{self.group}/{self.plural}"


_RBAC, _DRA, _STORAGE = "rbac.authorization.k8s.io", "resource.k8s.io", "storage.k8s.io"

KINDS: tuple[Kind, ...] = (
    Kind("", "v1", "namespaces", "Namespace", False, ("ns",), True),
    Kind("", "v1", "nodes", "Node", False, ("no",), True),
    Kind("", "v1", "pods", "Pod", True, ("po",), True),
    Kind("", "v1", "services", "Service", True, ("svc",), True),
    Kind("", "v1", "endpoints", "Endpoints", True, ("ep",)),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",)),
    Kind("", "v1", "configmaps", "ConfigMap", True, ("cm",)),
    Kind("", "v1", "secrets", "Secret", True),
    Kind("", "v1", "events", "Event", True, ("ev",)),
    Kind("", "v1", "resourcequotas", "ResourceQuota", True, ("quota",), True),
    Kind("", "v1", "limitranges", "LimitRange", True, ("limits",)),
    Kind("", "v1", "persistentvolumes", "PersistentVolume", False, ("pv",), True),
    Kind("", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", True, ("pvc",), True),
    Kind("", "v1", "replicationcontrollers", "ReplicationController", True, ("rc",), True),
    Kind("", "v1", "podtemplates", "PodTemplate", True),
    Kind("apps", "v1", "deployments", "Deployment", True, ("deploy",), True),
    Kind("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), True),
    Kind("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), True),
    Kind("apps", "v1", "statefulsets", "StatefulSet", True, ("sts",), True),
    Kind("apps", "v1", "controllerrevisions", "ControllerRevision", True),
    Kind("batch", "v1", "jobs", "Job", True, (), True),
    Kind("batch", "v1", "cronjobs", "CronJob", True, ("cj",), True),
    Kind("coordination.k8s.io", "v1", "leases", "Lease", True),
    Kind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, ("pc",)),
    Kind(_RBAC, "v1", "roles", "Role", True),
    Kind(_RBAC, "v1", "rolebindings", "RoleBinding", True),
    Kind(_RBAC, "v1", "clusterroles", "ClusterRole", False),
    Kind(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), True),
    Kind(_STORAGE, "v1", "csinodes", "CSINode", False),
    Kind(_STORAGE, "v1", "csidrivers", "CSIDriver", False),
    Kind(_STORAGE, "v1", "storageclasses", "StorageClass", False, ("sc",)),
    Kind(_STORAGE, "v1", "csistoragecapacities", "CSIStorageCapacity", True),
    Kind(_STORAGE, "v1", "volumeattachments", "VolumeAttachment", False, (), True),
    Kind("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", False),
    Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True),
    Kind(_DRA, "v1", "resourceclaims", "ResourceClaim", True, (), True),
    Kind(_DRA, "v1", "resourceclaimtemplates", "ResourceClaimTemplate", True),
    Kind(_DRA, "v1", "resourceslices", "ResourceSlice", False),
    Kind(_DRA, "v1", "deviceclasses", "DeviceClass", False),
)

BY_PATH = {(k.group, k.version, k.plural): k for k in KINDS}
