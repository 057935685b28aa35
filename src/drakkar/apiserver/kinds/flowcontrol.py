"""The kinds of the group flowcontrol.apiserver.k8s.io: which requests wait for which."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Kind
from drakkar.apiserver.kinds.strategy import ALL_METADATA, Facts, Strategy
from drakkar.apiserver.tables.flow import FLOW_SCHEMAS, PRIORITY_LEVELS
from drakkar.validation.field_error import FieldError
from drakkar.validation.flow.level import level_problems
from drakkar.validation.flow.schema import schema_problems, status_problems

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


class _Flow(Strategy):
    def status_problems(self, new: Object, old: Object, facts: Facts) -> list[FieldError]:
        """What is wrong with a status."""
        return status_problems(new)


_SCHEMAS = _Flow(
    rules=schema_problems,
    columns=FLOW_SCHEMAS,
    default=_schema,
    status_keeps=ALL_METADATA,
    idle="no request waits for another by a FlowSchema",
)
_LEVELS = _Flow(
    rules=level_problems,
    columns=PRIORITY_LEVELS,
    default=_level,
    status_keeps=ALL_METADATA,
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
