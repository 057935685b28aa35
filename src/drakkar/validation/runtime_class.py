"""RuntimeClasses: how containers are run, what that takes, and where it can be done."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.old_labels import DEPRECATED
from drakkar.validation import formats
from drakkar.validation.field_error import FieldError, Findings
from drakkar.validation.field_values import items, mapping, text
from drakkar.validation.object_meta import object_labels
from drakkar.validation.pod.resources import container_resources
from drakkar.validation.pod.tolerations import tolerations


def runtime_class_problems(obj: Object) -> list[FieldError]:
    """What is wrong with a new RuntimeClass."""
    found, handler = Findings(), text(obj, "handler")
    if not handler:
        found.required("handler")
    else:
        found.each_invalid("handler", handler, formats.dns_label(handler))
    if obj.get("overhead") is not None:
        amounts = mapping(obj["overhead"], "podFixed")
        container_resources(found, "overhead", {"limits": amounts}, set())
    scheduling = mapping(obj, "scheduling")
    object_labels(found, "scheduling.nodeSelector", mapping(scheduling, "nodeSelector"))
    given = items(scheduling, "tolerations")
    tolerations(found, "scheduling.tolerations", given)
    seen: set[tuple[str, ...]] = set()
    for at, one in enumerate(given):
        mark = tuple(text(one, part) for part in ("key", "operator", "value", "effect"))
        if mark in seen:
            shown = dict(zip(("Key", "Operator", "Value", "Effect"), mark, strict=True))
            whole = {**shown, "TolerationSeconds": one.get("tolerationSeconds")}
            found.duplicate(f"scheduling.tolerations[{at}]", whole)
        seen.add(mark)
    return found.listed()


def runtime_class_changes(old: Object, new: Object) -> list[FieldError]:
    """Its handler stays."""
    found = Findings()
    if text(new, "handler") != text(old, "handler"):
        found.invalid("handler", None, "field is immutable")
    return found.listed()


def runtime_class_warnings(new: Object, old: Object | None) -> list[str]:
    """What to say of a RuntimeClass that is taken."""
    labels = mapping(mapping(new, "scheduling"), "nodeSelector")
    return [f"scheduling.nodeSelector: {DEPRECATED[key]}" for key in labels if key in DEPRECATED]
