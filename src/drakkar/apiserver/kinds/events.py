"""Events, which come in two groups with other names for the same fields, and are kept as the core group has them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping

from drakkar.api.object import Object
from drakkar.apiserver.kinds.kind import Converter, Kind
from drakkar.apiserver.kinds.strategy import Selectable, Strategy, selectable
from drakkar.apiserver.tables.cluster import EVENTS
from drakkar.validation import event, formats
from drakkar.validation.object_meta import Rules

# Name in events.k8s.io, name in the core group.
_NAMES = (
    ("regarding", "involvedObject"),
    ("note", "message"),
    ("reportingController", "reportingComponent"),
    ("deprecatedSource", "source"),
    ("deprecatedFirstTimestamp", "firstTimestamp"),
    ("deprecatedLastTimestamp", "lastTimestamp"),
    ("deprecatedCount", "count"),
)
# Texts that a core event always has.
_REPORTING = ("reportingComponent", "reportingInstance")
_TO_CORE = dict(_NAMES)
_FROM_CORE = {core: new for new, core in _NAMES}


def _to_core(given: Object) -> Object:
    """A core event from one of events.k8s.io."""
    return {
        **dict.fromkeys(_REPORTING, ""),
        **{_TO_CORE.get(name, name): value for name, value in given.items()},
    }


def _from_core(stored: Object) -> Object:
    """An event of events.k8s.io from a core one."""
    return {
        _FROM_CORE.get(name, name): value
        for name, value in stored.items()
        if value != "" or name not in _REPORTING
    }


def _converted(stored: Object) -> Object:
    return _from_core(stored) if stored.get("kind") == "Event" else stored


def _default(obj: Object) -> None:
    for name in _REPORTING:
        obj.setdefault(name, "")


_SUBJECT = ("kind", "namespace", "name", "uid", "apiVersion", "resourceVersion", "fieldPath")
_FIELDS: Mapping[str, Selectable] = {
    **selectable(*(f"involvedObject.{name}" for name in _SUBJECT), "reason", "type", "reportingComponent"),
    "source": Selectable("source.component"),
}
STRATEGY = Strategy(
    columns=EVENTS,
    default=_default,
    rules=event.core_event_problems,
    metadata=Rules(formats.path_segment, known_finalizers=False),
    fields=_FIELDS,
    made_by_put=True,
)
_NEW_STRATEGY = dataclasses.replace(
    STRATEGY,
    default=None,
    rules=event.event_problems,
    creation=event.event_creation_problems,
    changes=event.event_changes,
)
_CONVERTER = Converter(
    _to_core, _converted, {"regarding.": "involvedObject.", "reportingController": "reportingComponent"}
)
KINDS = (
    Kind(
        "events.k8s.io",
        "v1",
        "events",
        "Event",
        True,
        ("ev",),
        stored_as="/events",
        strategy=_NEW_STRATEGY,
        converter=_CONVERTER,
    ),
)
