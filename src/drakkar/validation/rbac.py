"""Roles, the rules in them, and bindings: what each must have to mean something."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, same, text
from drakkar.validation.pod.label_selector import label_selector

GROUP = "rbac.authorization.k8s.io"
_SUBJECTS = ("ServiceAccount", "User", "Group")


def role_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a Role."""
    found = Findings()
    for at, rule in enumerate(items(obj, "rules")):
        _rule(found, f"rules[{at}]", rule, namespaced=True)
    return found.listed()


def cluster_role_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a ClusterRole."""
    found = Findings()
    for at, rule in enumerate(items(obj, "rules")):
        _rule(found, f"rules[{at}]", rule, namespaced=False)
    gathers, here = obj.get("aggregationRule"), "aggregationRule.clusterRoleSelectors"
    if gathers is not None and not items(gathers, "clusterRoleSelectors"):
        found.required(here, "at least one clusterRoleSelector required if aggregationRule is non-nil")
    for at, selector in enumerate(items(gathers or {}, "clusterRoleSelectors")):
        label_selector(found, f"{here}[{at}]", selector)
    return found.listed()


def _rule(found: Findings, path: str, rule: Object, *, namespaced: bool) -> None:
    if not items(rule, "verbs"):
        found.required(f"{path}.verbs")
    urls, here = items(rule, "nonResourceURLs"), f"{path}.nonResourceURLs"
    if urls:
        if namespaced:
            found.invalid(here, urls, "namespaced rules cannot apply to non-resource URLs")
        if any(items(rule, field) for field in ("apiGroups", "resources", "resourceNames")):
            said = "rules cannot apply to both regular resources and non-resource URLs"
            found.invalid(here, urls, said)
        return
    if not items(rule, "apiGroups"):
        found.required(f"{path}.apiGroups", "resource rules must supply at least one api group")
    if not items(rule, "resources"):
        found.required(f"{path}.resources", "resource rules must supply at least one resource")


def role_binding_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a RoleBinding."""
    return _binding(obj, ("Role", "ClusterRole"), namespaced=True)


def cluster_role_binding_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a ClusterRoleBinding."""
    return _binding(obj, ("ClusterRole",), namespaced=False)


def _binding(obj: Object, kinds: tuple[str, ...], *, namespaced: bool) -> list[FieldError]:
    found, role = Findings(), mapping(obj, "roleRef")
    group, kind, name = (text(role, part) for part in ("apiGroup", "kind", "name"))
    if group != GROUP:
        found.not_supported("roleRef.apiGroup", group, (GROUP,))
    if kind not in kinds:
        found.not_supported("roleRef.kind", kind, kinds)
    if not name:
        found.required("roleRef.name")
    else:
        found.each_invalid("roleRef.name", name, formats.path_segment(name))
    for at, subject in enumerate(items(obj, "subjects")):
        _subject(found, f"subjects[{at}]", subject, namespaced=namespaced)
    return found.listed()


def binding_changes(old: Object, new: Object) -> list[FieldError]:
    """A binding stays one of the same role."""
    found, role = Findings(), mapping(new, "roleRef")
    if not same(role, mapping(old, "roleRef")):
        names = {"APIGroup": "apiGroup", "Kind": "kind", "Name": "name"}
        shown = {name: text(role, field) for name, field in names.items()}
        found.invalid("roleRef", shown, "field is immutable")
    return found.listed()


def _subject(found: Findings, path: str, subject: Object, *, namespaced: bool) -> None:
    name, kind, group = (text(subject, part) for part in ("name", "kind", "apiGroup"))
    if not name:
        found.required(f"{path}.name")
    if kind not in _SUBJECTS:
        found.not_supported(f"{path}.kind", kind, _SUBJECTS)
        return
    account = kind == "ServiceAccount"
    wanted = "" if account else GROUP
    if group != wanted:
        found.not_supported(f"{path}.apiGroup", group, (wanted,))
    if account and name:
        found.each_invalid(f"{path}.name", name, formats.dns_subdomain(name))
    if account and not namespaced and not text(subject, "namespace"):
        found.required(f"{path}.namespace")
