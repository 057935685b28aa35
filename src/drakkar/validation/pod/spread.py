"""How pods are to be spread over the cluster."""

from __future__ import annotations

from drakkar.api.object import Object
from drakkar.validation.field_error import Findings
from drakkar.validation.field_values import items, text
from drakkar.validation.pod.label_selector import label_selector, match_label_keys

_ACTIONS = ("DoNotSchedule", "ScheduleAnyway")
_POLICIES = ("Honor", "Ignore")
_POSITIVE = "must be greater than zero"


def spread_constraints(found: Findings, path: str, constraints: list[Object]) -> None:
    """Each by itself, and no two for the same key and action."""
    pairs = [(text(one, "topologyKey"), text(one, "whenUnsatisfiable")) for one in constraints]
    last = {pair: at for at, pair in enumerate(pairs)}
    for at, (constraint, (key, action)) in enumerate(zip(constraints, pairs, strict=True)):
        here = f"{path}[{at}]"
        skew = constraint.get("maxSkew") or 0
        if skew <= 0:
            found.invalid(f"{here}.maxSkew", skew, _POSITIVE)
        if not key:
            found.required(f"{here}.topologyKey", "can not be empty")
        if action not in _ACTIONS:
            found.not_supported(f"{here}.whenUnsatisfiable", action, _ACTIONS)
        if last[key, action] > at:
            found.duplicate(f"{here}.{{topologyKey, whenUnsatisfiable}}", f"{{{key}, {action}}}")
        _domains(found, f"{here}.minDomains", constraint.get("minDomains"), action)
        for field in ("nodeAffinityPolicy", "nodeTaintsPolicy"):
            policy = constraint.get(field)
            if policy is not None and policy not in _POLICIES:
                found.not_supported(f"{here}.{field}", policy, _POLICIES)
        selector = constraint.get("labelSelector")
        match_label_keys(found, here, items(constraint, "matchLabelKeys"), [], selector)
        label_selector(found, f"{here}.labelSelector", selector)


def _domains(found: Findings, path: str, domains: int | None, action: str) -> None:
    if domains is None:
        return
    if domains <= 0:
        found.invalid(path, domains, _POSITIVE)
    if action != "DoNotSchedule":
        said = f"can only use minDomains if whenUnsatisfiable=DoNotSchedule, not {action}"
        found.invalid(path, domains, said)
