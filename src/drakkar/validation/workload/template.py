"""The template of a workload's pods, and the selector by which it knows them again."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.api.selectors import SelectorError, label_selector
from drakkar.validation.field_error import FieldError, Findings, shown
from drakkar.validation.field_order import in_order
from drakkar.validation.field_values import mapping, text
from drakkar.validation.pod import pod_template
from drakkar.validation.pod.label_selector import label_selector as selector_rules

_UNLIKE = "`selector` does not match template `labels`"
_ONCE = ("OnFailure", "Never")


def selected_template(found: Findings, spec: Object, *, kind: str, shown_as: str) -> None:
    """What a Deployment or ReplicaSet has; pods that it replaces run for ever.

    `kind` is what a deadline is said to be not for, `shown_as` what an empty selector is not for.
    """
    required_selector(found, spec, shown_as)
    if selects_its_own(found, spec, "invalid label selector"):
        lasting_template(found, "spec.template", mapping(spec, "template"), kind)


def required_selector(found: Findings, spec: Object, shown_as: str) -> None:
    """A selector that selects something."""
    selector = spec.get("selector")
    if selector is None:
        found.required("spec.selector")
    else:
        some_selector(found, selector, shown_as)


def some_selector(found: Findings, selector: Object | None, shown_as: str) -> None:
    """The selector where there is one."""
    selector_rules(found, "spec.selector", selector)
    if selector is not None and not selector.get("matchLabels") and not selector.get("matchExpressions"):
        found.invalid("spec.selector", {}, f"empty selector is invalid for {shown_as}")


def selects_its_own(found: Findings, spec: Object, unreadable: str | None = None) -> bool:
    """A selector must select the pods that the template makes; whether it can be read at all.

    `unreadable` is what to say where it cannot; None where other rules say enough.
    """
    selector = spec.get("selector")
    labels = mapping(mapping(spec, "template"), "metadata").get("labels")
    try:
        parsed = label_selector(selector)
    except SelectorError:
        if unreadable is not None:
            whole = shown(selector_shown(selector or {}))
            said = f"Invalid value: {whole}" + (f": {unreadable}" if unreadable else "")
            found.add(FieldError("FieldValueInvalid", said, "spec.selector"))
        return False
    if parsed is None or not parsed.matches(labels or {}):
        found.invalid("spec.template.metadata.labels", sorted_labels(labels), _UNLIKE)
    return True


def selector_shown(selector: Object) -> Object:
    """A selector as messages show it."""
    shown_labels = sorted_labels(selector.get("matchLabels"))
    return in_order(("matchLabels", "matchExpressions"), {**selector, "matchLabels": shown_labels})


def sorted_labels(labels: Object | None) -> Object | None:
    """Labels as messages show them; None for none."""
    return dict(sorted(labels.items())) if labels else None


def lasting_template(found: Findings, path: str, template: Object, kind: str) -> None:
    """The template of pods that are replaced whenever they end."""
    pod_template(found, path, template)
    spec = mapping(template, "spec")
    policy = text(spec, "restartPolicy")
    if policy != "Always":
        found.not_supported(f"{path}.spec.restartPolicy", policy, ("Always",))
    if spec.get("activeDeadlineSeconds") is not None:
        said = f"activeDeadlineSeconds in {kind} is not Supported"
        found.forbidden(f"{path}.spec.activeDeadlineSeconds", said)


def ending_template(found: Findings, path: str, template: Object) -> None:
    """The template of pods that are to end."""
    pod_template(found, path, template)
    policy = text(mapping(template, "spec"), "restartPolicy")
    here = f"{path}.spec.restartPolicy"
    if policy in ("", "Always"):
        found.required(here, 'valid values: "OnFailure", "Never"')
    elif policy not in _ONCE:
        found.not_supported(here, policy, _ONCE)
