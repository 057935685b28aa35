"""Events, in the form of the core group: little is asked of old ones, more of those that say when they were."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import immutable, mapping, same, text
from drakkar.validation.object_meta import Rules, object_meta

_LONGEST, _LONGEST_NOTE = 128, 1024
_ELSEWHERE = "does not match event.namespace"
_TYPES = ("Normal", "Warning")
# As messages show what an event is about.
_SUBJECT = {
    "Kind": "kind",
    "Namespace": "namespace",
    "Name": "name",
    "UID": "uid",
    "APIVersion": "apiVersion",
    "ResourceVersion": "resourceVersion",
    "FieldPath": "fieldPath",
}
_FIXED = (
    "reason",
    "message",
    "source",
    "firstTimestamp",
    "lastTimestamp",
    "count",
    "type",
    "eventTime",
    "action",
    "related",
    "reportingComponent",
    "reportingInstance",
)
# By their names in the group of the request.
_NAMES = {"reportingComponent": "reportingController"}


def core_event_problems(obj: Object) -> list[FieldError]:
    """What is wrong with an event of the core group, be it new or changed."""
    found = Findings()
    _any(found, obj, "reportingComponent")
    return found.listed()


def event_problems(obj: Object) -> list[FieldError]:
    """What is wrong with an event of events.k8s.io, be it new or changed."""
    found = Findings()
    _any(found, obj, "reportingController")
    return found.listed()


def event_creation_problems(obj: Object) -> list[FieldError]:
    """What more is asked of a new event of events.k8s.io."""
    found = Findings()
    object_meta(found, mapping(obj, "metadata"), Rules())
    _series(found, obj)
    if not text(obj, "eventTime"):
        found.required("eventTime")
    if text(obj, "type") not in _TYPES:
        found.invalid("type", "", f"has invalid value: {text(obj, 'type')}")
    for field in ("firstTimestamp", "lastTimestamp", "count"):
        if obj.get(field):
            found.invalid(field, "", "needs to be unset")
    if any(text(mapping(obj, "source"), part) for part in ("component", "host")):
        found.invalid("source", "", "needs to be unset")
    return found.listed()


def event_changes(old: Object, new: Object) -> list[FieldError]:
    """Of an event of events.k8s.io only its series changes."""
    found = Findings()
    if not same(old.get("series"), new.get("series")):
        _series(found, new)
    subject = mapping(new, "involvedObject")
    if not same(mapping(old, "involvedObject"), subject):
        shown = {name: text(subject, field) for name, field in _SUBJECT.items()}
        found.invalid("involvedObject", shown, "field is immutable")
    for field in _FIXED:
        immutable(found, _NAMES.get(field, field), new.get(field), old.get(field))
    return found.listed()


def _series(found: Findings, obj: Object) -> None:
    series = obj.get("series")
    if series is None:
        return
    if (series.get("count") or 0) < 2:
        found.invalid("series.count", "", "should be at least 2")
    if not text(series, "lastObservedTime"):
        found.required("series.lastObservedTime")


def _any(found: Findings, obj: Object, controller: str) -> None:
    home, subject = (
        text(mapping(obj, "metadata"), "namespace"),
        text(mapping(obj, "involvedObject"), "namespace"),
    )
    here = "involvedObject.namespace"
    if not text(obj, "eventTime"):
        if home != subject and (subject or home not in ("", "default")):
            found.invalid(here, subject, _ELSEWHERE)
        return
    if not subject and home not in ("default", "kube-system"):
        found.invalid(here, subject, _ELSEWHERE)
    name = text(obj, "reportingComponent")
    if not name:
        found.required(controller)
    found.each_invalid(controller, name, formats.label_key(name))
    for field in ("reportingInstance", "action", "reason"):
        value = text(obj, field)
        if not value:
            found.required(field)
        if formats.size(value) > _LONGEST:
            found.invalid(field, "", f"can have at most {_LONGEST} characters")
    if formats.size(text(obj, "message")) > _LONGEST_NOTE:
        found.invalid("message", "", f"can have at most {_LONGEST_NOTE} characters")
