"""The kinds of the group apps."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import SCALE, Kind

_ALL = ("all",)

KINDS = (
    Kind("apps", "v1", "controllerrevisions", "ControllerRevision", True),
    Kind("apps", "v1", "daemonsets", "DaemonSet", True, ("ds",), True, True, _ALL),
    Kind("apps", "v1", "deployments", "Deployment", True, ("deploy",), True, True, _ALL, SCALE),
    Kind("apps", "v1", "replicasets", "ReplicaSet", True, ("rs",), True, True, _ALL, SCALE),
    Kind("apps", "v1", "statefulsets", "StatefulSet", True, ("sts",), True, True, _ALL, SCALE),
)
