"""The kinds of the group rbac.authorization.k8s.io."""

from __future__ import annotations

from drakkar.apiserver.kinds.kind import Kind

_GROUP = "rbac.authorization.k8s.io"

KINDS = (
    Kind(_GROUP, "v1", "clusterrolebindings", "ClusterRoleBinding", False),
    Kind(_GROUP, "v1", "clusterroles", "ClusterRole", False),
    Kind(_GROUP, "v1", "rolebindings", "RoleBinding", True),
    Kind(_GROUP, "v1", "roles", "Role", True),
)
