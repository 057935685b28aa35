"""Reads an audit policy from its file, as kube-apiserver's --audit-policy-file: YAML or JSON, held to the same rules."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final

import msgspec

from drakkar.api.names import is_subdomain
from drakkar.api.object import Object
from drakkar.apiserver.audit.errors import PolicyFileError
from drakkar.apiserver.audit.policy import STAGES, AuditPolicy, GroupResources, Rule, Ruling
from drakkar.apiserver.audit_annotations import LEVELS
from drakkar.apiserver.wire import settings_file
from drakkar.validation.field_error import FieldError, shown

_LOGGER = logging.getLogger(__name__)
_VERSION: Final = "audit.k8s.io/v1"
_MIXED: Final = "rules cannot apply to both regular resources and non-resource URLs"


class _Resources(msgspec.Struct, rename="camel"):
    group: str = ""
    resources: list[str] = []
    resource_names: list[str] = []


class _Rule(msgspec.Struct, rename="camel"):
    level: str = ""
    users: list[str] = []
    user_groups: list[str] = []
    verbs: list[str] = []
    resources: list[_Resources] = []
    namespaces: list[str] = []
    non_resource_urls: list[str] = msgspec.field(default_factory=list, name="nonResourceURLs")
    omit_stages: list[str] = []
    omit_managed_fields: bool | None = None


class _Policy(msgspec.Struct, rename="camel"):
    api_version: str = ""
    kind: str = ""
    metadata: dict[str, Any] = {}
    rules: list[_Rule] = []
    omit_stages: list[str] = []
    omit_managed_fields: bool = False


def read(path: Path) -> AuditPolicy:
    """The policy in a file; PolicyFileError. Fields that are none of a policy are told in the log, and passed over."""
    try:
        return _policy(settings_file.read(path))
    except (PolicyFileError, settings_file.SettingsError) as failure:
        raise PolicyFileError(f"{failure}: from file {path}") from None


def policy_of(raw: bytes) -> AuditPolicy:
    """The policy that is written in these bytes; PolicyFileError."""
    try:
        return _policy(settings_file.object_of(raw))
    except settings_file.SettingsError as failure:
        raise PolicyFileError(str(failure)) from None


def _policy(value: Object) -> AuditPolicy:
    try:
        found = msgspec.convert(value, _Policy)
    except msgspec.ValidationError as failure:
        raise PolicyFileError(f"failed decoding: {failure}") from None
    if (found.api_version, found.kind) != (_VERSION, "Policy"):
        raise PolicyFileError(
            f"unknown group version field {found.api_version}, Kind={found.kind} in policy: want {_VERSION}, Kind=Policy"
        )
    unknown = list(_unknown(value))
    if unknown:
        _LOGGER.warning("the audit policy has unknown fields, which are passed over: %s", ", ".join(unknown))
    problems = list(_problems(found))
    if problems:
        raise PolicyFileError("; ".join(f"{one.field}: {one.message}" for one in problems))
    if not found.rules:
        raise PolicyFileError("loaded illegal policy with 0 rules")
    return AuditPolicy([_rule(found, one) for one in found.rules])


def _unknown(value: Object) -> Iterator[str]:
    known = {field.encode_name for field in msgspec.structs.fields(_Policy)}
    yield from (str(key) for key in value if key not in known)
    in_rule = {field.encode_name for field in msgspec.structs.fields(_Rule)}
    in_resources = {field.encode_name for field in msgspec.structs.fields(_Resources)}
    for at, rule in enumerate(value.get("rules") or ()):
        yield from (f"rules[{at}].{key}" for key in rule if key not in in_rule)
        for place, one in enumerate(rule.get("resources") or ()):
            yield from (f"rules[{at}].resources[{place}].{key}" for key in one if key not in in_resources)


def _problems(policy: _Policy) -> Iterator[FieldError]:
    yield from _stage_problems("omitStages", policy.omit_stages)
    for at, rule in enumerate(policy.rules):
        path = f"rules[{at}]"
        if not rule.level:
            yield FieldError.required(f"{path}.level", "")
        elif rule.level not in LEVELS:
            yield FieldError.unsupported(f"{path}.level", rule.level, list(LEVELS))
        yield from _path_problems(f"{path}.nonResourceURLs", rule.non_resource_urls)
        yield from _resource_problems(f"{path}.resources", rule.resources)
        yield from _stage_problems(f"{path}.omitStages", rule.omit_stages)
        if rule.non_resource_urls and (rule.resources or rule.namespaces):
            yield FieldError.invalid(f"{path}.nonResourceURLs", shown(rule.non_resource_urls), _MIXED)


def _stage_problems(path: str, stages: Iterable[str]) -> Iterator[FieldError]:
    for at, stage in enumerate(stages):
        if stage not in STAGES:
            said = f"allowed stages are {','.join(STAGES)}"
            yield FieldError.invalid(f"{path}[{at}]", shown(stage), said)


def _path_problems(path: str, urls: Iterable[str]) -> Iterator[FieldError]:
    for at, url in enumerate(urls):
        if url == "*":
            continue
        if not url.startswith("/"):
            said = "non-resource URL rules must begin with a '/' character"
            yield FieldError.invalid(f"{path}[{at}]", shown(url), said)
        if "*" in url[:-1]:
            said = "non-resource URL wildcards '*' must be the final character of the rule"
            yield FieldError.invalid(f"{path}[{at}]", shown(url), said)


def _resource_problems(path: str, resources: Iterable[_Resources]) -> Iterator[FieldError]:
    for one in resources:
        if one.group not in ("", "*") and not is_subdomain(one.group):
            yield FieldError.invalid(f"{path}.group", shown(one.group), "it is not the name of a group")
        if one.resource_names and not one.resources:
            said = "using resourceNames requires at least one resource"
            yield FieldError.invalid(f"{path}.resourceNames", shown(one.resource_names), said)


def _rule(policy: _Policy, rule: _Rule) -> Rule:
    without = policy.omit_managed_fields if rule.omit_managed_fields is None else rule.omit_managed_fields
    return Rule(
        Ruling(LEVELS[rule.level], frozenset(policy.omit_stages) | frozenset(rule.omit_stages), without),
        frozenset(rule.users),
        frozenset(rule.user_groups),
        frozenset(rule.verbs),
        tuple(
            GroupResources(one.group, frozenset(one.resources), frozenset(one.resource_names))
            for one in rule.resources
        ),
        frozenset(rule.namespaces),
        tuple(rule.non_resource_urls),
    )
