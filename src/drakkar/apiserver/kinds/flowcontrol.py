"""The kinds of the group flowcontrol.apiserver.k8s.io: which requests wait for which."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import OBJECT_METADATA, Strategy
from drakkar.apiserver.tables.flow import FLOW_SCHEMAS, PRIORITY_LEVELS

GROUP = "flowcontrol.apiserver.k8s.io"
_QUEUING = {"handSize": 8, "queues": 64, "queueLengthLimit": 50}


def _schema(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    spec["matchingPrecedence"] = spec.get("matchingPrecedence") or 1000


def _level(obj: Object) -> None:
    spec = obj.setdefault("spec", {})
    for field, shares in (("limited", 30), ("exempt", 0)):
        given = spec.get(field)
        if given is not None:
            for name, value in (("nominalConcurrencyShares", shares), ("lendablePercent", 0)):
                if given.get(name) is None:
                    given[name] = value
    queuing = ((spec.get("limited") or {}).get("limitResponse") or {}).get("queuing")
    if queuing is not None:
        for name, value in _QUEUING.items():
            queuing[name] = queuing.get(name) or value


_SCHEMAS = Strategy(
    columns=FLOW_SCHEMAS,
    default=_schema,
    status_keeps=OBJECT_METADATA,
    idle="no request waits for another by a FlowSchema",
)
_LEVELS = Strategy(
    columns=PRIORITY_LEVELS,
    default=_level,
    status_keeps=OBJECT_METADATA,
    idle="no request is limited by a PriorityLevelConfiguration",
)
KINDS = (
    Kind(GROUP, "v1", "flowschemas", "FlowSchema", False, status=True, generation=True, strategy=_SCHEMAS),
    Kind(
        GROUP,
        "v1",
        "prioritylevelconfigurations",
        "PriorityLevelConfiguration",
        False,
        status=True,
        generation=True,
        strategy=_LEVELS,
    ),
)
