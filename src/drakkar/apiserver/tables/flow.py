"""The tables of flow schemas and priority levels."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, condition, part
from drakkar.apiserver.tables.layout import AGE, Column, Layout


def _schema(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    return [
        part(spec, "priorityLevelConfiguration").get("name", ""),
        spec.get("matchingPrecedence", 0),
        part(spec, "distinguisherMethod").get("type") or NONE,
        age(obj, now),
        condition(obj, "Dangling").get("status") or "?",
    ]


def _level(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    limited, queuing = part(spec, "limited"), part(spec, "limited", "limitResponse", "queuing")
    return [
        spec.get("type", ""),
        limited.get("nominalConcurrencyShares", 0) if limited else NONE,
        *(queuing.get(field, NONE) for field in ("queues", "handSize", "queueLengthLimit")),
        age(obj, now),
    ]


FLOW_SCHEMAS = Layout(
    (
        Column("PriorityLevel", description="Priority level of the requests"),
        Column("MatchingPrecedence", description="Which schema is looked at first"),
        Column("DistinguisherMethod", description="What makes flows of the requests"),
        AGE,
        Column("MissingPL", description="Whether its priority level is not there"),
    ),
    _schema,
)
PRIORITY_LEVELS = Layout(
    (
        Column("Type", description="Whether requests are limited"),
        Column("NominalConcurrencyShares", description="Its share of the requests at a time"),
        Column("Queues", description="How many queues there are"),
        Column("HandSize", description="How many queues a flow may choose from"),
        Column("QueueLengthLimit", description="How many requests wait in a queue"),
        AGE,
    ),
    _level,
)
