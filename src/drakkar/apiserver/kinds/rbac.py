"""The kinds of the group rbac.authorization.k8s.io: what a role, its rules, and a binding must have to mean something."""

from __future__ import annotations

import json
from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import Strategy
from drakkar.apiserver.tables.access import BINDINGS, ROLES
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError
from drakkar.validation.object_meta import Rules

_GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ["ServiceAccount", "User", "Group"]


def _rule(rule: Object, field: str, namespaced: bool) -> Iterator[FieldError]:
    if not rule.get("verbs"):
        yield FieldError.required(f"{field}.verbs", "verbs must contain at least one value")
    paths = rule.get("nonResourceURLs")
    if paths:
        shown = json.dumps(paths)
        if namespaced:
            said = "namespaced rules cannot apply to non-resource URLs"
            yield FieldError.invalid(f"{field}.nonResourceURLs", shown, said)
        if rule.get("apiGroups") or rule.get("resources") or rule.get("resourceNames"):
            said = "rules cannot apply to both regular resources and non-resource URLs"
            yield FieldError.invalid(f"{field}.nonResourceURLs", shown, said)
        return
    if not rule.get("apiGroups"):
        yield FieldError.required(f"{field}.apiGroups", "resource rules must supply at least one api group")
    if not rule.get("resources"):
        yield FieldError.required(f"{field}.resources", "resource rules must supply at least one resource")


def _role(obj: Object) -> Iterator[FieldError]:
    """Problems of a Role."""
    for at, rule in enumerate(obj.get("rules") or ()):
        yield from _rule(rule, f"rules[{at}]", True)


def _cluster_role(obj: Object) -> Iterator[FieldError]:
    """Problems of a ClusterRole."""
    for at, rule in enumerate(obj.get("rules") or ()):
        yield from _rule(rule, f"rules[{at}]", False)
    gathers = obj.get("aggregationRule")
    if gathers is not None and not gathers.get("clusterRoleSelectors"):
        said = "at least one clusterRoleSelector required if aggregationRule is non-nil"
        yield FieldError.required("aggregationRule.clusterRoleSelectors", said)


def _role_binding(obj: Object) -> Iterator[FieldError]:
    """Problems of a RoleBinding."""
    yield from _binding_rules(obj, ["ClusterRole", "Role"])


def _cluster_role_binding(obj: Object) -> Iterator[FieldError]:
    """Problems of a ClusterRoleBinding."""
    yield from _binding_rules(obj, ["ClusterRole"])


def _binding_rules(obj: Object, kinds: list[str]) -> Iterator[FieldError]:
    reference = obj.get("roleRef") or {}
    if reference.get("apiGroup") != _GROUP:
        yield FieldError.unsupported("roleRef.apiGroup", str(reference.get("apiGroup", "")), [_GROUP])
    if reference.get("kind") not in kinds:
        yield FieldError.unsupported("roleRef.kind", str(reference.get("kind", "")), kinds)
    if not reference.get("name"):
        yield FieldError.required("roleRef.name")
    namespaced = "Role" in kinds
    for at, subject in enumerate(obj.get("subjects") or ()):
        yield from _subject(subject, f"subjects[{at}]", namespaced)


def _subject(subject: Object, field: str, namespaced: bool) -> Iterator[FieldError]:
    if not subject.get("name"):
        yield FieldError.required(f"{field}.name")
    kind, group = subject.get("kind", ""), subject.get("apiGroup") or ""
    if kind not in _SUBJECTS:
        yield FieldError.unsupported(f"{field}.kind", str(kind), _SUBJECTS)
        return
    wanted = "" if kind == "ServiceAccount" else _GROUP
    if group != wanted:
        yield FieldError.unsupported(f"{field}.apiGroup", str(group), [wanted])
    if kind == "ServiceAccount" and not namespaced and not subject.get("namespace"):
        yield FieldError.required(f"{field}.namespace")


def _binding(obj: Object) -> None:
    named = [obj.get("roleRef") or {}]
    named += [one for one in obj.get("subjects") or () if one.get("kind") in ("User", "Group")]
    for one in named:
        one["apiGroup"] = one.get("apiGroup") or _GROUP


_NAMES = Rules(formats.path_segment)
_ROLES = Strategy(columns=ROLES, rules=_role, metadata=_NAMES, made_by_put=True)
_CLUSTER_ROLES = Strategy(columns=ROLES, rules=_cluster_role, metadata=_NAMES, made_by_put=True)
_ROLE_BINDINGS = Strategy(
    columns=BINDINGS,
    default=_binding,
    rules=_role_binding,
    fixed=("roleRef",),
    metadata=_NAMES,
    made_by_put=True,
)
_CLUSTER_ROLE_BINDINGS = Strategy(
    columns=BINDINGS,
    default=_binding,
    rules=_cluster_role_binding,
    fixed=("roleRef",),
    metadata=_NAMES,
    made_by_put=True,
)

KINDS = (
    Kind(_GROUP, "v1", "clusterrolebindings", "ClusterRoleBinding", False, strategy=_CLUSTER_ROLE_BINDINGS),
    Kind(_GROUP, "v1", "clusterroles", "ClusterRole", False, strategy=_CLUSTER_ROLES),
    Kind(_GROUP, "v1", "rolebindings", "RoleBinding", True, strategy=_ROLE_BINDINGS),
    Kind(_GROUP, "v1", "roles", "Role", True, strategy=_ROLES),
)
