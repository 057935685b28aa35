"""The table of the resources that the server stores and serves."""

from __future__ import annotations

from typing import NamedTuple

EVERY_VERB = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


class Subresource(NamedTuple):
    """A path below an object: the kind it answers with, and its verbs."""

    name: str
    group: str
    version: str
    kind: str
    verbs: tuple[str, ...]


class Kind(NamedTuple):
    """One resource of one group version.

    `generation` tells whether metadata.generation is kept. `stored_as` is the resource whose objects these are,
    when that is another one; `verbs` without "get" means that nothing is stored at all.
    """

    group: str
    version: str
    plural: str
    kind: str
    namespaced: bool
    short_names: tuple[str, ...] = ()
    status: bool = False
    generation: bool = False
    categories: tuple[str, ...] = ()
    extra: tuple[Subresource, ...] = ()
    verbs: tuple[str, ...] = EVERY_VERB
    stored_as: str = ""

    @property
    def api_version(self) -> str:
        """`group/version`, or `version` for the core group."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def resource(self) -> str:
        """The store's name of the resource; versions of one resource share it."""
        return self.stored_as or f"{self.group}/{self.plural}"

    @property
    def deprecation(self) -> str:
        """What to warn users of this version of; empty where there is nothing to say."""
        if self.group != _DRA or self.version == "v1":
            return ""
        return f"{self.api_version} {self.kind} is deprecated in v1.35+, unavailable in v1.38+"

    @property
    def stored(self) -> bool:
        """Whether objects of the kind are kept."""
        return "get" in self.verbs

    @property
    def subresources(self) -> tuple[Subresource, ...]:
        """Everything below an object, in the order of names."""
        status = Subresource("status", self.group, self.version, self.kind, ("get", "patch", "update"))
        return tuple(sorted((*self.extra, status) if self.status else self.extra))

    def subresource(self, name: str) -> Subresource | None:
        """The subresource of a name, or None."""
        return next((sub for sub in self.subresources if sub.name == name), None)


_RBAC, _DRA, _STORAGE = "rbac.authorization.k8s.io", "resource.k8s.io", "storage.k8s.io"
_AUTHN, _AUTHZ = "authentication.k8s.io", "authorization.k8s.io"
_ALL = ("all",)
_CREATE = ("create",)
_STREAM = ("create", "get")
_SCALE = (Subresource("scale", "autoscaling", "v1", "Scale", ("get", "patch", "update")),)


def _core(
    plural: str, kind: str, short: tuple[str, ...] = (), *, namespaced: bool = True, status: bool = False
) -> Kind:
    return Kind("", "v1", plural, kind, namespaced, short, status)


def _dra(version: str) -> tuple[Kind, ...]:
    """The DRA kinds in one of their versions; all versions are one set of objects."""
    return (
        Kind(_DRA, version, "deviceclasses", "DeviceClass", False, generation=True),
        Kind(_DRA, version, "resourceclaims", "ResourceClaim", True, status=True),
        Kind(_DRA, version, "resourceclaimtemplates", "ResourceClaimTemplate", True),
        Kind(_DRA, version, "resourceslices", "ResourceSlice", False, generation=True),
    )


_POD_SUBRESOURCES = (
    Subresource("attach", "", "v1", "PodAttachOptions", _STREAM),
    Subresource("binding", "", "v1", "Binding", _CREATE),
    Subresource("eviction", "policy", "v1", "Eviction", _CREATE),
    Subresource("exec", "", "v1", "PodExecOptions", _STREAM),
    Subresource("log", "", "v1", "Pod", ("get",)),
    Subresource("portforward", "", "v1", "PodPortForwardOptions", _STREAM),
)
_FINALIZE = (Subresource("finalize", "", "v1", "Namespace", ("update",)),)
_TOKEN = (Subresource("token", _AUTHN, "v1", "TokenRequest", _CREATE),)
_NO_COLLECTION = tuple(verb for verb in EVERY_VERB if verb != "deletecollection")

KINDS: tuple[Kind, ...] = (
    Kind("", "v1", "bindings", "Binding", True, verbs=_CREATE),
    _core("configmaps", "ConfigMap", ("cm",)),
    _core("endpoints", "Endpoints", ("ep",)),
    _core("events", "Event", ("ev",)),
    _core("limitranges", "LimitRange", ("limits",)),
    Kind("", "v1", "namespaces", "Namespace", False, ("ns",), True, extra=_FINALIZE, verbs=_NO_COLLECTION),
    _core("nodes", "Node", ("no",), namespaced=False, status=True),
    _core("persistentvolumeclaims", "PersistentVolumeClaim", ("pvc",), status=True),
    _core("persistentvolumes", "PersistentVolume", ("pv",), namespaced=False, status=True),
    Kind("", "v1", "pods", "Pod", True, ("po",), True, True, _ALL, _POD_SUBRESOURCES),
    Kind("", "v1", "podtemplates", "PodTemplate", True, generation=True),
    Kind(
        "", "v1", "replicationcontrollers", "ReplicationController", True, ("rc",), True, True, _ALL, _SCALE
    ),
    _core("resourcequotas", "ResourceQuota", ("quota",), status=True),
    _core("secrets", "Secret"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",), extra=_TOKEN),
    Kind("", "v1", "services", "Service", True, ("svc",), True, categories=_ALL),
    Kind("apps", "v1", "controllerrevisions", "ControllerRevision", True),
    Kind("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), True, True, _ALL),
    Kind("apps", "v1", "deployments", "Deployment", True, ("deploy",), True, True, _ALL, _SCALE),
    Kind("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), True, True, _ALL, _SCALE),
    Kind("apps", "v1", "statefulsets", "StatefulSet", True, ("sts",), True, True, _ALL, _SCALE),
    Kind("events.k8s.io", "v1", "events", "Event", True, ("ev",), stored_as="/events"),
    Kind(_AUTHN, "v1", "selfsubjectreviews", "SelfSubjectReview", False, verbs=_CREATE),
    Kind(_AUTHN, "v1", "tokenreviews", "TokenReview", False, verbs=_CREATE),
    Kind(_AUTHZ, "v1", "localsubjectaccessreviews", "LocalSubjectAccessReview", True, verbs=_CREATE),
    Kind(_AUTHZ, "v1", "selfsubjectaccessreviews", "SelfSubjectAccessReview", False, verbs=_CREATE),
    Kind(_AUTHZ, "v1", "selfsubjectrulesreviews", "SelfSubjectRulesReview", False, verbs=_CREATE),
    Kind(_AUTHZ, "v1", "subjectaccessreviews", "SubjectAccessReview", False, verbs=_CREATE),
    Kind("batch", "v1", "cronjobs", "CronJob", True, ("cj",), True, True, _ALL),
    Kind("batch", "v1", "jobs", "Job", True, (), True, True, _ALL),
    Kind(_RBAC, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Kind(_RBAC, "v1", "clusterroles", "ClusterRole", False),
    Kind(_RBAC, "v1", "rolebindings", "RoleBinding", True),
    Kind(_RBAC, "v1", "roles", "Role", True),
    Kind(_STORAGE, "v1", "csidrivers", "CSIDriver", False, generation=True),
    Kind(_STORAGE, "v1", "csinodes", "CSINode", False),
    Kind(_STORAGE, "v1", "csistoragecapacities", "CSIStorageCapacity", True),
    Kind(_STORAGE, "v1", "storageclasses", "StorageClass", False, ("sc",)),
    Kind(_STORAGE, "v1", "volumeattachments", "VolumeAttachment", False, (), True),
    Kind("policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", True, ("pdb",), True, True),
    Kind("scheduling.k8s.io", "v1", "priorityclasses", "PriorityClass", False, ("pc",), generation=True),
    Kind("coordination.k8s.io", "v1", "leases", "Lease", True),
    Kind("node.k8s.io", "v1", "runtimeclasses", "RuntimeClass", False),
    Kind("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", True, generation=True),
    *_dra("v1"),
    Kind(_DRA, "v1", "devicetaintrules", "DeviceTaintRule", False, (), True, True),
    *_dra("v1beta2"),
    Kind(_DRA, "v1beta2", "devicetaintrules", "DeviceTaintRule", False, (), True, True),
    *_dra("v1beta1"),
)

BY_PATH = {(k.group, k.version, k.plural): k for k in KINDS}
# The kind in whose form the objects of a store resource are kept: the first one listed.
STORED = {k.resource: k for k in reversed(KINDS) if k.stored}
