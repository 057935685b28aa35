"""The flow schemas and priority levels that a server has from its first second: those that must be, and those it suggests."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.apiserver.kinds.conditions import with_condition
from drakkar.apiserver.kinds.flowcontrol import GROUP
from drakkar.validation.flow.mandatory import ALL, EVERYTHING, LEVELS, SCHEMAS

# An object with this annotation is the server's to change.
AUTOUPDATE = "apf.kubernetes.io/autoupdate-spec"
_ACCOUNTS = {"kind": "ServiceAccount", "serviceAccount": {"namespace": "kube-system", "name": "*"}}
_PARTS = [
    {"kind": "User", "user": {"name": f"system:{name}"}}
    for name in ("kube-controller-manager", "kube-scheduler")
]


def _level(shares: int, lent: int, queues: int, hand: int) -> Object:
    queuing = {"queues": queues, "handSize": hand, "queueLengthLimit": 50}
    limited = {
        "nominalConcurrencyShares": shares,
        "limitResponse": {"type": "Queue", "queuing": queuing},
        "lendablePercent": lent,
    }
    return {"type": "Limited", "limited": limited}


_SUGGESTED_LEVELS = {
    "system": _level(30, 33, 64, 6),
    "node-high": _level(40, 25, 64, 6),
    "leader-election": _level(10, 0, 16, 4),
    "workload-high": _level(40, 50, 128, 6),
    "workload-low": _level(100, 90, 128, 6),
    "global-default": _level(20, 50, 128, 6),
}


def _group(name: str) -> Object:
    return {"kind": "Group", "group": {"name": f"system:{name}"}}


def _resources(verbs: list[str], group: str, *resources: str, cluster: bool = False) -> Object:
    rule = {"verbs": verbs, "apiGroups": [group], "resources": list(resources), "namespaces": ["*"]}
    return {**rule, "clusterScope": True} if cluster else rule


def _schema(level: str, precedence: int, method: str, subjects: list[Object], rules: Object) -> Object:
    spec: Object = {
        "priorityLevelConfiguration": {"name": level},
        "matchingPrecedence": precedence,
        "rules": [{"subjects": subjects, **rules}],
    }
    return {**spec, "distinguisherMethod": {"type": method}} if method else spec


_PROBES = {"nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": ["/healthz", "/readyz", "/livez"]}]}
_ELECTION = {"resourceRules": [_resources(["get", "create", "update"], "coordination.k8s.io", "leases")]}
_NODES = {
    "resourceRules": [
        _resources(["*"], "", "nodes", "nodes/status", cluster=True),
        _resources(["*"], "coordination.k8s.io", "leases"),
    ]
}
_SUGGESTED_SCHEMAS = {
    "system-nodes": _schema("system", 500, "ByUser", [_group("nodes")], EVERYTHING),
    "system-node-high": _schema("node-high", 400, "ByUser", [_group("nodes")], _NODES),
    "probes": _schema("exempt", 2, "", ALL, _PROBES),
    "system-leader-election": _schema("leader-election", 100, "ByUser", [*_PARTS, _ACCOUNTS], _ELECTION),
    "kube-controller-manager": _schema("workload-high", 800, "ByNamespace", _PARTS[:1], EVERYTHING),
    "kube-scheduler": _schema("workload-high", 800, "ByNamespace", _PARTS[1:], EVERYTHING),
    "kube-system-service-accounts": _schema("workload-high", 900, "ByNamespace", [_ACCOUNTS], EVERYTHING),
    "service-accounts": _schema("workload-low", 9000, "ByUser", [_group("serviceaccounts")], EVERYTHING),
    "global-default": _schema("global-default", 9900, "ByUser", ALL, EVERYTHING),
}


def objects(now: str) -> Iterator[Object]:
    """All of them, the levels first; `now` is the time that their status tells."""
    for name, spec in {**LEVELS, **_SUGGESTED_LEVELS}.items():
        yield _object("PriorityLevelConfiguration", name, spec)
    for name, spec in {**SCHEMAS, **_SUGGESTED_SCHEMAS}.items():
        level = spec["priorityLevelConfiguration"]["name"]
        said = (
            f'This FlowSchema references the PriorityLevelConfiguration object named "{level}" and it exists'
        )
        schema = _object("FlowSchema", name, spec)
        yield with_condition(schema, "Dangling", "False", "Found", said, now)


def _object(kind: str, name: str, spec: Object) -> Object:
    meta = {"name": name, "annotations": {AUTOUPDATE: "true"}}
    return {"apiVersion": f"{GROUP}/v1", "kind": kind, "metadata": meta, "spec": spec}
