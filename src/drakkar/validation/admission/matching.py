"""Which requests a policy or a binding is about: rules for resources, and selectors."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text
from drakkar.validation.pod.label_selector import label_selector

_POLICIES = ("Equivalent", "Exact")
_OPERATIONS = ("*", "CONNECT", "CREATE", "DELETE", "UPDATE")
_SCOPES = ("*", "Cluster", "Namespaced")


def match_resources(found: Findings, path: str, given: Object) -> None:
    """MatchResources with their defaults."""
    policy = text(given, "matchPolicy")
    if policy not in _POLICIES:
        found.not_supported(f"{path}.matchPolicy", policy, _POLICIES)
    for field in ("namespaceSelector", "objectSelector"):
        label_selector(found, f"{path}.{field}", given.get(field))
    for field in ("resourceRules", "excludeResourceRules"):
        for at, rule in enumerate(items(given, field)):
            rule_with_operations(found, f"{path}.{field}[{at}]", rule)


def rule_with_operations(found: Findings, path: str, rule: Object) -> None:
    """A rule with its defaults, by which policies and webhooks match."""
    seen: set[str] = set()
    for at, name in enumerate(items(rule, "resourceNames")):
        here = f"{path}.resourceNames[{at}]"
        found.each_invalid(here, name, formats.path_segment(name))
        if name in seen:
            found.duplicate(here, name)
        seen.add(name)
    operations = items(rule, "operations")
    _alone(found, f"{path}.operations", operations, "operations")
    for at, operation in enumerate(operations):
        if operation not in _OPERATIONS:
            found.not_supported(f"{path}.operations[{at}]", operation, _OPERATIONS)
    _alone(found, f"{path}.apiGroups", items(rule, "apiGroups"), "API groups")
    versions = items(rule, "apiVersions")
    _alone(found, f"{path}.apiVersions", versions, "API versions")
    for at, version in enumerate(versions):
        if not version:
            found.required(f"{path}.apiVersions[{at}]")
    _resources(found, f"{path}.resources", items(rule, "resources"))
    scope = rule.get("scope")
    if scope is not None and scope not in _SCOPES:
        found.not_supported(f"{path}.scope", scope, _SCOPES)


def _alone(found: Findings, path: str, given: Sequence[str], what: str) -> None:
    """There must be some, and a star stands for all."""
    if not given:
        found.required(path)
    if len(given) > 1 and "*" in given:
        found.invalid(path, list(given), f"if '*' is present, must not specify other {what}")


def _resources(found: Findings, path: str, given: Sequence[str]) -> None:
    if not given:
        found.required(path)
    all_below: set[str] = set()
    below_all: set[str] = set()
    # Upstream goes by the last one that has no part below it.
    plain = False
    for at, one in enumerate(given):
        here = f"{path}[{at}]"
        if not one:
            found.required(here)
            continue
        resource, slash, below = one.partition("/")
        if not slash:
            plain = one != "*"
            continue
        found.each_invalid(here, one, _covered(one, resource, below, all_below, below_all))
        if below == "*":
            all_below.add(resource)
        if resource == "*":
            below_all.add(below)
    if len(given) > 1 and "*/*" in given:
        found.invalid(path, list(given), "if '*/*' is present, must not specify other resources")
    if "*" in given and plain:
        said = "if '*' is present, must not specify other resources without subresources"
        found.invalid(path, list(given), said)


def _covered(one: str, resource: str, below: str, all_below: set[str], below_all: set[str]) -> Iterable[str]:
    if resource in all_below:
        yield f"if '{resource}/*' is present, must not specify {one}"
    if below in below_all:
        yield f"if '*/{below}' is present, must not specify {one}"
