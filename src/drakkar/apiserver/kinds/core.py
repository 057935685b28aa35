"""The kinds of the core group."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import CREATE, EVERY_VERB, SCALE, Kind, Subresource

_ALL = ("all",)
_STREAM = ("create", "get")
_POD_SUBRESOURCES = (
    Subresource("attach", "", "v1", "PodAttachOptions", _STREAM),
    Subresource("binding", "", "v1", "Binding", CREATE),
    Subresource("eviction", "policy", "v1", "Eviction", CREATE),
    Subresource("exec", "", "v1", "PodExecOptions", _STREAM),
    Subresource("log", "", "v1", "Pod", ("get",)),
    Subresource("portforward", "", "v1", "PodPortForwardOptions", _STREAM),
)
_FINALIZE = (Subresource("finalize", "", "v1", "Namespace", ("update",)),)
_TOKEN = (Subresource("token", "authentication.k8s.io", "v1", "TokenRequest", CREATE),)
_NO_COLLECTION = tuple(verb for verb in EVERY_VERB if verb != "deletecollection")


def _core(
    plural: str, kind: str, short: tuple[str, ...] = (), *, namespaced: bool = True, status: bool = False
) -> Kind:
    return Kind("", "v1", plural, kind, namespaced, short, status)


PODS = Kind("", "v1", "pods", "Pod", True, ("po",), True, True, _ALL, _POD_SUBRESOURCES)
KINDS = (
    Kind("", "v1", "bindings", "Binding", True, verbs=CREATE),
    _core("configmaps", "ConfigMap", ("cm",)),
    _core("endpoints", "Endpoints", ("ep",)),
    _core("events", "Event", ("ev",)),
    _core("limitranges", "LimitRange", ("limits",)),
    Kind("", "v1", "namespaces", "Namespace", False, ("ns",), True, extra=_FINALIZE, verbs=_NO_COLLECTION),
    _core("nodes", "Node", ("no",), namespaced=False, status=True),
    _core("persistentvolumeclaims", "PersistentVolumeClaim", ("pvc",), status=True),
    _core("persistentvolumes", "PersistentVolume", ("pv",), namespaced=False, status=True),
    PODS,
    Kind("", "v1", "podtemplates", "PodTemplate", True, generation=True),
    Kind("", "v1", "replicationcontrollers", "ReplicationController", True, ("rc",), True, True, _ALL, SCALE),
    _core("resourcequotas", "ResourceQuota", ("quota",), status=True),
    _core("secrets", "Secret"),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",), extra=_TOKEN),
    Kind("", "v1", "services", "Service", True, ("svc",), True, categories=_ALL),
)
