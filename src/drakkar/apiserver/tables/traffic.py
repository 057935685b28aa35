"""The tables of what lets traffic in and keeps it away."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, first, joined, part, rows, selector
from drakkar.apiserver.tables.layout import AGE, Column, Layout

_SHOWN = 3


def _hosts(rules: list[Object]) -> str:
    hosts = [str(rule["host"]) for rule in rules if rule.get("host")]
    return first(hosts, _SHOWN) if hosts else "*"


def _ingress(obj: Object, now: datetime.datetime) -> list[Any]:
    spec = part(obj, "spec")
    balancers = rows(part(obj, "status", "loadBalancer"), "ingress")
    return [
        spec.get("ingressClassName") or NONE,
        _hosts(rows(spec, "rules")),
        joined(str(one.get("ip") or one.get("hostname") or "") for one in balancers),
        "80, 443" if rows(spec, "tls") else "80",
        age(obj, now),
    ]


def _ingress_class(obj: Object, now: datetime.datetime) -> list[Any]:
    spec, parameters = part(obj, "spec"), part(obj, "spec", "parameters")
    shown = NONE
    if parameters:
        group = parameters.get("apiGroup")
        kind = f"{parameters.get('kind')}.{group}" if group else str(parameters.get("kind"))
        shown = f"{kind}/{parameters.get('name')}"
    return [spec.get("controller", ""), shown, age(obj, now)]


def _policy(obj: Object, now: datetime.datetime) -> list[Any]:
    return [selector(part(obj, "spec", "podSelector")), age(obj, now)]


INGRESSES = Layout(
    (
        Column("Class", description="Class of the ingress"),
        Column("Hosts", description="Hosts that requests are for"),
        Column("Address", description="Where requests come in"),
        Column("Ports", description="Ports that are open"),
        AGE,
    ),
    _ingress,
)
INGRESS_CLASSES = Layout(
    (
        Column("Controller", description="Who serves the ingresses of the class"),
        Column("Parameters", description="What it is told beside"),
        AGE,
    ),
    _ingress_class,
)
POLICIES = Layout((Column("Pod-Selector", description="Pods that it is about"), AGE), _policy)
