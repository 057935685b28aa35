"""The tables of service address ranges, and of the addresses that are taken."""

from __future__ import annotations

import datetime
from typing import Any

from drakkar.api.object import Object
from drakkar.apiserver.tables.cells import NONE, age, joined, part
from drakkar.apiserver.tables.layout import AGE, Column, Layout


def _address(obj: Object, now: datetime.datetime) -> list[Any]:
    parent = part(obj, "spec", "parentRef")
    shown = NONE
    if parent:
        group, resource = parent.get("group"), parent.get("resource", "")
        named = f"{resource}.{group}" if group else resource
        inside = f"/{parent['namespace']}" if parent.get("namespace") else ""
        shown = f"{named.lower()}{inside}/{parent.get('name', '')}"
    # Upstream's rows have an age besides, of which its columns say nothing.
    return [shown]


ADDRESSES = Layout((Column("ParentRef", description="Object that has the address"),), _address)
RANGES = Layout(
    (Column("CIDRs", description="Ranges of addresses, at most one of each family"), AGE),
    lambda obj, now: [joined(part(obj, "spec").get("cidrs") or ()), age(obj, now)],
)
