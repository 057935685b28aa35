"""The kinds of the core group."""

from __future__ import annotations

import base64
from collections.abc import Iterator
from functools import partial

from drakkar.api.object import Object
from drakkar.apiserver.kinds import events, namespaces, nodes, pods, services, volumes
from drakkar.apiserver.kinds.kind import CREATE, EVERY_VERB, SCALE, Kind, Subresource, proxy
from drakkar.apiserver.kinds.left_out import fill_in
from drakkar.apiserver.kinds.pod_rules import of_template
from drakkar.apiserver.kinds.quotas import QuotaStrategy
from drakkar.apiserver.kinds.strategy import PLAIN, Strategy, selectable
from drakkar.apiserver.tables import cluster, network, workloads
from drakkar.apiserver.tables.layout import AGED
from drakkar.validation import formats
from drakkar.validation.data import config_map_problems, secret_problems
from drakkar.validation.endpoints import endpoints_problems, endpoints_warnings
from drakkar.validation.field_error import FieldError
from drakkar.validation.key_pair import key_pair_warnings
from drakkar.validation.limit_range import limit_range_problems
from drakkar.validation.object_meta import Rules
from drakkar.validation.resource_quota import quota_change_problems, quota_problems
from drakkar.validation.workload.replicas import (
    replica_set_status_problems,
    replication_controller_problems,
)

_ALL = ("all",)
_STREAM = ("create", "get")
_SINCE = "v1.33+; use discovery.k8s.io/v1 EndpointSlice"
_POD_SUBRESOURCES = (
    Subresource("attach", "", "v1", "PodAttachOptions", _STREAM),
    Subresource("binding", "", "v1", "Binding", CREATE),
    Subresource("ephemeralcontainers", "", "v1", "Pod", ("get", "patch", "update")),
    Subresource("eviction", "policy", "v1", "Eviction", CREATE),
    Subresource("exec", "", "v1", "PodExecOptions", _STREAM),
    Subresource("log", "", "v1", "Pod", ("get",)),
    Subresource("portforward", "", "v1", "PodPortForwardOptions", _STREAM),
    proxy("Pod"),
    Subresource("resize", "", "v1", "Pod", ("get", "patch", "update")),
)
_FINALIZE = (Subresource("finalize", "", "v1", "Namespace", ("update",)),)
_TOKEN = (Subresource("token", "authentication.k8s.io", "v1", "TokenRequest", CREATE),)
_NO_COLLECTION = tuple(verb for verb in EVERY_VERB if verb != "deletecollection")


def _core(
    plural: str,
    kind: str,
    short: tuple[str, ...] = (),
    *,
    namespaced: bool = True,
    status: bool = False,
    strategy: Strategy = PLAIN,
    extra: tuple[Subresource, ...] = (),
) -> Kind:
    return Kind("", "v1", plural, kind, namespaced, short, status, extra=extra, strategy=strategy)


def _secret(obj: Object) -> None:
    fill_in(obj, type="Opaque")
    for key, text in (obj.pop("stringData", None) or {}).items():
        obj.setdefault("data", {})[key] = base64.b64encode(text.encode()).decode()


def _frozen_data(old: Object, new: Object) -> list[FieldError]:
    if not old.get("immutable"):
        return []
    found = (
        []
        if new.get("immutable")
        else [FieldError.forbidden("immutable", "field is immutable when `immutable` is set")]
    )
    for field in ("data", "binaryData"):
        if old.get(field) != new.get(field):
            found.append(FieldError.forbidden(field, "field is immutable when `immutable` is set"))
    return found


def _endpoints(obj: Object) -> None:
    for subset in obj.get("subsets") or ():
        for port in subset.get("ports") or ():
            fill_in(port, protocol="TCP")


def _limit_range(obj: Object) -> None:
    for limit in (obj.get("spec") or {}).get("limits") or ():
        for name, value in (limit.get("max") or {}).items():
            if limit.get("type") == "Container":
                limit.setdefault("default", {}).setdefault(name, value)
        for source in ("default", "min"):
            for name, value in (limit.get(source) or {}).items():
                if limit.get("type") == "Container":
                    limit.setdefault("defaultRequest", {}).setdefault(name, value)


def _pod_template(obj: Object) -> Iterator[FieldError]:
    yield from of_template(obj.get("template") or {}, "template")


def _replication_controller(obj: Object) -> None:
    """Fill a ReplicationController in place; its selector is its template's labels unless it says another."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    if spec.get("template") is not None:
        pods.template(spec)
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    if labels:
        if not spec.get("selector"):
            spec["selector"] = dict(labels)
        if not obj["metadata"].get("labels"):
            obj["metadata"]["labels"] = dict(labels)


_ACCOUNTS = Strategy(columns=AGED, answers_with_object=True)
_QUOTAS = QuotaStrategy(
    columns=cluster.QUOTAS,
    rules=quota_problems,
    changes=quota_change_problems,
    answers_with_object=True,
)
_CONFIG_MAPS = Strategy(columns=cluster.CONFIG_MAPS, rules=config_map_problems, changes=_frozen_data)
_ENDPOINTS = Strategy(
    columns=network.ENDPOINTS,
    default=_endpoints,
    rules=endpoints_problems,
    warns=endpoints_warnings,
    made_by_put=True,
)
_LIMIT_RANGES = Strategy(
    default=_limit_range, rules=limit_range_problems, names_itself=True, made_by_put=True
)
_POD_TEMPLATES = Strategy(
    columns=workloads.POD_TEMPLATES, default=pods.template, rules=_pod_template, answers_with_object=True
)
_CONTROLLERS = Strategy(
    orphans_children=True,
    columns=workloads.REPLICAS,
    default=_replication_controller,
    rules=replication_controller_problems,
    status_changes=replica_set_status_problems,
    status_counts=("replicas",),
    metadata=Rules(partial(formats.dns_subdomain, declared=True), prefix=False),
    fields=selectable("status.replicas", replicas="0"),
    selects_by_labels=True,
)
_SECRETS = Strategy(
    columns=cluster.SECRETS,
    default=_secret,
    rules=secret_problems,
    warns=key_pair_warnings,
    fixed=("type",),
    changes=_frozen_data,
    fields=selectable("type"),
)

PODS = Kind(
    "", "v1", "pods", "Pod", True, ("po",), True, True, _ALL, _POD_SUBRESOURCES, strategy=pods.STRATEGY
)
KINDS = (
    Kind("", "v1", "bindings", "Binding", True, verbs=CREATE),
    Kind(
        "",
        "v1",
        "componentstatuses",
        "ComponentStatus",
        False,
        ("cs",),
        verbs=("get", "list"),
        deprecated="v1.19+",
        strategy=Strategy(columns=cluster.COMPONENT_STATUSES),
        computed=True,
    ),
    _core("configmaps", "ConfigMap", ("cm",), strategy=_CONFIG_MAPS),
    Kind("", "v1", "endpoints", "Endpoints", True, ("ep",), deprecated=_SINCE, strategy=_ENDPOINTS),
    _core("events", "Event", ("ev",), strategy=events.STRATEGY),
    _core("limitranges", "LimitRange", ("limits",), strategy=_LIMIT_RANGES),
    Kind(
        "",
        "v1",
        "namespaces",
        "Namespace",
        False,
        ("ns",),
        True,
        extra=_FINALIZE,
        verbs=_NO_COLLECTION,
        strategy=namespaces.STRATEGY,
    ),
    _core(
        "nodes",
        "Node",
        ("no",),
        namespaced=False,
        status=True,
        strategy=nodes.STRATEGY,
        extra=(proxy("Node"),),
    ),
    _core("persistentvolumeclaims", "PersistentVolumeClaim", ("pvc",), status=True, strategy=volumes.CLAIMS),
    _core(
        "persistentvolumes",
        "PersistentVolume",
        ("pv",),
        namespaced=False,
        status=True,
        strategy=volumes.VOLUMES,
    ),
    PODS,
    Kind("", "v1", "podtemplates", "PodTemplate", True, generation=True, strategy=_POD_TEMPLATES),
    Kind(
        "",
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        True,
        ("rc",),
        True,
        True,
        _ALL,
        SCALE,
        strategy=_CONTROLLERS,
    ),
    _core("resourcequotas", "ResourceQuota", ("quota",), status=True, strategy=_QUOTAS),
    _core("secrets", "Secret", strategy=_SECRETS),
    Kind("", "v1", "serviceaccounts", "ServiceAccount", True, ("sa",), extra=_TOKEN, strategy=_ACCOUNTS),
    Kind(
        "",
        "v1",
        "services",
        "Service",
        True,
        ("svc",),
        True,
        categories=_ALL,
        extra=(proxy("Service"),),
        strategy=services.STRATEGY,
    ),
)
