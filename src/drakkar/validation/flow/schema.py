"""FlowSchema: which requests it is about, and where they belong."""

from __future__ import annotations

from collections.abc import Callable

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, same, text
from drakkar.validation.flow.mandatory import SCHEMAS

_METHODS = ("ByNamespace", "ByUser")
_SUBJECTS = {"ServiceAccount": "serviceAccount", "User": "user", "Group": "group"}
_VERBS = ("create", "delete", "deletecollection", "get", "list", "patch", "proxy", "update", "watch")
_LAST = 10000
_ALL = "*"


def schema_problems(schema: Object) -> list[FieldError]:
    """What is wrong with a schema that has its defaults, and with its status."""
    found, spec, name = Findings(), mapping(schema, "spec"), text(mapping(schema, "metadata"), "name")
    path, precedence = "spec.matchingPrecedence", spec.get("matchingPrecedence") or 0
    if precedence <= 0:
        found.invalid(path, precedence, "must be a positive value")
    if precedence > _LAST:
        found.invalid(path, precedence, f"must not be greater than {_LAST}")
    if precedence == 1 and name != "exempt":
        found.invalid(path, precedence, "only the schema named 'exempt' may have matchingPrecedence 1")
    method = spec.get("distinguisherMethod")
    if method is not None and text(method, "type") not in _METHODS:
        found.not_supported("spec.distinguisherMethod.type", {"Type": text(method, "type")}, _METHODS)
    path, level = (
        "spec.priorityLevelConfiguration.name",
        text(mapping(spec, "priorityLevelConfiguration"), "name"),
    )
    if level:
        found.each_invalid(path, level, formats.dns_subdomain(level))
    else:
        found.required(path, "must reference a priority level")
    for at, rule in enumerate(items(spec, "rules")):
        _rule(found, f"spec.rules[{at}]", rule)
    if name in SCHEMAS and not same(spec, SCHEMAS[name]):
        found.add(FieldError.unshown("spec", f"spec of '{name}' must equal the fixed value"))
    condition_types(found, "status.conditions", items(mapping(schema, "status"), "conditions"))
    return found.listed()


def status_problems(obj: Object) -> list[FieldError]:
    """What is wrong with the status of a schema or a priority level."""
    found = Findings()
    condition_types(found, "status.conditions", items(mapping(obj, "status"), "conditions"))
    return found.listed()


def condition_types(found: Findings, path: str, given: list[Object]) -> None:
    """Conditions, one of each type; nothing else of them is looked at."""
    seen: set[str] = set()
    for at, condition in enumerate(given):
        kind, here = text(condition, "type"), f"{path}[{at}].type"
        if kind in seen:
            found.duplicate(here, kind)
        seen.add(kind)
        if not kind:
            found.required(here)


def _rule(found: Findings, path: str, rule: Object) -> None:
    subjects = items(rule, "subjects")
    if not subjects:
        found.required(f"{path}.subjects", "subjects must contain at least one value")
    for at, subject in enumerate(subjects):
        _subject(found, f"{path}.subjects[{at}]", subject)
    resources, others = items(rule, "resourceRules"), items(rule, "nonResourceRules")
    if not resources and not others:
        found.required(path, "at least one of resourceRules and nonResourceRules has to be non-empty")
    for at, one in enumerate(resources):
        _resource_rule(found, f"{path}.resourceRules[{at}]", one)
    for at, one in enumerate(others):
        _other_rule(found, f"{path}.nonResourceRules[{at}]", one)


def _subject(found: Findings, path: str, subject: Object) -> None:
    kind = text(subject, "kind")
    if kind not in _SUBJECTS:
        found.not_supported(f"{path}.kind", kind, sorted(_SUBJECTS))
        return
    field = _SUBJECTS[kind]
    given = subject.get(field)
    if given is None:
        found.required(f"{path}.{field}", f"{field} is required when subject kind is '{kind}'")
    elif kind == "ServiceAccount":
        _account(found, f"{path}.{field}", given)
    elif not text(given, "name"):
        found.required(f"{path}.{field}.name")
    for other, name in _SUBJECTS.items():
        if name != field and subject.get(name) is not None:
            found.forbidden(f"{path}.{name}", f"{name} is forbidden when subject kind is not '{other}'")


def _account(found: Findings, path: str, account: Object) -> None:
    name, namespace = text(account, "name"), text(account, "namespace")
    if not name:
        found.required(f"{path}.name")
    elif name != _ALL:
        found.each_invalid(f"{path}.name", name, formats.dns_subdomain(name))
    if namespace:
        found.each_invalid(f"{path}.namespace", namespace, formats.dns_label(namespace))
    else:
        found.required(f"{path}.namespace", "must specify namespace for service account")


def _listed(
    found: Findings,
    path: str,
    given: list[str],
    lacking: str,
    others: str,
    each: Callable[[list[str]], None] = lambda given: None,
) -> None:
    """A list in which a star stands alone."""
    if not given:
        found.required(path, lacking)
    elif _ALL in given:
        if len(given) > 1:
            found.invalid(path, given, f"if '*' is present, must not specify other {others}")
    else:
        each(given)


def _verbs(found: Findings, path: str, given: list[str]) -> None:
    def known(given: list[str]) -> None:
        if not set(given) <= set(_VERBS):
            found.not_supported(path, given, _VERBS)

    _listed(found, path, given, "verbs must contain at least one value", "verbs", known)


def _resource_rule(found: Findings, path: str, rule: Object) -> None:
    _verbs(found, f"{path}.verbs", items(rule, "verbs"))
    for field, one, others in (
        ("apiGroups", "api group", "api groups"),
        ("resources", "resource", "resources"),
    ):
        lacking = f"resource rules must supply at least one {one}"
        _listed(found, f"{path}.{field}", items(rule, field), lacking, others)
    here, namespaces = f"{path}.namespaces", items(rule, "namespaces")

    def labels(given: list[str]) -> None:
        for at, namespace in enumerate(given):
            said = [
                f"each member of this list must be '*' or a DNS-1123 label; {one}"
                for one in formats.dns_label(namespace)
            ]
            found.each_invalid(f"{here}[{at}]", namespace, said)

    if namespaces or not rule.get("clusterScope"):
        lacking = "resource rules that are not cluster scoped must supply at least one namespace"
        _listed(found, here, namespaces, lacking, "namespaces", labels)


def _other_rule(found: Findings, path: str, rule: Object) -> None:
    _verbs(found, f"{path}.verbs", items(rule, "verbs"))
    here = f"{path}.nonResourceURLs"

    def paths(given: list[str]) -> None:
        for at, url in enumerate(given):
            wrong = _url_problem(url)
            if wrong:
                found.invalid(f"{here}[{at}]", url, wrong)

    lacking = "nonResourceURLs must contain at least one value"
    _listed(found, here, items(rule, "nonResourceURLs"), lacking, "non-resource URLs", paths)


def _url_problem(url: str) -> str:
    if not url:
        return "must not be empty"
    if not url.startswith("/"):
        return "must start with slash"
    if " " in url:
        return "must not contain white-space"
    if "//" in url:
        return "must not contain double slash"
    stars = url.count(_ALL)
    if stars > 1 or (stars == 1 and not url.endswith("/*")):
        return "wildcard can only do suffix matching"
    return ""
