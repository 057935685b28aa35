"""Reads how admission is configured, as kube-apiserver's --admission-control-config-file: YAML or JSON, and strictly."""

from __future__ import annotations

import logging
from collections.abc import Callable, Collection, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from drakkar.api.names import is_label, is_subdomain
from drakkar.api.object import Object
from drakkar.apiserver.admission.errors import ConfigurationError
from drakkar.apiserver.admission.plugin_names import (
    MUTATING_WEBHOOK,
    POD_SECURITY,
    RESOURCE_QUOTA,
    VALIDATING_WEBHOOK,
    left_out,
)
from drakkar.apiserver.wire import settings_file
from drakkar.pod_security.exempt import NOBODY, Exemptions
from drakkar.pod_security.policy import NOTHING, PREFIX, Policy, policy_of
from drakkar.quota.limited import NO_LIMITS, LimitedResource, Limits
from drakkar.quota.scopes import Requirement
from drakkar.validation.field_error import FieldError, shown

_LOGGER = logging.getLogger(__name__)
_GROUP: Final = "apiserver.config.k8s.io"
_VERSIONS: Final = (f"{_GROUP}/v1", "apiserver.k8s.io/v1alpha1")
_PODS_GROUP: Final = "pod-security.admission.config.k8s.io"
_PODS_VERSIONS: Final = tuple(f"{_PODS_GROUP}/{version}" for version in ("v1", "v1beta1", "v1alpha1"))
_QUOTA_VERSIONS: Final = (
    f"{_GROUP}/v1",
    *(f"resourcequota.admission.k8s.io/{version}" for version in ("v1beta1", "v1alpha1")),
)
_WEBHOOKS: Final = (MUTATING_WEBHOOK, VALIDATING_WEBHOOK)
T = TypeVar("T")


class AdmissionConfig(NamedTuple):
    """How admission works on one server: what pods are held to where labels say nothing, and which are not; what only quotas
    allow; and the plugins that are left out."""

    defaults: Policy = NOTHING
    exemptions: Exemptions = NOBODY
    limits: Limits = NO_LIMITS
    off: frozenset[str] = frozenset()


PLAIN: Final = AdmissionConfig()


class _Strict(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    api_version: str = ""
    kind: str = ""


class _Plugin(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    name: str = ""
    path: str = ""
    configuration: dict[str, Any] | None = None


class _Admission(_Strict):
    plugins: list[_Plugin] = []


class _Defaults(msgspec.Struct, rename="kebab", forbid_unknown_fields=True):
    enforce: str = ""
    enforce_version: str = ""
    audit: str = ""
    audit_version: str = ""
    warn: str = ""
    warn_version: str = ""


class _Exemptions(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    usernames: list[str] = []
    namespaces: list[str] = []
    runtime_classes: list[str] = []


class _PodSecurity(_Strict):
    defaults: _Defaults = msgspec.field(default_factory=_Defaults)
    exemptions: _Exemptions = msgspec.field(default_factory=_Exemptions)


class _Scope(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    scope_name: str = ""
    operator: str = ""
    values: list[str] = []


class _Limited(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    api_group: str = ""
    resource: str = ""
    match_contains: list[str] = []
    match_scopes: list[_Scope] = []


class _Quota(_Strict):
    limited_resources: list[_Limited] = []


def configured(path: Path | None, enabled: Collection[str], disabled: Collection[str]) -> AdmissionConfig:
    """What a server's flags come to; ConfigurationError and PluginError. Files named in a file are sought beside it."""
    found = AdmissionConfig(off=left_out(enabled, disabled))
    if path is None:
        return found
    whole = _read(_Admission, _loaded(path), _VERSIONS, "AdmissionConfiguration", str(path))
    said: dict[str, Object] = {}
    for one in whole.plugins:
        # The first one holds, and what is not on is not looked at.
        if one.name in said or one.name in found.off:
            continue
        given = one.configuration
        if given is None and one.path:
            given = _loaded(path.parent / one.path)
        said[one.name] = given if given is not None else {}
    for name, given in said.items():
        if given:
            found = _with(found, name, given)
    return found


def _with(config: AdmissionConfig, name: str, given: Object) -> AdmissionConfig:
    if name == POD_SECURITY:
        pods = _read(_PodSecurity, given, _PODS_VERSIONS, "PodSecurityConfiguration", name)
        return config._replace(defaults=_policy(pods), exemptions=_exempt(pods.exemptions))
    if name == RESOURCE_QUOTA:
        kinds = ("ResourceQuotaConfiguration", "Configuration")
        quota = _read(_Quota, given, _QUOTA_VERSIONS, kinds, name)
        return config._replace(limits=_limits(quota))
    if name in _WEBHOOKS and given.get("kubeConfigFile"):
        # Whoever wants webhooks to know the server would not get that.
        raise ConfigurationError(
            f"{name}: kubeConfigFile cannot be had here: webhooks are shown no credentials"
        )
    if name not in _WEBHOOKS:
        # Upstream reads nothing of a plugin that is off, as all others are here.
        _LOGGER.warning(
            "%s: nothing of it can be configured here, and its configuration is passed over", name
        )
    return config


def _loaded(path: Path) -> Object:
    try:
        return settings_file.read(path)
    except settings_file.SettingsError as failure:
        raise ConfigurationError(
            f"unable to read admission control configuration from {path}: {failure}"
        ) from None


def _read(
    what: Callable[..., T], given: Object, versions: Collection[str], kind: str | tuple[str, ...], place: str
) -> T:
    kinds = (kind,) if isinstance(kind, str) else kind
    if given.get("apiVersion") not in versions or given.get("kind") not in kinds:
        raise ConfigurationError(
            f"{place}: no kind {shown(given.get('kind'))} is registered for version {shown(given.get('apiVersion'))}"
        )
    try:
        return msgspec.convert(given, what)  # type: ignore[no-any-return]
    except msgspec.ValidationError as failure:
        raise ConfigurationError(f"{place}: strict decoding error: {failure}") from None


def _policy(pods: _PodSecurity) -> Policy:
    given = {key: value for key, value in msgspec.to_builtins(pods.defaults).items() if value}
    policy, problems = policy_of({PREFIX + key: value for key, value in given.items()}, NOTHING)
    _refuse(
        FieldError.invalid(f"defaults.{one.label.removeprefix(PREFIX)}", shown(one.value), one.rule)
        for one in problems
    )
    if "warn" not in given:
        # What follows from a label does not follow from this.
        warned, _ = policy_of({f"{PREFIX}warn-version": given.get("warn-version", "latest")}, NOTHING)
        policy = policy._replace(warn=warned.warn)
    return policy


def _exempt(given: _Exemptions) -> Exemptions:
    _refuse(
        problem
        for name, values, is_right in (
            ("namespaces", given.namespaces, is_label),
            ("runtimeClasses", given.runtime_classes, is_subdomain),
            ("usernames", given.usernames, bool),
        )
        for problem in _name_problems(name, values, is_right)
    )
    return Exemptions(
        frozenset(given.usernames), frozenset(given.namespaces), frozenset(given.runtime_classes)
    )


def _name_problems(
    field: str, values: Collection[str], is_right: Callable[[str], bool]
) -> Iterator[FieldError]:
    seen = set()
    for at, value in enumerate(values):
        path = f"exemptions.{field}[{at}]"
        if not is_right(value):
            yield FieldError.invalid(path, shown(value), "it is no such name")
        elif value in seen:
            yield FieldError("FieldValueDuplicate", f"Duplicate value: {shown(value)}", path)
        seen.add(value)


def _limits(quota: _Quota) -> Limits:
    _refuse(
        FieldError.required(f"limitedResources[{at}].resource")
        for at, one in enumerate(quota.limited_resources)
        if not one.resource
    )
    return Limits(
        [
            LimitedResource(
                one.api_group,
                one.resource,
                tuple(one.match_contains),
                tuple(
                    Requirement(scope.scope_name, scope.operator, tuple(scope.values))
                    for scope in one.match_scopes
                ),
            )
            for one in quota.limited_resources
        ]
    )


def _refuse(problems: Iterator[FieldError]) -> None:
    told = [f"{one.field}: {one.message}" for one in problems]
    if told:
        raise ConfigurationError("; ".join(told))
