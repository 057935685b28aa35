"""The kinds of the group rbac.authorization.k8s.io."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.access import BINDINGS, ROLES
from drakkar.validation import formats
from drakkar.validation.object_meta import Rules
from drakkar.validation.rbac import (
    GROUP,
    binding_changes,
    cluster_role_binding_problems,
    cluster_role_problems,
    role_binding_problems,
    role_problems,
)


def _binding(obj: Object) -> None:
    named = [obj.get("roleRef") or {}]
    named += [one for one in obj.get("subjects") or () if one.get("kind") in ("User", "Group")]
    for one in named:
        one["apiGroup"] = one.get("apiGroup") or GROUP


_NAMES = Rules(formats.path_segment)
_ROLES = Strategy(columns=ROLES, rules=role_problems, metadata=_NAMES, made_by_put=True)
_CLUSTER_ROLES = Strategy(columns=ROLES, rules=cluster_role_problems, metadata=_NAMES, made_by_put=True)
_ROLE_BINDINGS = Strategy(
    columns=BINDINGS,
    default=_binding,
    rules=role_binding_problems,
    changes=binding_changes,
    metadata=_NAMES,
    made_by_put=True,
)
_CLUSTER_ROLE_BINDINGS = Strategy(
    columns=BINDINGS,
    default=_binding,
    rules=cluster_role_binding_problems,
    changes=binding_changes,
    metadata=_NAMES,
    made_by_put=True,
)

KINDS = (
    Kind(GROUP, "v1", "clusterrolebindings", "ClusterRoleBinding", False, strategy=_CLUSTER_ROLE_BINDINGS),
    Kind(GROUP, "v1", "clusterroles", "ClusterRole", False, strategy=_CLUSTER_ROLES),
    Kind(GROUP, "v1", "rolebindings", "RoleBinding", True, strategy=_ROLE_BINDINGS),
    Kind(GROUP, "v1", "roles", "Role", True, strategy=_ROLES),
)
