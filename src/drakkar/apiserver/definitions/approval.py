"""Whether a definition in one of Kubernetes' own groups says who approved of it, as a condition."""

from __future__ import annotations

from drakkar.api.go_quoting import quoted
from drakkar.api.object import Object
from drakkar.apiserver.custom.definition.approval import APPROVED, Approval, approval
from drakkar.apiserver.kinds.conditions import condition, with_condition

_TYPE = "KubernetesAPIApprovalPolicyConformant"
_REASONS = {
    Approval.INVALID: "InvalidAnnotation",
    Approval.MISSING: "MissingAnnotation",
    Approval.APPROVED: "ApprovedAnnotation",
    Approval.BYPASSED: "UnapprovedAnnotation",
}


def approved(definition: Object, now: str) -> Object:
    """The definition with the condition; the same one where it has it, or needs none."""
    state, why = approval(definition)
    if state is Approval.NOT_NEEDED:
        return definition
    given = (definition["metadata"].get("annotations") or {}).get(APPROVED) or ""
    said = {
        Approval.APPROVED: f"approved in {given}",
        Approval.BYPASSED: f"not approved: {quoted(given)}",
    }.get(state, why)
    status = "True" if state is Approval.APPROVED else "False"
    found = condition(definition, _TYPE) or {}
    if (found.get("status"), found.get("reason"), found.get("message")) == (status, _REASONS[state], said):
        return definition
    return with_condition(definition, _TYPE, status, _REASONS[state], said, now)
