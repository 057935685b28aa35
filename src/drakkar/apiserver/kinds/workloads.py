"""What the kinds that make pods from a template share: how counts, selectors and templates must be."""

from __future__ import annotations

from collections.abc import Iterator

from drakkar.api.object import Object
from drakkar.api.selectors import SelectorError, label_selector
from drakkar.apiserver.kinds.pod_rules import of_template
from drakkar.apiserver.kinds.pods import template
from drakkar.validation.field_error import FieldError
from drakkar.validation.field_error import shown as quoted


def counts(spec: Object, *fields: str) -> Iterator[FieldError]:
    """Counts in the spec that are below nothing."""
    for field in fields:
        if spec.get(field) is not None and spec[field] < 0:
            said = "must be greater than or equal to 0"
            yield FieldError.invalid(f"spec.{field}", str(spec[field]), said)


def template_rules(
    spec: Object, policies: tuple[str, ...], path: str = "spec.template", workload: str = ""
) -> Iterator[FieldError]:
    """What is wrong with the template in a spec, whose pods may be restarted by these policies only."""
    yield from of_template(spec.get("template") or {}, path, policies, workload)


def selects_its_own(spec: Object) -> Iterator[FieldError]:
    """The selector in a spec must select the pods that its template makes; without one it selects none."""
    labels = ((spec.get("template") or {}).get("metadata") or {}).get("labels")
    selector = spec.get("selector")
    try:
        parsed = label_selector(selector)
    except SelectorError as failure:
        yield FieldError.invalid("spec.selector", quoted(selector), str(failure))
        return
    if parsed is None or not parsed.matches(labels or {}):
        said = "`selector` does not match template `labels`"
        yield FieldError.invalid("spec.template.metadata.labels", quoted(labels), said)


def selected(obj: Object, workload: str = "ReplicaSet") -> Iterator[FieldError]:
    """A workload whose selector must select the pods that its template makes."""
    spec = obj.get("spec") or {}
    yield from counts(spec, "replicas", "minReadySeconds", "revisionHistoryLimit")
    selector = spec.get("selector")
    if selector is None:
        yield FieldError.required("spec.selector")
    elif not selector.get("matchLabels") and not selector.get("matchExpressions"):
        said = "empty selector is invalid for a workload"
        yield FieldError.invalid("spec.selector", quoted(selector), said)
    else:
        yield from selects_its_own(spec)
    yield from template_rules(spec, ("Always",), workload=workload)


def fill(obj: Object) -> None:
    """Fill in place what has replicas and a template of its pods."""
    spec = obj.setdefault("spec", {})
    spec.setdefault("replicas", 1)
    template(spec)
